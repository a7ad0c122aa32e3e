-- SPDX-License-Identifier: ISC
-- Counters; and an audit of which the oldest rows can be archived.

-- How often what happened, in the minute that begins at `minute`. The words
-- are rolegate's own, so that there are few rows for each minute, and those of
-- old minutes are swept.
CREATE TABLE counters (
	minute INTEGER NOT NULL CHECK (minute BETWEEN 0 AND 253402300799
		AND minute % 60 = 0),
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
	reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 63),
	count INTEGER NOT NULL CHECK (count >= 1),
	PRIMARY KEY (minute, name, reason)
) STRICT, WITHOUT ROWID;

-- The same since the database was made.
CREATE TABLE counter_totals (
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
	reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 63),
	count INTEGER NOT NULL CHECK (count >= 1),
	PRIMARY KEY (name, reason)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_actor ON audit (actor, time);
CREATE INDEX audit_by_request ON audit (request_id) WHERE request_id <> '';

-- Rows up to archive_seq are in segment files; archive_hash is the hash of the
-- last of them. They may be deleted, and no others.
ALTER TABLE meta ADD COLUMN archive_seq INTEGER NOT NULL DEFAULT 0
	CHECK (archive_seq BETWEEN 0 AND audit_seq);
ALTER TABLE meta ADD COLUMN archive_hash TEXT NOT NULL DEFAULT
	'0000000000000000000000000000000000000000000000000000000000000000'
	CHECK (length(archive_hash) = 64);

DROP TRIGGER audit_no_delete;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.seq > (SELECT archive_seq FROM meta)
BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;

-- Forward only, to a row that is there, and in the transaction of the audit
-- row that says so (which is the last one then).
CREATE TRIGGER archive_forward BEFORE UPDATE OF archive_seq, archive_hash
	ON meta
WHEN NEW.archive_seq <= OLD.archive_seq
	OR NEW.archive_hash IS NOT
		(SELECT hash FROM audit WHERE seq = NEW.archive_seq)
	OR NOT EXISTS (SELECT 1 FROM audit WHERE seq = OLD.audit_seq
		AND event = 'audit.archived'
		AND subject = 'audit:' || NEW.archive_seq)
BEGIN SELECT raise(ABORT, 'no audit row says that this was archived'); END;

PRAGMA user_version = 5;
