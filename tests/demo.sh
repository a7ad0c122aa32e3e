#!/bin/sh
# SPDX-License-Identifier: ISC
# The demo. `demo.sh run` starts it and stays until Ctrl-C; `demo.sh curl` starts
# a temporary one, signs each demo person in with curl alone, prints what
# /whoami says of them, and ends: well only if every answer is right.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
O=${O:-$B/release}
export O

if [ "${1:-run}" = run ]; then
	exec node tests/demo.mjs "$B/demo"
fi

dir=$(mktemp -d)
node tests/demo.mjs --temporary >"$dir/url" 2>"$dir/log" &
demo=$!
# shellcheck disable=SC2317 # it is a trap's
finish() {
	kill "$demo" 2>/dev/null || true
	wait "$demo" 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
until [ -s "$dir/url" ]; do
	kill -0 "$demo" 2>/dev/null || {
		cat "$dir/log" >&2
		exit 1
	}
	sleep 0.05
done
base=$(cat "$dir/url")

# sign_in PERSON JAR: to the provider, choose the person there, and back. The
# cookie jar is all that is kept between the requests, as in a browser.
sign_in() {
	at=$(curl -sS -L -b "$2" -c "$2" -o "$dir/page" -w '%{url_effective}' \
		"$base/login")
	form=$(sed -n 's/.*<form [^>]*action="\([^"]*\)".*/\1/p' "$dir/page")
	origin=$(printf %s "$at" | sed 's|^\([a-z]*://[^/]*\)/.*|\1|')
	curl -sS -L -b "$2" -c "$2" -o /dev/null --data "login=$1" \
		"$origin$form"
}

status=0
# expect PERSON PART...: every PART must be in the role JSON.
expect() {
	person=$1
	shift
	sign_in "$person" "$dir/$person"
	json=$(curl -sS -b "$dir/$person" "$base/whoami")
	verdict=ok
	for part; do
		case $json in
		*"$part"*) ;;
		*) verdict="WRONG: no $part" ;;
		esac
	done
	[ "$verdict" = ok ] || status=1
	printf '%s %s  %s\n' "$person" "$json" "$verdict"
}

expect dev '"roles":["user"]' '"is_admin":false'
expect ada '"roles":["admin"]' '"is_admin":true'
expect ana '"roles":["analyst"]' '"permissions":["reports.read"]' \
	'"is_admin":false'
expect noa '"error":"no_role"'
exit $status
