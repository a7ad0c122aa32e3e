/* SPDX-License-Identifier: ISC */
/* What the programs that measure the database share. */
#ifndef RG_BENCH_H
#define RG_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store.h"

static struct store *store;
static char path[4096];

static void
die(const char *what)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what,
	    store == NULL ? "" : store_error(store));
	exit(1);
}

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
report(const char *what, double *us, size_t count)
{
	qsort(us, count, sizeof(*us), by_size);
	(void)printf("%-40s %8.2f ms median %8.2f 99 %% %8.2f worst of %zu\n",
	    what, us[count / 2] / 1e3, us[count * 99 / 100] / 1e3,
	    us[count - 1] / 1e3, count);
}

static void
sql(const char *text)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
		(void)fprintf(stderr, "bench: %s\n", why == NULL ? "?" : why);
		exit(1);
	}
	(void)sqlite3_close(db);
}

#endif
