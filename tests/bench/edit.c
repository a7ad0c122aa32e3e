/* SPDX-License-Identifier: ISC */
/*
 * How long an edit takes where there is much of everything, and how long it
 * holds the lock that every other writer waits for:
 *
 *     build/release/bench/edit FOLDER PEOPLE MAPPINGS AUDIT_ROWS
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/seal.h"
#include "bench.h"
#include "bench_audit.h"
#include "gate_admin.h"
#include "gate_internal.h"
#include "settings.h"
#include "store/audit.h"

#define TRIES 21
#define SAMPLES 100000

static struct gate *gate;
static struct gate_context ctx = {"request", "192.0.2.1", "bench", NOW};
static const struct gate_edit edit = {&ctx, NULL, NULL, false};

/*
 * Everybody is in twenty groups that mappings mention. Three more lead to
 * admin: one of person 5, one of the last of all, and one of nobody.
 */
static void
fill(int64_t people, int64_t mappings)
{
	struct buf text = BUF_INIT;

	buf_printf(&text,
	    "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;"
	    "INSERT INTO roles VALUES ('user', '', 0);"
	    "INSERT INTO role_permissions VALUES ('user', 'reports.read');"
	    "INSERT INTO mappings (provider, kind, value, effect, role, label,"
	    " note, enabled, expires_at, created_by, created_at) VALUES"
	    " ('entra', 'group', 'ffffffff-0000-4000-8000-000000000001',"
	    " 'allow', 'admin', '', '', 1, 0, 'x', 1),"
	    " ('entra', 'group', 'ffffffff-0000-4000-8000-000000000002',"
	    " 'allow', 'admin', '', '', 1, 0, 'x', 1),"
	    " ('entra', 'group', 'ffffffff-0000-4000-8000-000000000003',"
	    " 'allow', 'admin', '', '', 1, 0, 'x', 1);"
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < %" PRId64 ") INSERT INTO mappings (provider, kind,"
	    " value, effect, role, label, note, enabled, expires_at,"
	    " created_by, created_at) SELECT 'entra', 'group',"
	    " printf('%%08x-0000-4000-8000-000000000000', i * 7919 %% %" PRId64
	    "), 'allow', 'user', 'label ' || i, '', 1, 0, 'x', 1 FROM n;",
	    mappings, mappings);
	buf_printf(&text,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < %" PRId64 ") INSERT INTO principals (provider, issuer,"
	    " tenant, subject, kind, name, username, email, roles, first_seen,"
	    " last_seen, disabled, claims) SELECT 'entra', 'i', 't', 'p' || i,"
	    " 'user', 'Person ' || i, 'p' || i || '@example.com',"
	    " 'p' || i || '@example.com', CASE WHEN i IN (5, %" PRId64 ") THEN"
	    " '[\"admin\"]' ELSE '[\"user\"]' END, 1, 1, 0, json_object('name',"
	    " 'Person ' || i, 'oid', printf('%%08x-1111-4000-8000-"
	    "000000000000', i), 'preferred_username', 'p' || i ||"
	    " '@example.com', 'tid', '72f988bf-86f1-41af-91ab-2d7cd011db47',"
	    " 'ver', '2.0', 'groups', (SELECT json_group_array(CASE WHEN i IN"
	    " (5, %" PRId64 ") AND k = 20 THEN"
	    " 'ffffffff-0000-4000-8000-00000000000' || (1 + (i <> 5)) ELSE"
	    " printf('%%08x-0000-4000-8000-000000000000', i * k %% %" PRId64
	    ") END) FROM (WITH RECURSIVE m(k) AS (SELECT 1 UNION ALL"
	    " SELECT k + 1 FROM m WHERE k < 20) SELECT k FROM m))) FROM n;"
	    "PRAGMA wal_checkpoint(TRUNCATE)",
	    people, people, people, mappings);
	sql(buf_str(&text));
	buf_clear(&text);
}

static void
open_gate(const char *folder)
{
	static struct settings s;
	static char key[4200], name[] = "entra", text[] = "bench",
			       groups[] = "groups", roles[] = "roles";
	struct err e = {RG_OK, ""};

	(void)snprintf(key, sizeof(key), "%s/key", folder);
	(void)unlink(key);
	if (seal_keys_create(key, &e) != RG_OK)
		die(e.detail);
	s.path = s.public_url = s.prefix = text;
	s.database = path;
	s.database_timeout_ms = 1000;
	s.key_file = key;
	s.sign_in_workers = 1;
	s.provider_count = 1;
	s.providers[0].name = name;
	s.providers[0].issuer = text;
	s.providers[0].groups_claim = groups;
	s.providers[0].roles_claim = roles;
	if (gate_open(&s, &gate, &e) != RG_OK)
		die(e.detail);
}

/* A note is what it says; enabled -1 stays. */
static void
set(int64_t id, const char *note, int enabled, enum rg_err expect)
{
	struct gate_mapping_change c = {
	    .note = note, .enabled = enabled, .expires_at = -1};
	struct err e = {RG_OK, ""};
	enum rg_err r = gate_mapping_set(gate, id, &c, &edit, &e);

	if (r != expect) {
		(void)fprintf(stderr, "bench: %s\n", e.detail);
		exit(1);
	}
}

/* ---- who waits for the lock meanwhile ------------------------------------
 */

struct rival {
	double us[SAMPLES];
	size_t count;
	bool stop;
};

/* Appends to the audit, one row a millisecond, until it is told to stop. */
static void
be_a_rival(struct rival *x)
{
	struct audit_row row = {.time = NOW, .event = "bench", .detail = "{}"};
	struct err e = {RG_OK, ""};
	double t;

	if (store_open(path, 60000, &store, &e) != RG_OK)
		_exit(1);
	while (!*(volatile bool *)&x->stop && x->count < SAMPLES) {
		t = now_us();
		if (store_begin(store) != RG_OK ||
		    store_audit_add(store, &row) != RG_OK ||
		    store_commit(store) != RG_OK)
			_exit(1);
		x->us[x->count] = now_us() - t;
		x->count++;
		(void)usleep(1000);
	}
	_exit(0);
}

/* Some edits, and how long they take; and a rival beside them. */
static void
measure(const char *what, int tries, void (*edit_once)(int))
{
	static double us[TRIES];
	struct rival *x = mmap(NULL, sizeof(*x), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char text[80];
	double t;
	pid_t pid;
	int i;

	if (x == MAP_FAILED)
		die("mmap");
	if ((pid = fork()) < 0)
		die("fork");
	if (pid == 0)
		be_a_rival(x);
	while (*(volatile size_t *)&x->count < 20)
		(void)usleep(1000);
	for (i = 0; i < tries; i++) {
		t = now_us();
		edit_once(i);
		us[i] = now_us() - t;
	}
	x->stop = true;
	(void)waitpid(pid, NULL, 0);
	report(what, us, (size_t)tries);
	(void)snprintf(text, sizeof(text), "- another row meanwhile");
	report(text, x->us, x->count);
	(void)munmap(x, sizeof(*x));
}

static void
recorded(const char *roles, int64_t id)
{
	char text[200];

	(void)snprintf(text, sizeof(text),
	    "UPDATE principals SET roles = '%s' WHERE id = %" PRId64, roles,
	    id);
	sql(text);
}

static void
nothing(int i)
{
	(void)i;
	(void)usleep(50000);
}

static void
edit_note(int i)
{
	char note[32];

	(void)snprintf(note, sizeof(note), "note %d", i);
	set(50, note, -1, RG_OK);
}

static void
edit_and_read(int i)
{
	struct err e = {RG_OK, ""};

	edit_note(i + 100);
	if (gate_policy(gate, &e) != RG_OK)
		die(e.detail);
}

/* Person 5, an admin on record, is none; the last of all takes over. */
static void
edit_to_last(int i)
{
	set(1, NULL, i % 2, RG_OK);
}

static void
edit_to_nobody(int i)
{
	(void)i;
	set(1, NULL, 0, RG_E_LAST_ADMIN);
}

int
main(int argc, char **argv)
{
	struct err e = {RG_OK, ""};
	int64_t people, mappings, rows;

	if (argc != 5 || (people = strtoll(argv[2], NULL, 10)) < 10 ||
	    (mappings = strtoll(argv[3], NULL, 10)) < 10 ||
	    (rows = strtoll(argv[4], NULL, 10)) < 1) {
		(void)fprintf(
		    stderr, "usage: edit FOLDER PEOPLE MAPPINGS AUDIT_ROWS\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/bench.db", argv[1]);
	(void)unlink(path);
	if (store_init(path, &e) != RG_OK)
		die(e.detail);
	fill(people, mappings);
	audit_fill(rows);
	open_gate(argv[1]);
	measure("nothing", TRIES, nothing);
	measure("an edit", TRIES, edit_note);
	measure("an edit, and the policy is read anew", TRIES, edit_and_read);
	recorded("[\"user\"]", people);
	measure("an edit that the last of all takes over", 6, edit_to_last);
	set(2, NULL, 0, RG_OK);
	measure("an edit that leaves nobody", 3, edit_to_nobody);
	gate_free(&gate);
	return 0;
}
