#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints line and branch coverage of src/ and cgi/ and fails when fewer lines of
# src/ than the floor have run. $1 is the folder of a MODE=cover build whose
# tests have run.
set -eu
cd "$(dirname "$0")/.."
floor=85

# Counts of a process that was killed are missing, and one that dies while it
# writes them can leave a file that gcov complains of: those are left out.
cover() {
	gcovr --root . --object-directory "$build" --gcov-executable gcov \
		--exclude-unreachable-branches --exclude-throw-branches \
		--gcov-ignore-parse-errors "$@" "$build"
}

build=$1
cover --filter 'src/' --filter 'cgi/' --json "$build/coverage.json"
report() {
	gcovr --root . --add-tracefile "$build/coverage.json" "$@"
}
report --filter 'src/' --filter 'cgi/' --txt "$build/coverage.txt"
cat "$build/coverage.txt"
echo "src/ alone:"
report --filter 'src/' --print-summary --fail-under-line $floor |
	grep -E '^(lines|branches)' || {
	echo "line coverage of src/ is below $floor %" >&2
	exit 1
}
