#!/bin/sh
# SPDX-License-Identifier: ISC
# Rules of the house that a compiler does not know. Prints each breach as
# file:line and exits 1 if there was one. `O` is the build folder; without it
# the checks that look at programs are left out.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0

breach() {
	echo "guard: $1" >&2
	bad=1
}

# Each match of an extended regex in the given files is a breach.
never() {
	why=$1
	regex=$2
	shift 2
	[ $# -gt 0 ] || return 0
	if grep -nE "$regex" "$@" /dev/null; then
		breach "$why"
	fi
}

all() {
	find "$@" \( -name '*.c' -o -name '*.h' \) | sort
}

# ---- includes point one way (src/ARCHITECTURE.md) --------------------------
# room: rooms that it may include, itself always allowed.
rooms='base:
net:base
jose:base
contextforge:base net
entra:base net jose
oidc:base net jose entra
access:base
store:base
gate:base jose entra oidc contextforge access store gate
cli:base jose store gate
cgi:base oidc access gate'

room_of_include() {
	case $1 in
	gate*.h | settings*.h) echo gate ;;
	*) echo "${1%%/*}" ;;
	esac
}

check_room() {
	room=$1
	may=" $2 $room "
	shift 2
	for f; do
		for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f"); do
			to=$(room_of_include "$inc")
			case $may in
			*" $to "*) ;;
			*) breach "$f includes $inc: $room may not use $to" ;;
			esac
		done
	done
}

echo "$rooms" >"${TMPDIR:-/tmp}/rolegate-rooms.$$"
while IFS=: read -r room may; do
	case $room in
	cgi) files=$(all cgi) ;;
	gate) files=$(find src -maxdepth 1 -name '*.[ch]' | sort) ;;
	*) files=$(all "src/$room") ;;
	esac
	# shellcheck disable=SC2086
	check_room "$room" "$may" $files
done <"${TMPDIR:-/tmp}/rolegate-rooms.$$"
rm -f "${TMPDIR:-/tmp}/rolegate-rooms.$$"

# ---- one includer of each foreign header -----------------------------------
only() {
	header=$1
	allowed=$2
	# shellcheck disable=SC2046
	found=$(grep -lE "#include [<\"]${header}[>\"]" $(all src cgi) /dev/null |
		sort | tr '\n' ' ')
	for f in $found; do
		case " $allowed " in
		*" $f "*) ;;
		*) breach "$f includes <$header>; only $allowed may" ;;
		esac
	done
}
only 'fcgiapp\.h' cgi/fcgi.c
only 'fcgi_stdio\.h' none
only 'curl/curl\.h' src/net/fetch.c
only 'sqlite3\.h' \
	'src/store/db.c src/store/db_copy.c src/store/db_stamp.c'
only 'jwt\.h' src/jose/sign.c
only 'ini\.h' src/base/conf.c
only 'seccomp\.h' cgi/sandbox_syscalls.c

# ---- purity, SQL, clock, banned calls --------------------------------------
code=$(all src cgi)
# shellcheck disable=SC2046
never 'access/ and jose/ are pure: no I/O, no clock' \
	'\b(open|fopen|read|write|socket|getenv|clock_now|getrandom)\(|random_(bytes|token)\(|base/(file|log|conf|slots)\.h' \
	$(all src/access src/jose)
# shellcheck disable=SC2046
never 'SQL outside store/ and sql/' \
	'"[^"]*\b(SELECT .* FROM|INSERT INTO|UPDATE .* SET|DELETE FROM|PRAGMA )' \
	$(echo "$code" | grep -v '^src/store/')
# shellcheck disable=SC2086
never 'a banned call' \
	'\b(strcpy|strcat|sprintf|vsprintf|sscanf|atoi|atol|alloca|strtok|rand|srand|gets|system|popen)\(' \
	$code
# shellcheck disable=SC2046
never 'the clock is read in base/clock.c only' \
	'\b(time|clock_gettime|gettimeofday)\(' \
	$(echo "$code" | grep -v '^src/base/clock\.c$')
# Only what a proxy that trusted_proxy names has added itself.
# shellcheck disable=SC2046
never 'forwarded headers are never believed' \
	'HTTP_X_FORWARDED|HTTP_FORWARDED|HTTP_X_REAL_IP|"REMOTE_USER"|"HTTP_HOST"' \
	$(echo "$code" | grep -v '^cgi/client\.c$')
# shellcheck disable=SC2046,SC2086
never 'no commented-out code, no TODO' '//|\b(TODO|FIXME|XXX)\b' \
	$(grep -LE 'https?://' $code)

# ---- every file, every test, every document --------------------------------
for f in $code $(all tests/unit); do
	head -1 "$f" | grep -q 'SPDX-License-Identifier' ||
		breach "$f has no SPDX line"
done

# A test function that is never run can't fail.
for f in tests/unit/test_*.c; do
	for t in $(sed -n 's/^\(test_[a-z0-9_]*\)(void \*\*.*/\1/p' "$f"); do
		[ "$(grep -c "\b$t\b" "$f")" -ge 2 ] ||
			breach "$f: $t is never run"
	done
done

# Every configuration key is in the manual and in the example, and vice versa.
# A call may be spread over lines.
keys=$(cat src/settings*.c | tr '\n\t' '  ' |
	grep -oE '\bconf_[a-z_]+\( *c, [a-zA-Z_"]+, "[a-z_]+"' |
	sed 's/.*"\([a-z_]*\)"$/\1/' | sort -u)
[ -n "$keys" ] || breach "no configuration keys found in src/settings*.c"
for k in $keys; do
	grep -q "^\.It Cm $k\b" cgi/rolegate.conf.5 ||
		breach "cgi/rolegate.conf.5 does not describe $k"
	grep -qE "^[#;]? ?$k *=" cgi/rolegate.conf.example ||
		breach "cgi/rolegate.conf.example does not show $k"
done
for k in $(sed -n 's/^[#;]\{0,1\} \{0,1\}\([a-z_]*\) *=.*/\1/p' \
	cgi/rolegate.conf.example | sort -u); do
	echo "$keys" | grep -qx "$k" ||
		breach "cgi/rolegate.conf.example shows unknown key $k"
done

for k in $(sed -n 's/^\.It Cm \([a-z_]*\)$/\1/p' cgi/rolegate.conf.5); do
	echo "$keys" | grep -qx "$k" ||
		breach "cgi/rolegate.conf.5 describes unknown key $k"
done

# The top level is fixed.
for f in $(git ls-files 2>/dev/null | cut -d/ -f1 | sort -u); do
	case $f in
	Makefile | cgi | src | sql | tests | www | README.md | .*) ;;
	*) breach "$f does not belong at the top level" ;;
	esac
done

# No function grows over 90 lines, brace to brace.
# shellcheck disable=SC2086
awk 'FNR == 1 { start = 0 }
	/^\{/ { start = FNR }
	/^\}/ && start {
		if (FNR - start > 90) {
			print FILENAME ":" start ": function of " \
			    FNR - start " lines"
			bad = 1
		}
		start = 0
	}
	END { exit bad }' $code || breach "a function is too long"

# ---- pages: no script, nothing inline, nothing from elsewhere --------------
# shellcheck disable=SC2046
never 'pages have no script, no inline style, no other origin' \
	'<script>|<script [^t]|<style|style=|[[:space:]]on[a-z]+=|https?://|javascript:|\{\{\{' \
	$(find www -name '*.html')

# ---- manuals are sound ------------------------------------------------------
for m in cgi/rolegate.8 cgi/rolegate.conf.5 src/cli/rolegatectl.8; do
	[ -f "$m" ] || { breach "$m is missing"; continue; }
	mandoc -T lint -W warning "$m" || breach "$m: mandoc complains"
done

# ---- the programs are hardened ----------------------------------------------
if [ -n "${O:-}" ] && [ "${MODE:-release}" = release ]; then
	for p in "$O/rolegate" "$O/rolegatectl"; do
		readelf -hW "$p" | grep -q 'Type: *DYN' ||
			breach "$p is not position independent"
		readelf -dW "$p" | grep -q 'BIND_NOW\|FLAGS_1.*NOW' ||
			breach "$p is not linked with -z now"
		readelf -lW "$p" | grep -q 'GNU_STACK.*RW ' ||
			breach "$p has an executable stack"
		readelf -lW "$p" | grep -q GNU_RELRO ||
			breach "$p has no RELRO"
		nm -D "$p" | grep -q '__stack_chk_fail' ||
			breach "$p has no stack protector"
	done
fi

[ $bad = 0 ] && echo "guard: ok"
exit $bad
