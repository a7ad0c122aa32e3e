#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Verifies rolegate's audit without rolegate: Python's library and openssl(1).

    audit-verify.py [--key PUBLIC.pem] [--head SEQ:HASH | --checkpoint FILE]
                    FILE...

FILE, in order: what `rolegatectl audit export` printed, segments of `rolegatectl
audit archive` or (with --key) their manifests, and a database. The encoding is
in rolegatectl(8), AUDIT ENCODING and STATEMENTS; this follows it and nothing
else.
"""
import argparse
import base64
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

FIELDS = ("seq", "time", "event", "actor", "subject", "client", "request_id",
          "detail")
COLUMNS = FIELDS + ("prev_hash", "hash")


class Bad(Exception):
    pass


def row_hash(prev_hash, row):
    texts = [prev_hash] + [str(row[name]) for name in FIELDS]
    raw = [text.encode() for text in texts]
    return hashlib.sha256(b"".join(
        len(r).to_bytes(8, "big") + r for r in raw)).hexdigest()


class Chain:
    def __init__(self, noted):
        self.seq, self.hash, self.begun = 0, "0" * 64, False
        self.noted = noted  # {seq: hash}, each until it is met
        self.archived = set()  # what rows say was archived: (subject, hash)

    def begin(self, seq, digest):
        """The next row is the one behind this; older ones are elsewhere."""
        if not self.begun:
            self.seq, self.hash, self.begun = seq, digest, True
        if seq > self.seq:
            raise Bad(f"row {self.seq + 1} is missing")
        if (seq, digest) != (self.seq, self.hash):
            raise Bad(f"row {seq} is not the one expected there")
        self.meet()

    def meet(self):
        if self.noted.pop(self.seq, self.hash) != self.hash:
            raise Bad(f"row {self.seq} is not the one expected there")

    def add(self, row):
        if not self.begun:
            self.begin(row["seq"] - 1,
                       row["prev_hash"] if row["seq"] > 1 else self.hash)
        if row["seq"] != self.seq + 1:
            raise Bad(f"row {self.seq + 1} is missing or out of order")
        if row["prev_hash"] != self.hash:
            raise Bad(f"row {row['seq']} does not follow the row before it")
        if row["hash"] != row_hash(self.hash, row):
            raise Bad(f"row {row['seq']} was changed")
        self.seq, self.hash = row["seq"], row["hash"]
        self.meet()
        if row["event"] == "audit.archived":
            self.archived.add((row["subject"],
                               json.loads(row["detail"]).get("hash")))

    def end(self, seq, digest):
        """The last row is this one."""
        if self.seq < seq:
            raise Bad(f"row {self.seq + 1} is missing: the end was cut off")
        if (seq, digest) != (self.seq, self.hash):
            raise Bad(f"row {seq + 1} was added behind the end")


def statement(path, kind, key):
    """The members of a checkpoint or manifest whose signature is good."""
    with open(path, "rb") as f:
        body, _, tail = f.read().partition(b"\n\n")
    body += b"\n"
    lines = body.decode().splitlines()
    name, _, signature = tail.decode().partition(": ")
    if lines[0] != kind or name != "signature" or signature[-1:] != "\n":
        raise Bad(f"{path} is no {kind}")
    if key is None:
        raise Bad(f"{path} needs --key")
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("body", "sig")]
        raw = base64.b64decode(signature[:-1], validate=True)
        for file, data in zip(files, (body, raw)):
            with open(file, "wb") as f:
                f.write(data)
        if subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key,
                 "-rawin", "-in", files[0], "-sigfile", files[1]],
                capture_output=True, check=False).returncode:
            raise Bad(f"{path} was not signed by this key, or was changed")
    return dict(line.split(": ", 1) for line in lines[1:])


def members(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Bad("a line names a member twice")
    return dict(pairs)


def add_lines(chain, file):
    """All of its lines; the SHA-256 of the file."""
    digest = hashlib.sha256()
    for line in file:
        digest.update(line)
        row = json.loads(line, object_pairs_hook=members)
        chain.add(row)
        # For people, and no part of the hash:
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row["time"]))
        if set(row) != {*COLUMNS, "when"} or row["when"] != when:
            raise Bad(f"row {row['seq']} has a member that is not its own")
        if not line.endswith(b"\n"):
            raise Bad(f"row {row['seq']} has no end of its line")
    return digest.hexdigest()


def add_manifest(chain, path, key):
    m = statement(path, "rolegate-audit-segment-v1", key)
    chain.begin(int(m["first_seq"]) - 1, m["prev_hash"])
    if os.path.basename(m["file"]) != m["file"]:
        raise Bad(f"{path} names a file elsewhere")
    with open(os.path.join(os.path.dirname(path), m["file"]), "rb") as f:
        digest = add_lines(chain, f)
    chain.end(int(m["last_seq"]), m["hash"])
    if digest != m["sha256"]:
        raise Bad(f"{m['file']} is not the file that was signed")


def add_database(chain, path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    db.execute("BEGIN")  # others go on adding rows: this is one moment
    meta = db.execute("SELECT * FROM meta").fetchone()
    archived = meta["archive_seq"], meta["archive_hash"]
    chain.begin(*archived)
    for row in db.execute("SELECT * FROM audit WHERE seq > ? ORDER BY seq",
                          archived[:1]):
        chain.add(row)
    chain.end(meta["audit_seq"], meta["audit_hash"])
    if archived[0] and (f"audit:{archived[0]}", archived[1]) not in chain.archived:
        raise Bad(f"rows up to {archived[0]} are missing: no row says that"
                  " they were archived")


def verify(args):
    noted = {}
    if args.head:
        seq, _, digest = args.head.partition(":")
        noted[int(seq)] = digest
    if args.checkpoint:
        m = statement(args.checkpoint, "rolegate-audit-checkpoint-v1", args.key)
        noted[int(m["seq"])] = m["hash"]
    chain = Chain(noted)
    for path in args.file:
        with open(path, "rb") as f:
            start = f.read(30)
        if start.startswith(b"SQLite format 3"):
            add_database(chain, path)
        elif start.startswith(b"rolegate-"):
            add_manifest(chain, path, args.key)
        else:
            with open(path, "rb") as f:
                add_lines(chain, f)
    for seq in chain.noted:
        if seq > chain.seq:
            raise Bad(f"row {chain.seq + 1} is missing: the end was cut off")
        raise Bad(f"row {seq} is expected, and in none of these files")
    print(f"ok, head {chain.seq}:{chain.hash}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    noted = parser.add_mutually_exclusive_group()
    noted.add_argument("--head")
    noted.add_argument("--checkpoint")
    parser.add_argument("--key")
    parser.add_argument("file", nargs="+")
    try:
        verify(parser.parse_args())
    except (Bad, OSError, ValueError, KeyError, TypeError, IndexError,
            sqlite3.Error) as e:
        sys.exit(f"audit-verify: {e if isinstance(e, Bad) else repr(e)}")


if __name__ == "__main__":
    main()
