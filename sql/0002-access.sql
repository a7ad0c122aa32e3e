-- SPDX-License-Identifier: ISC
-- Mappings that deny, grants, and what is known of somebody's groups.

-- A mapping that denies leads to no role. A column can't be made nullable, so
-- the table is made anew; what refers to it by id (the audit) finds the same.
CREATE TABLE mappings_0002 (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	provider TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 256),
	tenant TEXT CHECK (length(tenant) BETWEEN 1 AND 256),
	kind TEXT NOT NULL CHECK (kind IN ('group', 'group_name', 'app_role',
		'directory_role', 'claim', 'app')),
	claim TEXT CHECK (length(claim) BETWEEN 1 AND 1024),
	value TEXT NOT NULL CHECK (length(value) BETWEEN 1 AND 1024),
	effect TEXT NOT NULL CHECK (effect IN ('allow', 'deny')),
	role TEXT REFERENCES roles (name),
	label TEXT NOT NULL CHECK (length(label) <= 1024),
	note TEXT NOT NULL CHECK (length(note) <= 1024),
	enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
	expires_at INTEGER NOT NULL
		CHECK (expires_at BETWEEN 0 AND 253402300799),
	created_by TEXT NOT NULL CHECK (length(created_by) <= 1024),
	created_at INTEGER NOT NULL
		CHECK (created_at BETWEEN 0 AND 253402300799),
	CHECK ((kind = 'claim') = (claim IS NOT NULL)),
	CHECK ((effect = 'deny') = (role IS NULL))
) STRICT;

INSERT INTO mappings_0002 (id, provider, tenant, kind, claim, value, effect,
	role, label, note, enabled, expires_at, created_by, created_at)
SELECT id, provider, tenant, kind, claim, value, 'allow', role, label, note,
	enabled, expires_at, created_by, created_at FROM mappings;

-- No id is used twice, those of removed mappings included.
DELETE FROM sqlite_sequence WHERE name = 'mappings_0002';
INSERT INTO sqlite_sequence (name, seq)
	SELECT 'mappings_0002', seq FROM sqlite_sequence
	WHERE name = 'mappings';

DROP TABLE mappings;
ALTER TABLE mappings_0002 RENAME TO mappings;

CREATE UNIQUE INDEX mappings_same ON mappings (provider,
	coalesce(tenant, ''), kind, coalesce(claim, ''), value,
	coalesce(role, ''));
CREATE INDEX mappings_by_role ON mappings (role);

CREATE TRIGGER mappings_added AFTER INSERT ON mappings
BEGIN UPDATE meta SET policy_version = policy_version + 1; END;
CREATE TRIGGER mappings_changed AFTER UPDATE ON mappings
BEGIN UPDATE meta SET policy_version = policy_version + 1; END;
CREATE TRIGGER mappings_removed AFTER DELETE ON mappings
BEGIN UPDATE meta SET policy_version = policy_version + 1; END;

-- What a mapping matches is its identity: sessions note up to which id their
-- groups were asked for (access/groups.h), so an id must mean the same for
-- ever.
CREATE TRIGGER mappings_identity BEFORE UPDATE OF id, provider, tenant, kind,
	claim, value, effect ON mappings
WHEN NEW.id IS NOT OLD.id OR NEW.provider IS NOT OLD.provider
	OR NEW.tenant IS NOT OLD.tenant OR NEW.kind IS NOT OLD.kind
	OR NEW.claim IS NOT OLD.claim OR NEW.value IS NOT OLD.value
	OR NEW.effect IS NOT OLD.effect
BEGIN SELECT raise(ABORT, 'what a mapping matches can not be changed'); END;

-- The last claims and groups of each person, for what-if and for the groups of
-- somebody whose provider can't tell them now.
ALTER TABLE principals ADD COLUMN claims TEXT NOT NULL DEFAULT '{}'
	CHECK (length(claims) BETWEEN 2 AND 1048576);
ALTER TABLE principals ADD COLUMN groups TEXT NOT NULL DEFAULT '{}'
	CHECK (length(groups) BETWEEN 2 AND 1048576);

-- '{}': the claims tell the groups.
ALTER TABLE sessions ADD COLUMN groups TEXT NOT NULL DEFAULT '{}'
	CHECK (length(groups) BETWEEN 2 AND 1048576);

-- Roles that an administrator gave to one person, kept apart from mapped ones.
CREATE TABLE grants (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	principal INTEGER NOT NULL REFERENCES principals (id),
	role TEXT NOT NULL REFERENCES roles (name),
	reason TEXT NOT NULL CHECK (length(reason) <= 1024),
	expires_at INTEGER NOT NULL
		CHECK (expires_at BETWEEN 0 AND 253402300799),
	created_by TEXT NOT NULL CHECK (length(created_by) <= 1024),
	created_at INTEGER NOT NULL
		CHECK (created_at BETWEEN 0 AND 253402300799),
	UNIQUE (principal, role)
) STRICT;

CREATE INDEX grants_by_role ON grants (role);

PRAGMA user_version = 2;
