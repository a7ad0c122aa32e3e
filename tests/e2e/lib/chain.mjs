// SPDX-License-Identifier: ISC
// Rows of the audit with a good chain, as rolegate would have written them at
// another time.
import { execFileSync } from 'node:child_process';

const ADD = `
import hashlib, sqlite3, sys
file, count, time, event, size = sys.argv[1:]
db = sqlite3.connect(file, timeout=5)
seq, last = db.execute("SELECT audit_seq, audit_hash FROM meta").fetchone()
for n in range(seq + 1, seq + 1 + int(count)):
    row = (n, int(time), event, "", "", "192.0.2.1", "r",
           '{"n":"' + "x" * int(size) + '"}')
    raw = [last.encode()] + [str(x).encode() for x in row]
    digest = hashlib.sha256(b"".join(
        len(r).to_bytes(8, "big") + r for r in raw)).hexdigest()
    db.execute("INSERT INTO audit VALUES (?,?,?,?,?,?,?,?,?,?)",
               row + (last, digest))
    last = digest
db.commit()`;

/* `size` is about that of each row's detail. */
export function addAuditRows(file, { count, time, event, size = 1 }) {
  execFileSync('/usr/bin/python3', ['-c', ADD, file, String(count),
    String(time), event, String(size)]);
}
