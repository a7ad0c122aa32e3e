#!/bin/sh
# SPDX-License-Identifier: ISC
# Installs the package that `make deb` built on a systemd of its own, runs it in
# its sandbox behind lighttpd, upgrades, removes and purges it. All of it happens
# in fresh namespaces on an overlay of this machine's files, of which nothing is
# left. Needs root.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
deb=$(ls "$B"/deb/rolegate_*_*.deb)
say() { echo "deb: $*"; }

[ "$(id -u)" = 0 ] || {
	say "needs root, for a systemd of its own: sudo make deb-test" >&2
	exit 1
}

lintian --allow-root --fail-on error,warning "$B"/deb/rolegate_*.changes
say "lintian: clean"

work=$(mktemp -d)
trap 'rmdir "$work"' EXIT
log=$B/deb/test.log

# Runs as process 1 of the new namespaces.
cat >"$B/deb/boot.sh" <<'EOF'
set -e
work=$1 deb=$2 check=$3
mount -t tmpfs none "$work"
mkdir "$work/up" "$work/work" "$work/root" "$work/in"
cp "$deb" "$work/in/rolegate.deb"
cp "$check" "$work/in/check.sh"
r=$work/root
mount -t overlay overlay \
	-o "lowerdir=/,upperdir=$work/up,workdir=$work/work" "$r"
mount -t proc proc "$r/proc"
mount --rbind /dev "$r/dev"
mount -t sysfs none "$r/sys"
mount -t cgroup2 none "$r/sys/fs/cgroup"
for d in run tmp; do mount -t tmpfs none "$r/$d"; done
mkdir "$r/run/in"
cp "$work"/in/* "$r/run/in"
mkdir -p "$r/etc/systemd/system"
cat >"$r/etc/systemd/system/deb-test.service" <<'UNIT'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
Environment=DEBIAN_FRONTEND=noninteractive
ExecStart=/bin/sh /run/in/check.sh
ExecStopPost=/bin/systemctl --force exit
StandardOutput=file:/run/in/log
StandardError=inherit
UNIT
touch "$r/run/in/log"
mount --bind "$4" "$r/run/in/log"
export container=docker
cd "$r"
exec chroot "$r" /lib/systemd/systemd --system --unit=deb-test.service \
	--log-target=null
EOF
: >"$log"
timeout -s KILL 180 unshare --mount --pid --net --ipc --uts --cgroup --fork \
	--kill-child --propagation private \
	sh "$B/deb/boot.sh" "$work" "$deb" tests/deb-inside.sh "$log" \
	>"$B/deb/boot.log" 2>&1 || true
cat "$log"
if ! grep -qx 'deb: all passed' "$log"; then
	tail -n 20 "$B/deb/boot.log"
	say "failed"
	exit 1
fi
