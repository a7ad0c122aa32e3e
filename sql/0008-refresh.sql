-- SPDX-License-Identifier: ISC
-- What renews the claims of sessions while people are signed in.

-- sealed holds the refresh token, under the key file's key. A row is taken by
-- moving due_at, so that of several processes one works on it.
CREATE TABLE refreshes (
	session BLOB PRIMARY KEY NOT NULL
		REFERENCES sessions (hash) ON DELETE CASCADE,
	sealed TEXT NOT NULL CHECK (length(sealed) BETWEEN 1 AND 8192),
	due_at INTEGER NOT NULL
		CHECK (due_at BETWEEN 0 AND 253402300799),
	ends_at INTEGER NOT NULL -- of the session, however often renewed
		CHECK (ends_at BETWEEN 0 AND 253402300799)
) STRICT, WITHOUT ROWID;

CREATE INDEX refreshes_by_due ON refreshes (due_at);

PRAGMA user_version = 8;
