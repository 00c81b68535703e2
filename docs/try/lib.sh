# What the tries share: each starts as a newcomer does, with an empty home, an empty module cache, and a clone. After this
# file is sourced, the working directory is the clone. "try COMMAND..." shows a command, runs it and says how long it took.
set -euo pipefail
here=$(git -C "$(dirname "${BASH_SOURCE[1]}")" rev-parse --show-toplevel)
GOPROXY=$(go env GOPROXY) GOSUMDB=$(go env GOSUMDB) # of this machine, which a newcomer has, too
export GOPROXY GOSUMDB GOFLAGS=-modcacherw

place=$(mktemp -d)
children=()
cleanup() {
	local status=$?
	for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
	rm -rf "$place"
	echo "$SECONDS seconds in all"
	exit "$status"
}
trap cleanup EXIT
unset GOPATH GOMODCACHE GOWORK GOENV
export HOME=$place/home
# Most of the time goes into building Go's own packages: OPEN311_TRY_CACHE is a build cache that has them.
export GOCACHE=${OPEN311_TRY_CACHE:-$HOME/.cache/go-build}
unset XDG_CACHE_HOME XDG_CONFIG_HOME
mkdir "$HOME"
git clone -q "$here" "$place/open311"
cd "$place/open311"

try() {
	local begin=$SECONDS status=0
	printf '\n$ %s\n' "$*"
	"$@" || status=$?
	printf '# %d s\n' $((SECONDS - begin))
	return "$status"
}

# city OPTIONS starts a city in memory that speaks HTTP, with options of open311test, and sets endpoint.
city() {
	mkdir -p "$place/open311/internal/city"
	cat >"$place/open311/internal/city/main.go" <<-GO
		package main

		import (
			"fmt"
			"net"
			"net/http"

			"github.com/go-open311/open311"
			"github.com/go-open311/open311/open311test"
		)

		func main() {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				panic(err)
			}
			_ = open311.Spec // for the options
			fmt.Printf("http://%s/open311/v2\n", listener.Addr())
			panic(http.Serve(listener, open311test.NewHandler($1)))
		}
	GO
	go build -o "$place/city" ./internal/city
	"$place/city" >"$place/endpoint" &
	children+=($!)
	until [ -s "$place/endpoint" ]; do sleep 0.1; done
	endpoint=$(cat "$place/endpoint")
}

# holds FILE PATTERN fails unless a line of the file matches.
holds() {
	grep -qE "$2" "$1" || {
		echo "$1 has no line that matches $2:"
		tail -n 20 "$1"
		return 1
	}
}
