#!/bin/sh
# SPDX-License-Identifier: ISC
# Writes, to stdout, C that holds the named files; see base/asset.h.
set -eu
LC_ALL=C
export LC_ALL

echo '/* Made by src/base/embed.sh. */'
echo '#include "base/asset.h"'
i=0
for f; do
	echo "static const unsigned char a${i}[] = {"
	od -An -v -tx1 "$f" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo '0};'
	i=$((i + 1))
done
echo 'const struct asset assets[] = {'
i=0
for f; do
	echo "{\"$f\", (const char *)a$i, sizeof(a$i) - 1},"
	i=$((i + 1))
done
echo '{0, 0, 0}};'
