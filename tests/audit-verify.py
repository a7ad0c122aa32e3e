#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Verifies rolegate's audit without rolegate, with Python's library alone.

    audit-verify.py [--head SEQ:HASH] FILE...

FILE is what `rolegatectl audit export` printed, or segments of `rolegatectl
audit archive`, in order; or a database. The encoding is in rolegatectl(8).
"""
import hashlib
import json
import sqlite3
import sys

FIELDS = ("seq", "time", "event", "actor", "subject", "client", "request_id",
          "detail")


def canonical(prev_hash, row):
    texts = [prev_hash] + [str(row[name]) for name in FIELDS]
    raw = [text.encode() for text in texts]
    return b"".join(len(r).to_bytes(8, "big") + r for r in raw)


def verify(rows, head=None):
    last_seq, last_hash = 0, "0" * 64
    for n, row in enumerate(rows):
        if n == 0 and row["seq"] > 1:  # older rows are elsewhere
            last_seq, last_hash = row["seq"] - 1, row["prev_hash"]
        if row["seq"] != last_seq + 1:
            return f"row {last_seq + 1} is missing or out of order"
        if row["prev_hash"] != last_hash:
            return f"row {row['seq']} does not follow the row before it"
        digest = hashlib.sha256(canonical(last_hash, row)).hexdigest()
        if row["hash"] != digest:
            return f"row {row['seq']} was changed"
        last_seq, last_hash = row["seq"], row["hash"]
        if head and head[0] == last_seq and head[1] != last_hash:
            return f"row {last_seq} is not the one expected there"
    if head and head[0] > last_seq:
        return f"row {last_seq + 1} is missing: the end was cut off"
    print(f"ok, head {last_seq}:{last_hash}")
    return None


def read(paths):
    for path in paths:
        with open(path, "rb") as f:
            if f.read(15) == b"SQLite format 3":
                db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
                db.row_factory = sqlite3.Row
                yield from db.execute(
                    "SELECT audit.* FROM audit, meta"
                    " WHERE seq > archive_seq ORDER BY seq")
                continue
            f.seek(0)
            yield from (json.loads(line) for line in f)


def main(args):
    head = None
    if args[:1] == ["--head"]:
        seq, _, digest = args[1].partition(":")
        head, args = (int(seq), digest), args[2:]
    if not args:
        sys.exit(__doc__)
    bad = verify(read(args), head)
    if bad:
        sys.exit(f"audit-verify: {bad}")


if __name__ == "__main__":
    main(sys.argv[1:])
