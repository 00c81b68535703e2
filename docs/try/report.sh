#!/usr/bin/env bash
# A newcomer files a report: first only shown, then filed.
. "$(dirname "$0")/lib.sh"

report=(-service 0302 -place 43.25,-68.05 -attr KIND=furniture,toxic -text Sofa)
try go run ./examples/report "${report[@]}" -dry-run
try go run ./examples/report "${report[@]}" >"$place/out"
cat "$place/out"
holds "$place/out" 'QH[0-9]'
