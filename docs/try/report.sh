#!/usr/bin/env bash
# A newcomer files a report: first only shown, then filed.
. "$(dirname "$0")/lib.sh"

try go run ./examples/report -dry-run
try go run ./examples/report >"$place/out"
cat "$place/out"
holds "$place/out" 'QH[0-9]'
