#!/bin/sh
# SPDX-License-Identifier: ISC
# clang-tidy, cppcheck, gcc -fanalyzer and shellcheck; $1 holds the -I and -D
# flags of the build.
set -u
cd "$(dirname "$0")/.."
bad=0
files=$(find src cgi -name '*.c' | sort)

# shellcheck disable=SC2086
clang-tidy-14 --quiet $files -- -std=c11 $1 2>/dev/null || bad=1

# shellcheck disable=SC2086
cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
	--enable=warning,performance,portability \
	--suppress=missingIncludeSystem -I. -Isrc src cgi || bad=1

for f in $files; do
	# The analyzer of gcc 12 loses track of our ** destroyers now and then;
	# what it finds is read by people, leaks and double frees stop the run.
	# shellcheck disable=SC2086
	gcc -std=c11 -O1 $1 -fanalyzer -Wno-analyzer-malloc-leak \
		-Werror=analyzer-double-free -Werror=analyzer-use-after-free \
		-fsyntax-only "$f" 2>&1 | grep -E 'error|warning' && bad=1
done

# shellcheck disable=SC2046
shellcheck $(find tests src -name '*.sh' -not -path '*/node_modules/*') || bad=1
[ $bad = 0 ] && echo "lint: ok"
exit $bad
