#!/usr/bin/env bash
# A newcomer lists a city: the first command of the README.
. "$(dirname "$0")/lib.sh"

try go run ./examples/quickstart >"$place/out"
cat "$place/out"
holds "$place/out" 'Quillhaven'
