-- SPDX-License-Identifier: ISC
-- Who is recorded as an admin is asked at each edit: the few different sets of
-- roles are stepped through in this index (ST_KNOWN_ADMINS).

CREATE INDEX principals_by_roles ON principals (roles);

PRAGMA user_version = 10;
