/* SPDX-License-Identifier: ISC */
#include "store/sql.h"

#define SESSION_COLUMNS                                                        \
	"SELECT s.hash, s.public_id, s.provider_sid, s.claims, s.issued_at,"   \
	" s.last_used, s.idle_seconds, s.expires_at, s.dies_at,"               \
	" p.id, p.provider, p.issuer, p.tenant, p.subject, p.kind, p.name,"    \
	" p.username, p.email, p.roles, p.first_seen, p.last_seen, "           \
	"p.disabled,"                                                          \
	" s.roles, s.groups"                                                   \
	" FROM sessions s JOIN principals p ON p.id = s.principal"

/* Those that were ended all at once are over (sql/0006-revoke-all.sql). */
#define SESSION_COUNTS " AND s.issued_at >= (SELECT sessions_from FROM meta)"

#define MAPPING_COLUMNS                                                        \
	"SELECT id, provider, tenant, kind, claim, value, role, label, note,"  \
	" enabled, expires_at, created_by, created_at FROM mappings"

#define MAPPING_LIKE(p)                                                        \
	" AND (" #p " IS NULL OR value LIKE " #p " ESCAPE '\\'"                \
	" OR label LIKE " #p " ESCAPE '\\' OR note LIKE " #p " ESCAPE '\\')"

#define GRANT_COLUMNS                                                          \
	"SELECT id, principal, role, reason, expires_at, created_by,"          \
	" created_at FROM grants"

#define PRINCIPAL_COLUMNS                                                      \
	"p.id, p.provider, p.issuer, p.tenant, p.subject, p.kind, p.name,"     \
	" p.username, p.email, p.roles, p.first_seen, p.last_seen, p.disabled"

/*
 * The last condition and the order of a page in the order of `key`: behind the
 * row ?1, or from the start when that is 0. The first comparison is for the
 * index, which begins there; a row is behind another with the same key by its
 * id. `least` is below all keys, and a blob above all that are texts or
 * numbers.
 */
#define PLACE(table, key, start)                                               \
	"(SELECT " key " FROM " table " WHERE id = ?1"                         \
	" UNION ALL SELECT " start " WHERE ?1 = 0)"
#define SORT_UP(table, key, least)                                             \
	" AND " key " >= " PLACE(table, key, least) " AND (" key " > " PLACE(  \
	    table, key, least) " OR id > ?1) ORDER BY " key ", id"             \
			       " LIMIT ?2"
#define SORT_DOWN(table, key)                                                  \
	" AND " key " <= " PLACE(table, key, "x''") " AND (" key " < " PLACE(  \
	    table, key, "x''") " OR id < ?1) ORDER BY " key " DESC,"           \
			       " id DESC LIMIT ?2"

/* What people see; keys of indexes in sql/0009-sorted-lists.sql. */
#define MAPPING_LABEL "coalesce(nullif(label, ''), value) COLLATE NOCASE"
#define MAPPING_ROLE "coalesce(role, '')"
#define PERSON_NAME                                                            \
	"coalesce(nullif(name, ''), nullif(username, ''), subject)"            \
	" COLLATE NOCASE"
#define GRANT_END "coalesce(nullif(expires_at, 0), 253402300800)"

/* Who has it can administer: not only by its name. */
#define ADMIN_ROLE                                                             \
	"r.is_admin = 1 AND EXISTS (SELECT 1 FROM role_permissions a"          \
	" WHERE a.role = r.name AND a.permission = '*')"

/* Filters of pages; the unary plus keeps them out of the choice of the index.
 */
#define MAPPINGS_WHERE                                                         \
	MAPPING_COLUMNS " WHERE (?3 IS NULL OR +provider = ?3)" MAPPING_LIKE(  \
	    ?4) " AND (?5 IS NULL OR +role = ?5)"
#define GRANTS_WHERE                                                           \
	GRANT_COLUMNS " WHERE (?3 = 0 OR principal = ?3)"                      \
		      " AND (?4 IS NULL OR +role = ?4)"
#define PEOPLE_WHERE                                                           \
	"SELECT " PRINCIPAL_COLUMNS " FROM principals p"                       \
	" WHERE (?3 IS NULL OR +p.provider = ?3)"                              \
	" AND (?4 IS NULL OR p.name LIKE ?4 ESCAPE '\\'"                       \
	" OR p.username LIKE ?4 ESCAPE '\\' OR p.email LIKE ?4 ESCAPE '\\'"    \
	" OR p.subject LIKE ?4 ESCAPE '\\')"                                   \
	" AND (?5 < 0 OR p.disabled = ?5)"

/* What is about to be shown. */
#define SESSION_SHOWN                                                          \
	"SELECT s.public_id, s.issued_at, s.last_used, s.expires_at,"          \
	" " PRINCIPAL_COLUMNS                                                  \
	" FROM sessions s JOIN principals p ON p.id = s.principal"

#define ADDRESS_SHARED(column)                                                 \
	"SELECT 1 FROM principals WHERE lower(" column ") = lower(?2)"         \
	" AND id <> ?1 AND kind = 'user' AND disabled = 0"                     \
	" AND (?3 IS NULL OR provider = ?3) LIMIT 1"

#define CF_GRANT_INSERT                                                        \
	"INSERT INTO contextforge_grants (gateway, email, role_id, scope,"     \
	" scope_id, principal, role, pending, expires_at, changed_at)"         \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"                    \
	" ON CONFLICT (gateway, email, role_id, scope, scope_id)"              \
	" DO UPDATE SET principal = ?6, role = ?7, pending = ?8,"              \
	" expires_at = ?9, changed_at = ?10"

#define AUDIT_COLUMNS                                                          \
	"seq, time, event, actor, subject, client, request_id, detail,"        \
	" prev_hash, hash"

/*
 * Rows that fit a filter: time within [?1, ?2], events within [?3, ?4), and if
 * given the subject ?5, actor ?6 and request ?7. The unary plus keeps a
 * condition out of the choice of the index.
 */
#define AUDIT_TIME(plus) " " plus "time BETWEEN ?1 AND ?2"
#define AUDIT_EVENT(plus)                                                      \
	" AND (?3 IS NULL OR (" plus "event >= ?3 AND " plus "event < ?4))"
#define AUDIT_REST                                                             \
	" AND (?5 IS NULL OR +subject = ?5) AND (?6 IS NULL OR +actor = ?6)"   \
	" AND (?7 IS NULL OR +request_id = ?7)"

/* Newest first, below the row ?9 of time ?8; ?10 of them. */
#define AUDIT_PAGE(condition)                                                  \
	"SELECT " AUDIT_COLUMNS " FROM audit WHERE" AUDIT_TIME("") condition   \
	    " AND (time < ?8 OR seq < ?9) ORDER BY time DESC, seq DESC LIMIT " \
	    "?10"

const char *const sql_text[ST__MAX] = {
    [ST_BEGIN] = "BEGIN IMMEDIATE",
    [ST_BEGIN_READ] = "BEGIN",
    [ST_COMMIT] = "COMMIT",
    [ST_ROLLBACK] = "ROLLBACK",
    [ST_PING_READ] = "SELECT policy_version FROM meta",
    [ST_PING_WRITE] = "UPDATE meta SET policy_version = policy_version",
    [ST_CHECK_PAGES] = "PRAGMA integrity_check(1)",
    [ST_CHECK_KEYS] = "PRAGMA foreign_key_check",

    [ST_POLICY_VERSION] = "SELECT policy_version FROM meta WHERE id = 1",
    [ST_POLICY_CHANGE_COUNT] =
	"SELECT count(*) FROM policy_changes WHERE version > ?1"
	" AND version <= ?2",
    [ST_POLICY_CHANGES] =
	"SELECT DISTINCT coalesce(mapping, 0) FROM policy_changes"
	" WHERE version > ?1 AND version <= ?2 ORDER BY 1",
    [ST_ROLES] = "SELECT r.name, r.description, r.is_admin, p.permission"
		 " FROM roles r LEFT JOIN role_permissions p"
		 " ON p.role = r.name ORDER BY r.name, p.permission",
    [ST_ROLE_ADD] = "INSERT INTO roles (name, description, is_admin)"
		    " VALUES (?1, ?2, ?3)",
    [ST_ROLE_PERMISSION_ADD] =
	"INSERT INTO role_permissions (role, permission) VALUES (?1, ?2)",
    [ST_ROLE_UPDATE] = "UPDATE roles SET description = ?2, is_admin = ?3"
		       " WHERE name = ?1",
    [ST_ROLE_PERMISSIONS_REMOVE] =
	"DELETE FROM role_permissions WHERE role = ?1",
    [ST_ROLE_REMOVE] = "DELETE FROM roles WHERE name = ?1",
    [ST_MAPPINGS] = MAPPING_COLUMNS " ORDER BY id",
    [ST_MAPPING_FIND] = MAPPING_COLUMNS " WHERE id = ?1",
    [ST_MAPPING_LAST_ID] =
	"SELECT seq FROM sqlite_sequence WHERE name = 'mappings'",
    [ST_MAPPING_ADD] =
	"INSERT INTO mappings (provider, tenant, kind, claim, value, effect,"
	" role, label, note, enabled, expires_at, created_by, created_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
	" RETURNING id",
    [ST_MAPPING_UPDATE] =
	"UPDATE mappings SET role = ?2, label = ?3, note = ?4, enabled = ?5,"
	" expires_at = ?6 WHERE id = ?1",
    [ST_MAPPING_REMOVE] = "DELETE FROM mappings WHERE id = ?1",

    [ST_GRANT_ADD] =
	"INSERT INTO grants (principal, role, reason, expires_at, created_by,"
	" created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
    [ST_GRANT_UPDATE] =
	"UPDATE grants SET reason = ?2, expires_at = ?3 WHERE id = ?1",
    [ST_GRANT_REMOVE] = "DELETE FROM grants WHERE id = ?1",
    [ST_GRANT_FIND] = GRANT_COLUMNS " WHERE id = ?1",
    [ST_GRANTS_OF] = GRANT_COLUMNS " WHERE principal = ?1 ORDER BY id",

    [ST_PRINCIPAL_FIND] = "SELECT id, roles FROM principals"
			  " WHERE provider = ?1 AND issuer = ?2"
			  " AND tenant = ?3 AND subject = ?4",
    [ST_ROLE_KEY_ADD] =
	"INSERT INTO role_keys (kid, alg, public, sealed, created_at,"
	" signs_from) VALUES (?1, 'ES256', ?2, ?3, ?4, ?5)",
    [ST_ROLE_KEYS] =
	"SELECT kid, public, sealed, created_at, signs_from,"
	" lead(signs_from, 1, 0) OVER (ORDER BY signs_from) FROM role_keys"
	" ORDER BY signs_from",
    [ST_ROLE_KEYS_FORGET] =
	"DELETE FROM role_keys AS k WHERE EXISTS (SELECT 1 FROM role_keys AS n"
	" WHERE n.signs_from > k.signs_from AND n.signs_from < ?1)",
    [ST_PRINCIPAL_STATE] = "SELECT id, disabled FROM principals"
			   " WHERE provider = ?1 AND issuer = ?2"
			   " AND tenant = ?3 AND subject = ?4",
    [ST_PRINCIPAL_GROUPS] = "SELECT groups FROM principals"
			    " WHERE provider = ?1 AND issuer = ?2"
			    " AND tenant = ?3 AND subject = ?4",
    [ST_PRINCIPAL_ADD] =
	"INSERT INTO principals (provider, issuer, tenant, subject, kind,"
	" name, username, email, roles, first_seen, last_seen, claims,"
	" groups, disabled)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)"
	" RETURNING id",
    [ST_PRINCIPAL_UPDATE] =
	"UPDATE principals SET kind = ?2, name = ?3, username = ?4,"
	" email = ?5, roles = ?6, last_seen = ?7, claims = ?8,"
	" groups = ?9 WHERE id = ?1",
    [ST_PRINCIPAL_ROLES] = "UPDATE principals SET roles = ?2 WHERE id = ?1",

    [ST_REFRESH_PUT] =
	"INSERT INTO refreshes (session, sealed, due_at, ends_at)"
	" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (session)"
	" DO UPDATE SET sealed = excluded.sealed, due_at = excluded.due_at,"
	" ends_at = excluded.ends_at",
    [ST_REFRESH_TAKE] =
	"UPDATE refreshes SET due_at = ?2 WHERE session = (SELECT r.session"
	" FROM refreshes r JOIN sessions s ON s.hash = r.session"
	" WHERE r.due_at <= ?1 AND s.dies_at > ?1 ORDER BY r.due_at LIMIT 1)"
	" RETURNING session, sealed, ends_at",
    [ST_SESSION_RENEW] =
	"UPDATE sessions SET claims = ?2, groups = ?3, roles = ?4,"
	" expires_at = ?5, dies_at = min(?5, last_used + idle_seconds)"
	" WHERE hash = ?1 AND dies_at > ?6",
    [ST_SESSION_ADD] =
	"INSERT INTO sessions (hash, public_id, principal, provider_sid,"
	" claims, issued_at, last_used, idle_seconds, expires_at, dies_at,"
	" roles, groups)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, min(?9, ?7 + ?8), ?10,"
	" ?11)",
    [ST_SESSION_FIND] = SESSION_COLUMNS " WHERE s.hash = ?1" SESSION_COUNTS,
    [ST_SESSIONS] = SESSION_COLUMNS " WHERE s.dies_at > ?1" SESSION_COUNTS
				    " ORDER BY s.issued_at DESC, s.public_id",
    /* Only forward, and only the living. */
    [ST_SESSION_TOUCH] = "UPDATE sessions SET last_used = ?2,"
			 " dies_at = min(expires_at, ?2 + idle_seconds)"
			 " WHERE hash = ?1 AND last_used < ?2 AND dies_at > ?2",
    [ST_SESSION_ROLES] = "UPDATE sessions SET roles = ?2 WHERE hash = ?1",
    /* The second condition is the index's. */
    [ST_SESSIONS_OF_SID] =
	SESSION_COLUMNS " WHERE s.provider_sid = ?1 AND s.provider_sid <> ''",
    [ST_SESSION_REMOVE] = "DELETE FROM sessions WHERE hash = ?1",
    [ST_SESSION_REMOVE_PUBLIC] = "DELETE FROM sessions WHERE public_id = ?1",
    [ST_SESSION_REMOVE_ALL] = "DELETE FROM sessions WHERE principal = ?1",
    [ST_SESSION_COUNT] =
	"SELECT count(*) FROM sessions s WHERE s.dies_at > ?1" SESSION_COUNTS,
    [ST_SESSION_SWEEP] =
	"DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions"
	" WHERE dies_at <= ?1 ORDER BY dies_at LIMIT ?2)",

    [ST_LOGIN_SPEND] =
	"INSERT INTO spent_logins (state_hash, forget_at) VALUES (?1, ?2)",
    [ST_LOGIN_CHECK] = "SELECT 1 FROM spent_logins WHERE state_hash = ?1",
    [ST_LOGIN_SWEEP] =
	"DELETE FROM spent_logins WHERE state_hash IN (SELECT state_hash"
	" FROM spent_logins WHERE forget_at <= ?1 ORDER BY forget_at"
	" LIMIT ?2)",

    [ST_DOCUMENT_LOAD] =
	"SELECT text, fetched_at FROM documents"
	" WHERE issuer = ?1 AND kind = ?2 AND text IS NOT NULL",
    [ST_DOCUMENT_SAVE] =
	"INSERT INTO documents (issuer, kind, text, fetched_at)"
	" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (issuer, kind)"
	" DO UPDATE SET text = excluded.text,"
	" fetched_at = excluded.fetched_at"
	" WHERE documents.text IS NULL"
	" OR documents.fetched_at <= excluded.fetched_at"
	" OR documents.fetched_at - excluded.fetched_at > 300",
    /* One statement, so that of several processes one changes a row. */
    [ST_DOCUMENT_MAY_FETCH] =
	"INSERT INTO documents (issuer, kind, attempted_at)"
	" VALUES (?1, ?2, ?3) ON CONFLICT (issuer, kind)"
	" DO UPDATE SET attempted_at = excluded.attempted_at"
	" WHERE documents.attempted_at IS NULL"
	" OR documents.attempted_at > excluded.attempted_at"
	" OR excluded.attempted_at - documents.attempted_at >= ?4",

    [ST_SEALED_ROLE_KEY] = "SELECT kid, sealed FROM role_keys WHERE kid > ?1"
			   " ORDER BY kid LIMIT 1",
    [ST_SEALED_ROLE_KEY_PUT] =
	"UPDATE role_keys SET sealed = ?2 WHERE kid = ?1",
    [ST_SEALED_REFRESH] =
	"SELECT session, sealed FROM refreshes WHERE session > ?1"
	" ORDER BY session LIMIT 1",
    [ST_SEALED_REFRESH_PUT] =
	"UPDATE refreshes SET sealed = ?2 WHERE session = ?1",
    [ST_PERSON_IDS] = "SELECT id FROM principals WHERE kind = 'user'"
		      " ORDER BY id",
    [ST_PERSON] =
	"SELECT p.id, p.provider, p.issuer, p.tenant, p.subject, p.name,"
	" p.username, p.email, p.claims, p.groups, p.disabled,"
	" (SELECT max(s.expires_at) FROM sessions s"
	" WHERE s.principal = p.id AND s.dies_at > ?2)"
	" FROM principals p WHERE p.id = ?1 AND p.kind = 'user'",
    [ST_EMAIL_SHARED] = ADDRESS_SHARED("email"),
    [ST_USERNAME_SHARED] = ADDRESS_SHARED("username"),
    [ST_CF_GRANTS] =
	"SELECT email, role_id, scope, scope_id, role, pending, expires_at,"
	" changed_at FROM contextforge_grants"
	" WHERE principal = ?1 AND gateway = ?2"
	" ORDER BY email, role_id, scope, scope_id",
    /* Of several processes one changes the row. */
    [ST_CF_GRANT_CLAIM] =
	CF_GRANT_INSERT " WHERE contextforge_grants.pending = 0"
			" OR contextforge_grants.changed_at <= ?11",
    [ST_CF_GRANT_PUT] = CF_GRANT_INSERT,
    [ST_CF_GRANT_REMOVE] =
	"DELETE FROM contextforge_grants WHERE gateway = ?1 AND email = ?2"
	" AND role_id = ?3 AND scope = ?4 AND scope_id = ?5",

    [ST_AUDIT_ADD] = "INSERT INTO audit (" AUDIT_COLUMNS
		     ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [ST_AUDIT_HEAD] = "SELECT audit_seq, audit_hash FROM meta WHERE id = 1",
    [ST_AUDIT_COUNT] = "SELECT count(*) FROM audit WHERE event = ?1"
		       " AND time BETWEEN ?2 AND ?3",
    [ST_AUDIT_ALL] =
	"SELECT " AUDIT_COLUMNS " FROM audit WHERE seq > ?1 ORDER BY seq",
    [ST_AUDIT_ROW] = "SELECT " AUDIT_COLUMNS " FROM audit WHERE seq = ?1",
    [ST_AUDIT_EACH] = "SELECT " AUDIT_COLUMNS " FROM audit WHERE" AUDIT_TIME(
	"+") AUDIT_EVENT("+") AUDIT_REST " AND seq > ?8 ORDER BY seq",
    [ST_AUDIT_PAGE_BY_TIME] = AUDIT_PAGE(AUDIT_EVENT("+") AUDIT_REST),
    [ST_AUDIT_PAGE_BY_EVENT] = AUDIT_PAGE(" AND event = ?3" AUDIT_REST),
    [ST_AUDIT_PAGE_BY_SUBJECT] =
	AUDIT_PAGE(" AND subject = ?5" AUDIT_EVENT("+") AUDIT_REST),
    [ST_AUDIT_PAGE_BY_ACTOR] =
	AUDIT_PAGE(" AND actor = ?6" AUDIT_EVENT("+") AUDIT_REST),
    /* The second condition is that of the partial index. */
    [ST_AUDIT_PAGE_BY_REQUEST] =
	AUDIT_PAGE(" AND request_id = ?7 AND request_id <> ''" AUDIT_EVENT("+")
		AUDIT_REST),
    [ST_AUDIT_NEXT_EVENT] = "SELECT event FROM audit WHERE event > ?1"
			    " AND event < ?2 ORDER BY event LIMIT 1",

    /*
     * CROSS JOIN keeps the few admin roles in front. A mapping whose value
     * another one denies, in all tenants that it is for, lets nobody in.
     */
    [ST_ADMIN_PROVIDERS] =
	"SELECT m.provider FROM roles r CROSS JOIN mappings m ON m.role = "
	"r.name"
	" WHERE " ADMIN_ROLE " AND m.effect = 'allow' AND m.enabled = 1"
	" AND (m.expires_at = 0 OR m.expires_at > ?1)"
	" AND NOT EXISTS (SELECT 1 FROM mappings d INDEXED BY mappings_same"
	" WHERE d.provider = m.provider AND d.kind = m.kind"
	" AND coalesce(d.tenant, '') IN ('', coalesce(m.tenant, ''))"
	" AND coalesce(d.claim, '') = coalesce(m.claim, '')"
	" AND d.value = m.value AND coalesce(d.role, '') = ''"
	" AND d.enabled = 1 AND (d.expires_at = 0 OR d.expires_at > ?1))"
	" UNION SELECT p.provider FROM roles r CROSS JOIN grants g"
	" ON g.role = r.name JOIN principals p ON p.id = g.principal"
	" WHERE " ADMIN_ROLE " AND p.disabled = 0"
	" AND (g.expires_at = 0 OR g.expires_at > ?1)",
    [ST_ADMIN_MAPPINGS] =
	MAPPING_COLUMNS " WHERE role IS NULL OR role IN (SELECT r.name"
			" FROM roles r WHERE " ADMIN_ROLE ") ORDER BY id",
    /*
     * Of 100 000 people few have different roles; each set is looked for but
     * once. The names of roles need no escapes in JSON (gate_role_check).
     */
    [ST_KNOWN_ADMINS] =
	"WITH RECURSIVE sets (roles) AS (SELECT min(roles) FROM principals"
	" UNION ALL SELECT (SELECT min(p.roles) FROM principals p"
	" WHERE p.roles > sets.roles) FROM sets WHERE sets.roles IS NOT NULL)"
	"SELECT " PRINCIPAL_COLUMNS ", p.claims, p.groups FROM principals p"
	" WHERE p.roles IN (SELECT s.roles FROM sets s, roles r WHERE " ADMIN_ROLE
	" AND instr(s.roles, '\"' || r.name || '\"') > 0)"
	" OR p.id IN (SELECT g.principal FROM roles r CROSS JOIN grants g"
	" ON g.role = r.name WHERE " ADMIN_ROLE ")",
    [ST_MAPPING_PAGE] =
	MAPPING_COLUMNS " WHERE id > ?1 AND (?3 IS NULL OR provider = ?3)"
			MAPPING_LIKE(?4) " ORDER BY id LIMIT ?2",
    [ST_MAPPING_PAGE_ROLE] = MAPPING_COLUMNS
    " WHERE role = ?5 AND id > ?1 AND (?3 IS NULL OR provider = ?3)"
    MAPPING_LIKE(?4) " ORDER BY id LIMIT ?2",
    [ST_MAPPING_LABEL_UP] =
	MAPPINGS_WHERE SORT_UP("mappings", MAPPING_LABEL, "''"),
    [ST_MAPPING_LABEL_DOWN] =
	MAPPINGS_WHERE SORT_DOWN("mappings", MAPPING_LABEL),
    [ST_MAPPING_PROVIDER_UP] =
	MAPPINGS_WHERE SORT_UP("mappings", "provider", "''"),
    [ST_MAPPING_PROVIDER_DOWN] =
	MAPPINGS_WHERE SORT_DOWN("mappings", "provider"),
    [ST_MAPPING_ROLE_UP] =
	MAPPINGS_WHERE SORT_UP("mappings", MAPPING_ROLE, "''"),
    [ST_MAPPING_ROLE_DOWN] =
	MAPPINGS_WHERE SORT_DOWN("mappings", MAPPING_ROLE),
    [ST_GRANT_PAGE] = GRANTS_WHERE " AND id > ?1 ORDER BY id LIMIT ?2",
    [ST_GRANT_ROLE_UP] = GRANTS_WHERE SORT_UP("grants", "role", "''"),
    [ST_GRANT_ROLE_DOWN] = GRANTS_WHERE SORT_DOWN("grants", "role"),
    [ST_GRANT_END_UP] = GRANTS_WHERE SORT_UP("grants", GRANT_END, "0"),
    [ST_GRANT_END_DOWN] = GRANTS_WHERE SORT_DOWN("grants", GRANT_END),
    [ST_PRINCIPAL_GET] =
	"SELECT " PRINCIPAL_COLUMNS " FROM principals p WHERE p.id = ?1",
    [ST_PRINCIPAL_LOOKUP] =
	"SELECT id FROM principals WHERE provider = ?1 AND tenant = ?2"
	" AND subject = ?3 ORDER BY last_seen DESC LIMIT 1",
    [ST_PRINCIPAL_PAGE] = PEOPLE_WHERE " AND p.id > ?1 ORDER BY p.id LIMIT ?2",
    [ST_PRINCIPAL_NAME_UP] =
	PEOPLE_WHERE SORT_UP("principals", PERSON_NAME, "''"),
    [ST_PRINCIPAL_NAME_DOWN] =
	PEOPLE_WHERE SORT_DOWN("principals", PERSON_NAME),
    [ST_PRINCIPAL_PROVIDER_UP] =
	PEOPLE_WHERE SORT_UP("principals", "provider", "''"),
    [ST_PRINCIPAL_PROVIDER_DOWN] =
	PEOPLE_WHERE SORT_DOWN("principals", "provider"),
    [ST_PRINCIPAL_SEEN_UP] =
	PEOPLE_WHERE SORT_UP("principals", "last_seen", "-1"),
    [ST_PRINCIPAL_SEEN_DOWN] =
	PEOPLE_WHERE SORT_DOWN("principals", "last_seen"),
    [ST_PRINCIPAL_COUNT] = "SELECT count(*) FROM principals",
    [ST_KNOWN_PAGE] =
	"SELECT " PRINCIPAL_COLUMNS ", p.claims, p.groups"
	" FROM principals p WHERE p.id > ?1 ORDER BY p.id LIMIT ?2",
    /* Sorts ids, not claims: for a tool that somebody waits for. */
    [ST_KNOWN_LAST] =
	"SELECT " PRINCIPAL_COLUMNS ", p.claims, p.groups"
	" FROM principals p WHERE p.id IN (SELECT id FROM principals"
	" WHERE provider = ?1 AND kind = 'user' AND claims <> '{}'"
	" ORDER BY last_seen DESC, id DESC LIMIT ?2)",
    [ST_PRINCIPAL_DISABLE] =
	"UPDATE principals SET disabled = ?2 WHERE id = ?1",
    /* A row value is looked up in the index as a whole. */
    [ST_SESSION_PAGE] = SESSION_SHOWN
    " WHERE (s.issued_at, s.public_id) < (?2, ?3) AND s.dies_at > "
    "?1" SESSION_COUNTS " ORDER BY s.issued_at DESC, s.public_id DESC LIMIT ?4",
    [ST_SESSION_PAGE_PRINCIPAL] = SESSION_SHOWN
    " WHERE s.principal = ?5 AND (s.issued_at, s.public_id) < (?2, ?3)"
    " AND s.dies_at > ?1" SESSION_COUNTS
    " ORDER BY s.issued_at DESC, s.public_id DESC LIMIT ?4",
    [ST_SESSION_OWNER] = "SELECT s.principal FROM sessions s"
			 " WHERE s.public_id = ?1" SESSION_COUNTS,
    [ST_SESSION_END_ALL] = "UPDATE meta SET sessions_from = ?1",
    [ST_SESSION_REMOVE_FROM] = "DELETE FROM sessions WHERE issued_at >= ?1",
    [ST_SESSION_SWEEP_ENDED] =
	"DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions"
	" WHERE issued_at < (SELECT sessions_from FROM meta)"
	" ORDER BY issued_at LIMIT ?1)",
    [ST_AUDIT_ARCHIVE] = "UPDATE meta SET archive_seq = ?1, archive_hash = ?2"
			 " WHERE id = 1",
    [ST_AUDIT_ARCHIVED] =
	"SELECT archive_seq, archive_hash FROM meta WHERE id = 1",
    [ST_AUDIT_PRUNE] =
	"DELETE FROM audit WHERE seq IN (SELECT seq FROM audit"
	" WHERE seq <= (SELECT archive_seq FROM meta) ORDER BY seq LIMIT ?1)",

    [ST_COUNTER_ADD] =
	"INSERT INTO counters (minute, name, reason, count)"
	" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (minute, name, reason)"
	" DO UPDATE SET count = count + excluded.count",
    [ST_COUNTER_TOTAL_ADD] =
	"INSERT INTO counter_totals (name, reason, count) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (name, reason)"
	" DO UPDATE SET count = count + excluded.count",
    [ST_COUNTER_SWEEP] =
	"DELETE FROM counters WHERE (minute, name, reason) IN"
	" (SELECT minute, name, reason FROM counters WHERE minute < ?1"
	" ORDER BY minute LIMIT ?2)",
    [ST_COUNTER_TOTALS] = "SELECT 0, name, reason, count FROM counter_totals"
			  " ORDER BY name, reason",
    [ST_COUNTERS] = "SELECT minute, name, reason, count FROM counters"
		    " WHERE minute >= ?1 ORDER BY minute, name, reason",
};
