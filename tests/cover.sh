#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints line and branch coverage of src/ and cgi/ and fails below the floor.
# $1 is the folder of a MODE=cover build whose tests have run.
set -eu
cd "$(dirname "$0")/.."
floor=85
out=$1/coverage.json

gcovr --root . --filter 'src/' --filter 'cgi/' --object-directory "$1" \
	--gcov-ignore-errors=no_working_dir_found --print-summary \
	--txt "$1/coverage.txt" --json-summary "$out" "$1"
cat "$1/coverage.txt"
gcovr --root . --filter 'src/' --object-directory "$1" \
	--gcov-ignore-errors=no_working_dir_found \
	--fail-under-line $floor --print-summary "$1" >/dev/null ||
	{ echo "line coverage of src/ is below $floor %" >&2; exit 1; }
