/* SPDX-License-Identifier: ISC */
/*
 * How long the audit takes when it is long: `make bench` runs it with a million
 * rows, build/release/bench/audit FOLDER ROWS with as many as you like. SQL
 * makes the rows, with a chain that does not verify, since computing millions
 * of hashes is not what is measured; with "chain" behind ROWS it is a good one
 * and is verified, too.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"
#include "bench_audit.h"
#include "store/audit.h"

#define TRIES 200
#define PAGE 100

static void
add(int64_t time)
{
	struct audit_row row = {.time = time,
	    .event = "sign_in.ok",
	    .actor = "entra:8f1a2b3c:1",
	    .subject = "entra:8f1a2b3c:1",
	    .client = "192.0.2.1",
	    .request_id = "request",
	    .detail = "{\"provider\":\"entra\",\"roles\":[\"analyst\"]}"};

	if (store_audit_add(store, &row) != RG_OK)
		die("append");
}

/* A good chain, through the store. */
static void
fill_chain(int64_t rows)
{
	int64_t i;

	store_chores_begin(store, 1000);
	for (i = 0; i < rows; i++) {
		if (i % 10000 == 0 && store_begin(store) != RG_OK)
			die("begin");
		add(NOW - rows + i);
		if ((i % 10000 == 9999 || i == rows - 1) &&
		    store_commit(store) != RG_OK)
			die("commit");
	}
	store_chores_end(store);
}

/* One row, committed and synced: how long it took. */
static double
append(int64_t time)
{
	double t = now_us();

	if (store_begin(store) != RG_OK)
		die("begin");
	add(time);
	if (store_commit(store) != RG_OK)
		die("commit");
	return now_us() - t;
}

static void
measure_append(void)
{
	double us[TRIES];
	int i;

	for (i = 0; i < TRIES; i++)
		us[i] = append(NOW + i);
	report("append, committed and synced", us, TRIES);
}

static enum rg_err
take(void *ctx, const struct audit_row *row)
{
	*(int64_t *)ctx = row->seq;
	return RG_OK;
}

/* Pages one after the other, from `before` on. */
static void
measure_pages(const char *what, const struct audit_filter *f, int64_t before)
{
	double us[TRIES], t;
	int64_t last = before;
	int i;

	for (i = 0; i < TRIES; i++) {
		t = now_us();
		if (store_audit_page(store, f, last, PAGE, take, &last) !=
		    RG_OK)
			die("page");
		us[i] = now_us() - t;
	}
	report(what, us, TRIES);
}

static void
measure_list(int64_t rows)
{
	struct audit_filter f = {0};

	measure_pages("page of 100, newest", &f, 0);
	measure_pages("page of 100, from the middle on", &f, rows / 2);
	f.event = "sign_in.ok";
	measure_pages("page of 100, event sign_in.ok", &f, 0);
	f.event = "role.";
	measure_pages("page of 100, event role. (1 in 1000)", &f, 0);
	f.event = "event.";
	measure_pages("page of 100, event event. (4 kinds)", &f, 0);
	f.event = "nothing.";
	measure_pages("page of 100, event nothing.", &f, 0);
	f.event = NULL;
	f.subject = "entra:8f1a2b3c:4711";
	measure_pages("page of 100, one subject", &f, 0);
	f.event = "role.";
	measure_pages("page of 100, one subject, event role.", &f, 0);
	f = (struct audit_filter){.actor = "cli:admin9"};
	measure_pages("page of 100, one actor", &f, 0);
	f = (struct audit_filter){.request_id = "0000000000000abc"};
	measure_pages("page of 100, one request", &f, 0);
	f = (struct audit_filter){
	    .since = NOW - rows / 2, .until = NOW - rows / 2 + 3600};
	measure_pages("page of 100, one hour long ago", &f, 0);
}

int
main(int argc, char **argv)
{
	struct err e = {RG_OK, ""};
	struct stat st;
	int64_t rows, count;
	bool chain = argc == 4 && strcmp(argv[3], "chain") == 0;
	double t;

	if (argc < 3 || (rows = strtoll(argv[2], NULL, 10)) < 1) {
		(void)fprintf(stderr, "usage: audit FOLDER ROWS [chain]\n");
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/bench.db", argv[1]);
	(void)unlink(path);
	if (store_init(path, &e) != RG_OK)
		die(e.detail);
	t = now_us();
	if (!chain)
		audit_fill(rows);
	if (store_open(path, 1000, &store, &e) != RG_OK)
		die(e.detail);
	if (chain)
		fill_chain(rows);
	(void)stat(path, &st);
	(void)printf("%" PRId64 " rows made in %.1f s, %.1f MB\n", rows,
	    (now_us() - t) / 1e6, (double)st.st_size / 1e6);
	if (chain) {
		t = now_us();
		if (store_audit_verify(store, NULL, &count, &e) != RG_OK)
			die(e.detail);
		(void)printf("verified %" PRId64 " rows in %.1f s\n", count,
		    (now_us() - t) / 1e6);
	}
	measure_append();
	measure_list(rows);
	store_free(&store);
	return 0;
}
