#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A dump of a database of each schema version, with a row of each kind.

Run after adding a migration: it writes the dumps that are missing and leaves
the others as they are, since they stand for databases that exist somewhere.
tests/unit/test_store_migrate.c migrates each and compares the result.
"""
import hashlib
import sqlite3
from pathlib import Path

HERE = Path(__file__).parent
SQL = HERE.parents[2] / "sql"
APPLICATION = 1919896679
NOW = 1700000000
HASH = "X'" + "5a" * 32 + "'"

# What is put in as soon as the schema of this version is there.
ROWS = {
    1: f"""
INSERT INTO roles VALUES ('analyst', 'reads', 0);
INSERT INTO role_permissions VALUES ('analyst', 'reports.read');
INSERT INTO mappings VALUES
 (1, 'entra', NULL, 'group', NULL, 'g-gone', 'analyst', '', '', 1, 0, 'cli:a', {NOW}),
 (2, 'entra', 't1', 'group', NULL, 'g-1', 'analyst', 'data-analysts', 'n', 1, 0,
  'cli:a', {NOW}),
 (3, 'keycloak', NULL, 'claim', 'realm_access.roles', 'reporting', 'analyst', '', '',
  0, {NOW + 9}, 'cli:a', {NOW}),
 (4, 'entra', NULL, 'group', NULL, 'g-last', 'analyst', '', '', 1, 0, 'cli:a', {NOW});
DELETE FROM mappings WHERE id IN (1, 4);
INSERT INTO principals (id, provider, issuer, tenant, subject, kind, name, username,
  email, roles, first_seen, last_seen, disabled) VALUES (1, 'entra',
  'https://op.example/t1/v2.0', 't1', 'oid-1', 'user', 'Dana Diaz', 'dana@contoso.com',
  '', '["analyst"]', {NOW}, {NOW}, 1);
INSERT INTO sessions (hash, public_id, principal, provider_sid, claims, roles,
  issued_at, last_used, idle_seconds, expires_at, dies_at) VALUES ({HASH},
  'abcdefghijklmnopqrstuv', 1, 'sid-1', '{{"groups":["g-1"]}}', '["analyst"]', {NOW},
  {NOW}, 3600, {NOW + 43200}, {NOW + 3600});
INSERT INTO spent_logins VALUES ({HASH}, {NOW + 600});
INSERT INTO documents VALUES ('https://op.example/t1/v2.0', 'keys', '{{"keys":[]}}',
  {NOW}, {NOW}), ('https://down.example', 'discovery', NULL, NULL, {NOW});
""",
    2: f"""
INSERT INTO mappings VALUES (5, 'entra', NULL, 'group', NULL, 'g-deny', 'deny', NULL,
  '', '', 1, 0, 'cli:a', {NOW});
INSERT INTO grants VALUES (1, 1, 'analyst', 'ticket 7', 0, 'cli:a', {NOW});
UPDATE principals SET claims = '{{"groups":["g-1"]}}';
""",
    4: f"""
INSERT INTO role_keys VALUES ('{"k" * 43}', 'ES256', '{{}}', 'sealed', {NOW}, {NOW});
""",
    5: f"""
INSERT INTO counters VALUES ({NOW - NOW % 60}, 'refused', 'session_none', 3);
INSERT INTO counter_totals VALUES ('refused', 'session_none', 3);
""",
    6: f"UPDATE meta SET sessions_from = {NOW - 5};",
    7: f"""
INSERT INTO contextforge_grants VALUES ('https://gw.example', 'dana@contoso.com', 'r1',
  'team', 'team-1', 1, 'analyst', 0, 0, {NOW});
""",
    8: f"INSERT INTO refreshes VALUES ({HASH}, 'sealed', {NOW + 60}, {NOW + 43200});",
    11: "UPDATE mappings SET note = 'm' WHERE id = 2;",
}


def add_audit(db: sqlite3.Connection, event: str, subject: str) -> None:
    """store/audit.h says what the hash is over."""
    seq, prev = db.execute("SELECT audit_seq + 1, audit_hash FROM meta").fetchone()
    row = [seq, NOW, event, "cli:a", subject, "192.0.2.1", "r1", "{}"]
    texts = [prev, *(str(field) for field in row)]
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    db.execute("INSERT INTO audit VALUES (?,?,?,?,?,?,?,?,?,?)",
               [*row, prev, digest.hexdigest()])


def main() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    for migration in sorted(SQL.glob("[0-9]*.sql")):
        version = int(migration.name[:4])
        db.executescript(migration.read_text())
        db.executescript(ROWS.get(version, ""))
        add_audit(db, "mapping.add", f"mapping:{version}")
        fixture = HERE / f"{version:04}.sql"
        if fixture.exists():
            continue
        fixture.write_text("".join(f"{line}\n" for line in (
            f"-- A database of schema {version}, as generate.py made it.",
            "PRAGMA foreign_keys = OFF;",
            *db.iterdump(),
            f"PRAGMA application_id = {APPLICATION};",
            f"PRAGMA user_version = {version};")))
        print(fixture)


main()
