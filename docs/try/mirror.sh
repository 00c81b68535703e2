#!/usr/bin/env bash
# Somebody who writes no Go copies a city into an SQLite file.
. "$(dirname "$0")/lib.sh"
city 'open311test.WithSize(500)'

cd cmd/open311
try go run . mirror -h
try go run . mirror -endpoint "$endpoint" -since 2024-01-01 -format sqlite -o "$place/copy"
file=$(find "$place/copy" -name '*.sqlite' -o -name '*.db' | head -n 1)
[ "$(head -c 15 "$file")" = "SQLite format 3" ] || { echo "there is no SQLite file in $(ls "$place/copy")"; exit 1; }
