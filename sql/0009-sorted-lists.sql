-- SPDX-License-Identifier: ISC
-- The lists of the administration in other orders than that of ids, page by
-- page: the keys are those of src/store/sql.c, to the letter.

CREATE INDEX mappings_by_label ON mappings
	(coalesce(nullif(label, ''), value) COLLATE NOCASE);
CREATE INDEX mappings_by_provider ON mappings (provider);
CREATE INDEX mappings_by_role_or_none ON mappings (coalesce(role, ''));

CREATE INDEX principals_by_name ON principals
	(coalesce(nullif(name, ''), nullif(username, ''), subject)
	COLLATE NOCASE);
CREATE INDEX principals_by_provider ON principals (provider);
CREATE INDEX principals_by_last_seen ON principals (last_seen);

CREATE INDEX grants_by_end ON grants
	(coalesce(nullif(expires_at, 0), 253402300800));

PRAGMA user_version = 9;
