-- SPDX-License-Identifier: ISC
-- What was given to people at a ContextForge gateway. The gateway does not say
-- who gave an assignment, so that only what is written down here is ours to
-- take away again.

-- pending: about to be given; whether it was is for the next look to find out.
CREATE TABLE contextforge_grants (
	gateway TEXT NOT NULL CHECK (length(gateway) BETWEEN 1 AND 2048),
	email TEXT NOT NULL CHECK (length(email) BETWEEN 1 AND 8192),
	role_id TEXT NOT NULL CHECK (length(role_id) BETWEEN 1 AND 256),
	scope TEXT NOT NULL CHECK (scope IN ('global', 'team', 'personal')),
	scope_id TEXT NOT NULL CHECK (length(scope_id) <= 256),
	principal INTEGER NOT NULL REFERENCES principals (id),
	role TEXT NOT NULL CHECK (length(role) BETWEEN 1 AND 256),
	pending INTEGER NOT NULL CHECK (pending IN (0, 1)),
	expires_at INTEGER NOT NULL
		CHECK (expires_at BETWEEN 0 AND 253402300799),
	changed_at INTEGER NOT NULL
		CHECK (changed_at BETWEEN 0 AND 253402300799),
	PRIMARY KEY (gateway, email, role_id, scope, scope_id),
	CHECK ((scope = 'team') = (scope_id <> ''))
) STRICT, WITHOUT ROWID;

CREATE INDEX contextforge_grants_by_principal
	ON contextforge_grants (principal, gateway);

-- Whether an address is one person's alone.
CREATE INDEX principals_by_email ON principals (lower(email));
CREATE INDEX principals_by_username ON principals (lower(username));

PRAGMA user_version = 7;
