#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints line and branch coverage and fails below the floors. $1 is what is asked
# for, $2 the folder of the MODE=cover build:
#   all   src/ and cgi/, after all tests have run in that build (`make cover`)
#   pure  src/jose and src/access by their own unit tests alone, which it builds
#         and runs itself: part of `make test`
set -eu
cd "$(dirname "$0")/.."
what=$1
build=$2

# Counts of a process that was killed are missing, and one that dies while it
# writes them can leave a file that gcov complains of: those are left out.
count() {
	gcovr --root . --object-directory "$build" --gcov-executable gcov \
		--exclude-unreachable-branches --exclude-throw-branches \
		--gcov-ignore-parse-errors --json "$build/$what.json" "$@"
}

gate() {
	lines=$1
	branches=$2
	shift 2
	gcovr --root . --add-tracefile "$build/$what.json" --print-summary \
		--fail-under-line "$lines" --fail-under-branch "$branches" \
		"$@" --txt "$build/$what.txt" || {
		cat "$build/$what.txt"
		echo "coverage is below $lines % of lines or $branches %" \
			"of branches" >&2
		exit 1
	}
}

case $what in
all)
	count --filter 'src/' --filter 'cgi/' "$build"
	gate 95 75
	cat "$build/$what.txt"
	;;
pure)
	make --no-print-directory MODE=cover pure
	find "$build/src/jose" "$build/src/access" -name '*.gcda' -delete
	for program in "$build"/pure/test_*; do
		"$program" >"$build/pure.log" 2>&1 || {
			cat "$build/pure.log"
			exit 1
		}
	done
	count --filter 'src/jose/' --filter 'src/access/' \
		"$build/src/jose" "$build/src/access"
	gate 95 85
	;;
esac
