#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs the tests and closes with the totals of all runners. The Makefile sets
# MODE, B and O (the build folder of this mode). `run.sh unit`, `run.sh e2e` and
# `run.sh guard` run a part.
set -u
cd "$(dirname "$0")/.." || exit 1
MODE=${MODE:-release}
B=${B:-build}
O=${O:-$B/$MODE}
JOBS=${JOBS:-3}
export MODE B O
what=${1:-all}
passed=0
failed=0
totals=
mkdir -p "$O"
here=$(cd "$O" && pwd)

wants() {
	[ "$what" = all ] || [ "$what" = "$1" ]
}

total() {
	passed=$((passed + $2))
	failed=$((failed + $3))
	totals="$totals
  $1: $2 passed, $3 failed"
}

# A check that is one test of its own.
check() {
	name=$1
	shift
	echo "== $name"
	if "$@"; then
		total "$name" 1 0
	else
		total "$name" 0 1
	fi
}

# Each cmocka program; the first that fails ends it.
units() {
	echo "== unit tests"
	ok=0
	bad=0
	for source in tests/unit/test_*.c; do
		program=${source##*/}
		program=$O/unit/${program%.c}
		log=$O/unit.log
		CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$program" >"$log" 2>&1
		status=$?
		n=$(grep -c '^ok ' "$log")
		# cmocka calls what was skipped not ok as well.
		m=$(grep '^not ok ' "$log" | grep -vc '# SKIP')
		ok=$((ok + n))
		bad=$((bad + m))
		if [ $status != 0 ]; then
			cat "$log"
			echo "$program failed (exit status $status)"
			[ "$m" -gt 0 ] || bad=$((bad + 1))
			break
		fi
		echo "$n ${program##*/}"
	done
	if [ $((ok + bad)) = 0 ]; then
		echo "no unit test in $O/unit"
		bad=1
	fi
	total "unit tests (cmocka)" $ok $bad
}

# Each fuzz target with what its corpus holds; without an input it fails.
replays() {
	echo "== fuzz corpora"
	ok=0
	bad=0
	for source in tests/fuzz/*.c; do
		target=${source##*/}
		target=${target%.c}
		[ "$target" != main ] || continue
		log=$O/fuzz.log
		if n=$(timeout 60 "$O/fuzz/$target" \
			"tests/fuzz/corpus/$target" 2>"$log"); then
			ok=$((ok + n))
			echo "$n $target"
		else
			bad=$((bad + 1))
			tail -n 40 "$log"
			echo "fuzz target $target failed, or has no input"
		fi
	done
	[ $((ok + bad)) -gt 0 ] || bad=1
	total "fuzz corpora (inputs)" $ok $bad
}

# node:test files, JOBS at once: most of a test is waiting. Each has ports, files
# and servers of its own.
node_tests() {
	name=$1
	tap=$O/$2.tap
	shift 2
	echo "== $name"
	timeout 2400 node --test --test-concurrency="$JOBS" \
		--test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=tap --test-reporter-destination="$tap" "$@"
	status=$?
	n=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$tap" | tail -n 1)
	m=$(sed -n 's/^# \(fail\|cancelled\) \([0-9]*\)$/\2/p' "$tap" |
		awk '{ s += $1 } END { print s + 0 }')
	[ "$status" = 0 ] || [ "$m" -gt 0 ] || m=1
	total "$name (node)" "${n:-0}" "$m"
}

if [ "$MODE" = asan ]; then
	rm -f "$O"/asan.log.*
	export ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:log_path=$here/asan.log"
	export UBSAN_OPTIONS=print_stacktrace=1
fi
# The programs of a coverage build write their counts beside the objects, also
# when a web server runs them as another user.
[ "$MODE" != cover ] || umask 000

if wants guard; then
	check "guard" sh tests/guard.sh
fi
if [ "$what" = all ]; then
	check "format" make --no-print-directory fmt-check
	check "clang" make --no-print-directory clang-check
fi
if wants unit; then
	units
	replays
fi
if [ "$what" = all ]; then
	check "ContextForge plugin" python3 -B -m unittest discover -q \
		-s tests/contextforge-plugin
	node_tests "test providers" idp tests/idp/*.test.mjs
fi
if [ "$what" = all ] && [ "$MODE" = release ]; then
	check "coverage of jose/ and access/" sh tests/cover.sh pure "$B/cover"
fi
if wants e2e; then
	node_tests "end to end" e2e tests/e2e/*.test.mjs
fi
if [ "$MODE" = asan ]; then
	reports=0
	for f in "$O"/asan.log.*; do
		[ -f "$f" ] || continue
		reports=$((reports + 1))
		cat "$f"
	done
	total "sanitizer reports" 0 $reports
fi

echo "== totals$totals"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
