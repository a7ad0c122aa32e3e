#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""recovering.py DATABASE: as if another process recovered its WAL.

Until standard input ends, the head of the WAL's index is not valid and the locks
of who would mend it are held, so that readers are told that it is busy
(https://sqlite.org/walformat.html, "WAL Locks"). Prints a line when it is so.
"""
import fcntl
import os
import sys

HEAD = 96  # two copies
LOCKS = 120  # of the writer 0, of the recovery 2

with open(sys.argv[1] + "-shm", "r+b", buffering=0) as shm:
    for lock in (0, 2):
        fcntl.lockf(shm, fcntl.LOCK_EX, 1, LOCKS + lock)
    head = os.pread(shm.fileno(), HEAD, 0)
    os.pwrite(shm.fileno(), bytes(HEAD), 0)
    print("busy", flush=True)
    sys.stdin.read()
    os.pwrite(shm.fileno(), head, 0)
