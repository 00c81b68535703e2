# What scripts share: the modules of this repository, and a module proxy made of a clone.
module=github.com/go-open311/open311

# published prints the directories of those that a release tags. What is below internal, such as internal/bench, is for
# those who work on this repository, and never published.
published() {
	modules | grep -v '^internal/'
}

# modules prints the directories of all modules below the root, each behind those that it requires.
modules() {
	local left next dir other ready
	left=$(find . -mindepth 2 -name go.mod -not -path '*/testdata/*' | sed 's|^\./||; s|/go.mod$||' | LC_ALL=C sort)
	while [ -n "$left" ]; do
		next=
		for dir in $left; do
			ready=yes
			for other in $left; do
				if [ "$other" != "$dir" ] && grep -qE "^(require)?[[:space:]]+$module/$other v" "$dir/go.mod"; then ready=; fi
			done
			if [ -n "$ready" ]; then next+="$dir "; fi
		done
		if [ -z "$next" ]; then
			echo "these modules require each other: $left" >&2
			return 1
		fi
		printf '%s\n' $next
		left=$(printf '%s\n' $left | grep -vxF "$(printf '%s\n' $next)" || true)
	done
}

# into_proxy CLONE PROXY MODULE VERSION has the go command fetch a tag of a clone as it would from the public
# repository. Its download cache is a module proxy: file://PROXY/cache/download.
into_proxy() {
	(
		cd "$2" # outside of any module
		GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$1.insteadOf" GIT_CONFIG_VALUE_0="https://$module" \
			GOMODCACHE=$2 GOPROXY=direct GONOSUMDB=$module GOFLAGS=-modcacherw go mod download "$3@$4"
	)
}

# use_proxy PROXY CACHE lets the go command see that proxy first, and then what it has seen before, with a module
# cache of its own: no version that is only tried out may stay on the machine.
use_proxy() {
	GOPROXY="file://$1/cache/download,file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
	export GOPROXY GOMODCACHE=$2 GONOSUMDB=$module GOFLAGS=-modcacherw
}
