#!/bin/sh
# SPDX-License-Identifier: ISC
# Installs the named Debian packages that are missing and, with --node, Node.js
# and the npm packages of tests/package-lock.json. Silent when all is there.
set -eu
cd "$(dirname "$0")/.."

node=no
if [ "${1:-}" = --node ]; then
	node=yes
	shift
fi

missing=
for p; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
		grep -q 'ok installed' || missing="$missing $p"
done
if [ $node = yes ]; then
	command -v node >/dev/null || missing="$missing nodejs"
	command -v npm >/dev/null || missing="$missing npm"
fi

if [ -n "$missing" ]; then
	echo "installing:$missing"
	sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "These packages are missing, and there is no sudo:" >&2
			echo "  apt-get install$missing" >&2
			exit 1
		}
		sudo=sudo
	fi
	log=$(mktemp)
	# shellcheck disable=SC2086
	if ! { $sudo apt-get -q update &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
			--no-install-recommends $missing; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "Could not install:$missing" >&2
		echo "Is this machine offline? With a package mirror in reach," \
			"run this again." >&2
		exit 1
	fi
	rm -f "$log"
fi

if [ $node = yes ] && ! cmp -s tests/package-lock.json \
	tests/node_modules/.installed-lock.json; then
	echo "installing: npm packages of tests/package-lock.json"
	(cd tests && npm ci --no-audit --no-fund --loglevel=error) || {
		echo "npm ci failed. Is this machine offline?" >&2
		exit 1
	}
	cp tests/package-lock.json tests/node_modules/.installed-lock.json
fi
