-- SPDX-License-Identifier: ISC
-- What bearer tokens and role tokens need.

-- 'bearer' is no document, but when a bearer token with an unknown key last
-- caused keys to be fetched. A CHECK can't be changed, so the table is made
-- anew.
CREATE TABLE documents_0004 (
	issuer TEXT NOT NULL CHECK (length(issuer) BETWEEN 1 AND 2048),
	kind TEXT NOT NULL CHECK (kind IN ('discovery', 'keys', 'bearer')),
	text TEXT CHECK (length(text) <= 4194304),
	fetched_at INTEGER CHECK (fetched_at BETWEEN 0 AND 253402300799),
	attempted_at INTEGER CHECK (attempted_at BETWEEN 0 AND 253402300799),
	PRIMARY KEY (issuer, kind),
	CHECK ((text IS NULL) = (fetched_at IS NULL))
) STRICT;

INSERT INTO documents_0004 (issuer, kind, text, fetched_at, attempted_at)
	SELECT issuer, kind, text, fetched_at, attempted_at FROM documents;
DROP TABLE documents;
ALTER TABLE documents_0004 RENAME TO documents;

-- The keys that role tokens are signed with. The private half is sealed with
-- the key file. A key signs from signs_from until the next one does; it stays
-- published until the last token that it signed is dead.
CREATE TABLE role_keys (
	kid TEXT PRIMARY KEY NOT NULL CHECK (length(kid) = 43),
	alg TEXT NOT NULL CHECK (alg = 'ES256'),
	public TEXT NOT NULL CHECK (length(public) BETWEEN 2 AND 4096),
	sealed TEXT NOT NULL CHECK (length(sealed) BETWEEN 1 AND 8192),
	created_at INTEGER NOT NULL
		CHECK (created_at BETWEEN 0 AND 253402300799),
	signs_from INTEGER NOT NULL UNIQUE
		CHECK (signs_from BETWEEN created_at AND 253402300799)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;
