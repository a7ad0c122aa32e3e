#!/bin/sh
# SPDX-License-Identifier: ISC
# The part of deb.sh that runs under the systemd of the test.
set -u
deb=/run/in/rolegate.deb
site=http://localhost:8080
failed=0

say() { echo "deb: $*"; }

# is NAME COMMAND...: the command must succeed.
is() {
	name=$1
	shift
	if "$@" >/run/in/out 2>&1; then
		say "ok: $name"
	else
		say "NOT OK: $name"
		cat /run/in/out
		failed=1
	fi
}
isnt() {
	name=$1
	shift
	is "$name" sh -c '! "$@"' sh "$@"
}

# What a purge must take away: everything with the name, anywhere.
named() {
	find / -xdev \( -path /tmp -o -path /root -o -path /home -o -path /work \
		-o -path /proc -o -path /sys -o -path /run/in \) -prune -o \
		-name '*rolegate*' -print | sort
	ls -d /run/rolegate 2>/dev/null
}

status() {
	curl -s -o /dev/null -m 10 -w '%{http_code}' "$site$1"
}
answers() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(status "$1")" != "$2" ] || return 0
		sleep 0.3
	done
	echo "$1: $(status "$1"), expected $2"
	systemctl status --no-pager -l rolegate.service rolegate.socket
	return 1
}
state() {
	[ "$(systemctl is-active "$1")" = "$2" ]
}

# The provider: two documents from a web server, for the way to sign-in.
pages() {
	mkdir -p /srv/idp/.well-known
	cat >/srv/idp/.well-known/openid-configuration <<EOF
{"issuer":"$site/idp","authorization_endpoint":"$site/idp/authorize",
 "token_endpoint":"$site/idp/token","jwks_uri":"$site/idp/keys",
 "response_types_supported":["code"],"subject_types_supported":["public"],
 "id_token_signing_alg_values_supported":["RS256"]}
EOF
	openssl genrsa -out /run/in/key.pem 2048 2>/dev/null
	n=$(openssl rsa -in /run/in/key.pem -noout -modulus 2>/dev/null |
		sed 's/Modulus=//' | xxd -r -p | base64 -w 0 | tr '+/' '-_' |
		tr -d '=')
	echo "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\"," \
		"\"kid\":\"1\",\"e\":\"AQAB\",\"n\":\"$n\"}]}" >/srv/idp/keys
	cat >/run/in/lighttpd.conf <<EOF
server.document-root = "/srv"
server.bind = "localhost"
server.port = 8080
server.username = "www-data"
server.groupname = "www-data"
mimetype.assign = ( "" => "application/json" )
include "/etc/rolegate/lighttpd.conf"
EOF
}
configure() {
	is "the example can be copied as the README says" cp \
		/usr/share/doc/rolegate/rolegate.conf.example /run/in/
	for f in lighttpd.conf lighttpd-strip-headers.conf; do
		install -m 644 /usr/share/doc/rolegate/servers/$f /etc/rolegate
	done
	cat >/etc/rolegate/rolegate.conf <<EOF
[rolegate]
public_url = $site/auth
database = /var/lib/rolegate/rolegate.db
key_file = /var/lib/rolegate/rolegate.key
peer_user = www-data
[provider.test]
type = oidc
issuer = $site/idp
client_id = rolegate
client_secret_file = /etc/rolegate/secret
EOF
	install -o root -g rolegate -m 640 /dev/null /etc/rolegate/secret
	echo "a-secret-of-the-test" >/etc/rolegate/secret
}

ip link set lo up || python3 - <<'EOF'
import fcntl, socket, struct
s = socket.socket()
fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
EOF
# A container forbids packages to start and stop services; and what this machine
# itself has of rolegate is not the test's.
rm -f /usr/sbin/policy-rc.d
rm -rf /etc/rolegate /var/lib/rolegate
named >/run/in/before

# ---- installed, not yet configured -------------------------------------------
is "installs" dpkg -i $deb
is "makes its user" getent passwd rolegate
is "units are valid" systemd-analyze verify --man=no rolegate.service \
	rolegate.socket rolegate-contextforge.service rolegate-contextforge.timer
for u in rolegate rolegate-contextforge; do
	is "$u: sandbox is tight" systemd-analyze security --offline=true \
		--threshold=15 --no-pager /lib/systemd/system/$u.service
done
is "no timer unless asked for" \
	sh -c '[ "$(systemctl is-enabled rolegate-contextforge.timer)" = disabled ]'
is "nothing runs before it is configured" state rolegate.service inactive
is "no socket before it is configured" state rolegate.socket inactive
is "state is the user's alone" \
	sh -c '[ "$(stat -c %U:%a /var/lib/rolegate)" = rolegate:700 ]'
isnt "documents name no /usr/local" grep -rl /usr/local/lib/rolegate \
	/usr/share/doc/rolegate /lib/systemd/system/rolegate.service
is "manual is there" test -s /usr/share/man/man8/rolegate.8.gz

# ---- configured -------------------------------------------------------------
pages
configure
is "socket starts" systemctl start rolegate.socket
is "socket is the web server's" \
	sh -c '[ "$(stat -c %U:%G:%a /run/rolegate/rolegate.sock)" = rolegate:www-data:660 ]'
isnt "others can't connect" setpriv --reuid nobody --regid nogroup --clear-groups \
	test -w /run/rolegate/rolegate.sock
lighttpd -f /run/in/lighttpd.conf
is "a request starts it" answers /auth/healthz 200
is "runs as its own user" \
	sh -c '[ "$(stat -c %U /proc/"$(systemctl show -P MainPID rolegate)")" = rolegate ]'
is "whoami says 401" answers /auth/whoami 401
is "fetches from the provider and sends the browser there" answers /auth/login 303
is "ready" answers /auth/readyz 200
is "can't gain privileges, filters calls" sh -c '
	pid=$(systemctl show -P MainPID rolegate)
	grep -qx "NoNewPrivs:	1" /proc/$pid/status &&
	grep -qx "Seccomp:	2" /proc/$pid/status &&
	grep -qx "CapBnd:	0000000000000000" /proc/$pid/status'
is "reloads" sh -c 'pid=$(systemctl show -P MainPID rolegate)
	systemctl reload rolegate && sleep 0.5 &&
	[ "$(systemctl show -P MainPID rolegate)" = "$pid" ]'
is "answers after a reload" answers /auth/whoami 401
is "stops" systemctl stop rolegate.service
is "socket outlives the service, a request starts it again" \
	answers /auth/healthz 200
is "is killed" sh -c 'systemctl kill -s KILL rolegate.service'
is "comes back" answers /auth/healthz 200
is "admin tools work" runuser -u rolegate -- rolegatectl role add reader

# ---- upgraded, removed, purged ----------------------------------------------
cp /etc/rolegate/rolegate.conf /run/in/conf
pid=$(systemctl show -P MainPID rolegate)
opened() {
	systemctl show -P ActiveEnterTimestampMonotonic rolegate.socket
}
open=$(opened)
is "installs over itself" dpkg -i $deb
is "an upgrade leaves the socket open" [ "$(opened)" = "$open" ]
isnt "an upgrade restarts it" [ "$(systemctl show -P MainPID rolegate)" = "$pid" ]
is "answers after an upgrade" answers /auth/healthz 200
is "upgrade keeps the configuration" \
	cmp /run/in/conf /etc/rolegate/rolegate.conf
is "upgrade keeps the roles" sh -c \
	'runuser -u rolegate -- rolegatectl role list | grep -q reader'
is "removes" dpkg -r rolegate
is "stopped by removal" state rolegate.service inactive
isnt "no process left" pgrep -u rolegate
is "removal keeps the configuration" \
	cmp /run/in/conf /etc/rolegate/rolegate.conf
is "removal keeps the database" test -s /var/lib/rolegate/rolegate.db
is "purges" dpkg -P rolegate
named >/run/in/after
is "nothing is left" diff /run/in/before /run/in/after

[ $failed = 0 ] && say "all passed"
exit 0
