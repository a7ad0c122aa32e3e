/* SPDX-License-Identifier: ISC */
/* A long audit, made at once. */
#ifndef RG_BENCH_AUDIT_H
#define RG_BENCH_AUDIT_H

#include <inttypes.h>

#include "base/buf.h"
#include "bench.h"

#define NOW 1800000000

/* Twenty events, 100 000 people, 50 administrators, a row a second. */
static void
audit_fill(int64_t rows)
{
	struct buf text = BUF_INIT;

	sql("PRAGMA synchronous = OFF; DROP TRIGGER audit_in_order;"
	    "DROP TRIGGER audit_head; DROP INDEX audit_by_time;"
	    "DROP INDEX audit_by_event; DROP INDEX audit_by_subject;"
	    "DROP INDEX audit_by_actor; DROP INDEX audit_by_request");
	buf_printf(&text,
	    "PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;"
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < %" PRId64 ") INSERT INTO audit SELECT i, %d - %" PRId64
	    " + i, CASE WHEN i %% 10 < 8 THEN 'sign_in.ok' WHEN i %% 1000 = 9"
	    " THEN 'role.set' ELSE 'event.' || (i %% 20) END,"
	    " CASE WHEN i %% 1000 = 9 THEN 'cli:admin' || (i %% 50) ELSE"
	    " 'entra:8f1a2b3c:' || (i * 7919 %% 100000) END,"
	    " 'entra:8f1a2b3c:' || (i * 7919 %% 100000), '192.0.2.1',"
	    " printf('%%016x', i), '{\"provider\":\"entra\",\"roles\":"
	    "[\"analyst\",\"user\"],\"session\":\"3svtqk8zj1pqx0aybn7mvw\","
	    "\"groups\":\"complete\"}', printf('%%064x', i - 1),"
	    " printf('%%064x', i) FROM n;"
	    "UPDATE meta SET audit_seq = %" PRId64
	    ", audit_hash = printf('%%064x', %" PRId64 ")",
	    rows, NOW, rows, rows, rows);
	sql(buf_str(&text));
	buf_clear(&text);
	sql("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;"
	    "CREATE INDEX audit_by_time ON audit (time);"
	    "CREATE INDEX audit_by_event ON audit (event, time);"
	    "CREATE INDEX audit_by_subject ON audit (subject, time);"
	    "CREATE INDEX audit_by_actor ON audit (actor, time);"
	    "CREATE INDEX audit_by_request ON audit (request_id)"
	    " WHERE request_id <> '';"
	    "CREATE TRIGGER audit_in_order BEFORE INSERT ON audit"
	    " WHEN NEW.seq IS NOT (SELECT audit_seq + 1 FROM meta)"
	    " OR NEW.prev_hash IS NOT (SELECT audit_hash FROM meta)"
	    " BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;"
	    "CREATE TRIGGER audit_head AFTER INSERT ON audit"
	    " BEGIN UPDATE meta SET audit_seq = NEW.seq,"
	    " audit_hash = NEW.hash; END;"
	    "PRAGMA wal_checkpoint(TRUNCATE)");
}

#endif
