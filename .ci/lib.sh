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

# fuzz DIRECTORY TARGET TIME runs one target. Inputs are not minimized: that would take most of a short time. When
# the time is up while an input runs, Go can report "context deadline exceeded" as a failure; such a run is
# repeated. A failing input is shown, to be kept: a machine of the CI is gone afterwards.
fuzz() {
	local log="$scratch/fuzz" try found
	for try in 1 2 3; do
		if (cd "$1" && go test -run '^$' -fuzz "^$2\$" -fuzztime "$3" -fuzzminimizetime 1x -parallel 2 .) >"$log" 2>&1; then
			tail -n 3 "$log"
			return
		fi
		if grep -q 'Failing input written' "$log" || ! grep -q 'context deadline exceeded' "$log"; then break; fi
		echo "$2: the time was up while an input ran, once more"
	done
	tail -n 100 "$log"
	found=$(sed -nE 's/.*Failing input written to (testdata.*)/\1/p' "$log")
	if [ -n "$found" ]; then
		echo "-- the failing input, to be put into $1/$found; then: cd $1 && go test -run '$2/${found##*/}' ."
		if [ "$(wc -c <"$1/$found")" -le 8192 ]; then
			cat "$1/$found"
		else
			echo "-- by: base64 -d | gunzip"
			gzip -9 <"$1/$found" | base64
		fi
	fi
	return 1
}

# fuzz_all TIME runs every target of every module.
fuzz_all() {
	local file dir target files targets
	files=$(grep -rlE --include='*_test.go' '^func Fuzz[A-Z]\w*\(' . | LC_ALL=C sort)
	for file in $files; do
		dir=${file%/*}
		targets=$(sed -nE 's/^func (Fuzz[A-Z][A-Za-z0-9_]*)\(.*/\1/p' "$file")
		for target in $targets; do
			echo "-- $dir $target"
			fuzz "$dir" "$target" "$1"
		done
	done
}
