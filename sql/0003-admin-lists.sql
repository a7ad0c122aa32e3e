-- SPDX-License-Identifier: ISC
-- The list of sessions, newest first, page by page.

CREATE INDEX sessions_by_issue ON sessions (issued_at, public_id);

PRAGMA user_version = 3;
