/* SPDX-License-Identifier: ISC */
/*
 * Whom the sweep keeps waiting: `make bench` runs it with a million sessions of
 * which half are over; build/release/bench/sweep FOLDER SESSIONS with as many
 * as you like.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "bench.h"
#include "store/audit.h"
#include "store/session.h"
#include "store/sweep.h"

#define SAMPLES 200000
#define WORKERS 8
#define NOW 1800000000
#define STEP_MS 4    /* as in gate_count.c, */
#define PAUSE_MS 250 /* and this */

static const struct store_sweep everything = {NOW, NOW, STEP_MS};
static uint8_t living[HASH_LEN];

/* Hashes are random, so a row is anywhere in the file; every second is over. */
static void
fill(int64_t sessions)
{
	struct buf text = BUF_INIT;

	buf_printf(&text,
	    "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;"
	    "INSERT INTO principals (id, provider, issuer, tenant, subject,"
	    " kind, name, username, email, roles, first_seen, last_seen,"
	    " disabled) VALUES (1, 'p', 'i', '', 's', 'user', '', '', '', '[]',"
	    " 1, 1, 0);"
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < %lld) INSERT INTO sessions (hash, public_id, principal,"
	    " provider_sid, claims, roles, issued_at, last_used, idle_seconds,"
	    " expires_at, dies_at) SELECT CASE i WHEN 2 THEN zeroblob(32) ELSE"
	    " randomblob(32) END, printf('%%022d', i), 1, 'sid' || i,"
	    " printf('{\"groups\":[\"%%0300d\"]}', i), '[]', 1, 1,"
	    " 31622400, %lld, iif(i %% 2 = 0, 31622401, 601) FROM n;"
	    "UPDATE sessions SET last_used = %lld, dies_at = %lld"
	    " WHERE hash = zeroblob(32);"
	    "PRAGMA wal_checkpoint(TRUNCATE)",
	    (long long)sessions, NOW + 1000LL, (long long)NOW, NOW + 1000LL);
	sql(buf_str(&text));
	buf_clear(&text);
}

/* What one process does when it sweeps: its next request may wait so long. */
static void
measure_steps(void)
{
	static double us[SAMPLES];
	bool more = true;
	size_t n = 0;
	double t;

	/* The others are left for the workers. */
	while (more && n < 200) {
		t = now_us();
		(void)store_sweep_step(store, &everything, &more);
		us[n++] = now_us() - t;
	}
	report("a step of the sweep", us, n);
}

/* As gate_idle() does between two requests, until it is ended. */
static void
be_a_worker(void)
{
	struct err e = {RG_OK, ""};
	bool more = true;

	if (store_open(path, 1000, &store, &e) != RG_OK)
		_exit(1);
	while (more) {
		(void)store_sweep_step(store, &everything, &more);
		(void)usleep(PAUSE_MS * 1000);
	}
	_exit(0);
}

static enum rg_err
take(void *ctx, const struct session_row *row)
{
	*(int64_t *)ctx = row->issued_at;
	return RG_OK;
}

static double
read_one(void)
{
	int64_t at;
	double t = now_us();

	if (store_session_find(store, living, NOW, take, &at) != RG_OK)
		die("find");
	return now_us() - t;
}

/* One row of the audit, committed; `soft`: without waiting for the disk. */
static double
write_one(bool soft)
{
	struct audit_row row = {.time = NOW, .event = "bench", .detail = "{}"};
	double t;

	if (soft)
		store_chores_begin(store, 1000);
	t = now_us();
	if (store_begin(store) != RG_OK ||
	    store_audit_add(store, &row) != RG_OK ||
	    store_commit(store) != RG_OK)
		die("append");
	t = now_us() - t;
	if (soft)
		store_chores_end(store);
	return t;
}

static void
measure_others(const char *when)
{
	static double us[3][SAMPLES];
	char what[80];
	size_t n;
	int i;
	static const char *const names[] = {"a session is found",
	    "a row is added", "a row is added and synced"};

	for (n = 0; n < 2000; n++) {
		us[0][n] = read_one();
		us[1][n] = write_one(true);
		us[2][n] = write_one(false);
		(void)usleep(2000);
	}
	for (i = 0; i < 3; i++) {
		(void)snprintf(what, sizeof(what), "%s, %s", names[i], when);
		report(what, us[i], n);
	}
}

int
main(int argc, char **argv)
{
	struct err e = {RG_OK, ""};
	pid_t workers[WORKERS];
	int64_t sessions;
	int i, ended = 0;

	if (argc != 3 || (sessions = strtoll(argv[2], NULL, 10)) < 1) {
		(void)fprintf(stderr, "usage: sweep FOLDER SESSIONS\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/bench.db", argv[1]);
	(void)unlink(path);
	if (store_init(path, &e) != RG_OK)
		die(e.detail);
	fill(sessions);
	if (store_open(path, 1000, &store, &e) != RG_OK)
		die(e.detail);
	measure_others("undisturbed");
	measure_steps();
	store_free(&store);
	for (i = 0; i < WORKERS; i++)
		if ((workers[i] = fork()) == 0)
			be_a_worker();
	if (store_open(path, 1000, &store, &e) != RG_OK)
		die(e.detail);
	measure_others("8 sweep");
	for (i = 0; i < WORKERS; i++) {
		ended += waitpid(workers[i], NULL, WNOHANG) > 0;
		(void)kill(workers[i], SIGTERM);
	}
	if (ended > 0)
		(void)printf(
		    "%d of %d had nothing left to sweep\n", ended, WORKERS);
	store_free(&store);
	return 0;
}
