# What the scripts in this directory share. They source it from the root of the repository.
set -euo pipefail
export CGO_ENABLED="${CGO_ENABLED:-1}" # for the race detector

scratch=$(mktemp -d)
names=() seconds=() running=

# finish prints what each step took, also when one has failed.
finish() {
	local status=$? i
	rm -rf "$scratch"
	printf '\n%8s  %s\n' seconds step
	for i in "${!names[@]}"; do printf '%8s  %s\n' "${seconds[i]}" "${names[i]}"; done
	printf '%8s  %s\n' "$SECONDS" total
	if [ "$status" -ne 0 ]; then echo "FAILED: ${running:-before the first step}"; fi
	exit "$status"
}
trap finish EXIT

# step NAME COMMAND... runs a step and takes its time. With STEPS, an extended regular expression, only the
# steps run whose names match. Never call it, or a function that it runs, behind if, && or ||: there, bash
# goes on after a failure.
step() {
	local begin=$SECONDS
	running=$1
	shift
	names+=("$running")
	if ! [[ $running =~ ${STEPS:-.} ]]; then
		seconds+=("not run")
		return
	fi
	printf '\n== %s\n' "$running"
	seconds+=("failed")
	"$@"
	seconds[-1]=$((SECONDS - begin))
}

# shows PATTERN COMMAND... shows the lines of the output that match, or, if the command fails, its end.
shows() {
	local pattern=$1 log="$scratch/log"
	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 200 "$log"
		return 1
	fi
	grep -E "$pattern" "$log" || echo "nothing to show"
}

# The documents of real servers are not part of this module; they are read in place where they are.
if [ -d ../shared/corpus ]; then
	OPEN311_CORPUS=$(cd ../shared/corpus && pwd)
	export OPEN311_CORPUS
fi

# fuzz PACKAGE TARGET TIME runs one target. Inputs are not minimized: that would take most of a short time. When
# the time is up while an input runs, Go can report "context deadline exceeded" as a failure; such a run is
# repeated.
fuzz() {
	local log="$scratch/fuzz" try
	for try in 1 2 3; do
		if go test -run '^$' -fuzz "^$2\$" -fuzztime "$3" -fuzzminimizetime 1x -parallel 2 "$1" >"$log" 2>&1; then
			tail -n 3 "$log"
			return
		fi
		if grep -q 'Failing input written' "$log" || ! grep -q 'context deadline exceeded' "$log"; then break; fi
		echo "$2: the time was up while an input ran, once more"
	done
	tail -n 100 "$log"
	return 1
}

# fuzz_all TIME runs every target of the module.
fuzz_all() {
	local pkg target packages list
	packages=$(go list ./...)
	for pkg in $packages; do
		list=$(go test -list '^Fuzz' "$pkg")
		for target in $list; do
			case $target in Fuzz*)
				echo "-- $pkg $target"
				fuzz "$pkg" "$target" "$1"
				;;
			esac
		done
	done
}
