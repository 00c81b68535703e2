#!/usr/bin/env bash
# A vendor asks for a verdict on a server that does some things otherwise: not conformant, and a page that says why.
. "$(dirname "$0")/lib.sh"
city 'open311test.WithDialect(open311.UReport), open311test.WithSize(200)'

status=0
try go run ./examples/conformance -o "$place/report.html" "$endpoint" || status=$?
[ "$status" = 1 ] || { echo "the exit status is $status, and not that of a server which is not conformant"; exit 1; }
holds "$place/report.html" '<html'
