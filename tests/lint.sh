#!/bin/sh
# SPDX-License-Identifier: ISC
# clang-tidy, cppcheck, gcc -fanalyzer and shellcheck; $1 holds the -I and -D
# flags of the build.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0
files=$(find src cgi -name '*.c' | sort)

echo "== clang-tidy"
# shellcheck disable=SC2086
clang-tidy-14 --quiet $files -- -std=c11 $1 2>/dev/null || bad=1

echo "== cppcheck"
cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
	--enable=warning,performance,portability \
	--suppress=missingIncludeSystem -I. -Isrc src cgi || bad=1

# gcc 12's analyzer loses track of leaks through our ** destroyers.
echo "== gcc -fanalyzer"
for f in $files; do
	# shellcheck disable=SC2086
	gcc -std=c11 -O1 $1 -fanalyzer -Wno-analyzer-malloc-leak \
		-Wno-analyzer-file-leak -Werror -c -o /dev/null "$f" || bad=1
done

echo "== shellcheck"
find tests src -name '*.sh' -not -path '*/node_modules/*' \
	-exec shellcheck --severity=warning {} + || bad=1

[ $bad = 0 ] && echo "lint: ok"
exit $bad
