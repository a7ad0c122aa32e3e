/* SPDX-License-Identifier: ISC */
/* audit export: all rows from some seq on, and with --follow those to come. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit_format.h"
#include "cli/cli.h"

#define BATCH_ROWS 500
#define FOLLOW_MS 500

static volatile sig_atomic_t ended;

struct export
{
	const struct audit_format *format;
	struct audit_filter filter;
	bool follow;
	int64_t last; /* seq of the last row seen, printed or not */
	bool gone;    /* nobody reads any more */
};

/*
 * Rows are gathered and written when the statement is over: a reader that is
 * slow must not hold a moment of the database open, since its log could not be
 * reset then and would grow.
 */
struct batch {
	const struct export *x;
	struct buf out;
	int64_t last;
	int rows;
};

static void
on_end(int sig)
{
	(void)sig;
	ended = 1;
}

/* No SA_RESTART: the pause ends at once. A reader that is gone is EPIPE. */
static void
handle_signals(void)
{
	struct sigaction sa = {.sa_handler = on_end};

	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGTERM, &sa, NULL);
	(void)sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
}

static enum rg_err
take(void *ctx, const struct audit_row *row)
{
	struct batch *b = ctx;
	enum rg_err r;

	if ((r = b->x->format->put(&b->out, row)) != RG_OK)
		return r;
	b->last = row->seq;
	return ++b->rows == BATCH_ROWS ? RG_E_TOO_LARGE : RG_OK;
}

/* False when the reader is gone or the disk is full; errno says so. */
static bool
write_out(const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(STDOUT_FILENO, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* Rows that were archived before they were read must not be left out unsaid. */
static enum rg_err
check_archived(struct store *s, int64_t last, struct err *e)
{
	struct audit_head archived;
	enum rg_err r;

	if ((r = store_audit_archived(s, &archived)) != RG_OK)
		return err_set(e, r, "%s", store_error(s));
	if (last >= archived.seq)
		return RG_OK;
	return err_set(e, RG_E_NOT_FOUND,
	    "rows %lld to %lld were archived: read them from the segments, "
	    "then go on with --after %lld",
	    (long long)last + 1, (long long)archived.seq,
	    (long long)archived.seq);
}

/* One batch; *more says that it was full. */
static enum rg_err
step(struct store *s, struct export *x, bool *more, struct err *e)
{
	struct batch b = {.x = x};
	struct audit_head head;
	enum rg_err r;

	if ((r = store_audit_head(s, &head)) != RG_OK)
		return err_set(e, r, "%s", store_error(s));
	x->filter.after = b.last = x->last;
	r = store_audit_each(s, &x->filter, take, &b);
	*more = r == RG_E_TOO_LARGE && b.rows == BATCH_ROWS;
	if (r != RG_OK && !*more) {
		r = err_set(e, r, "after row %lld: %s", (long long)b.last,
		    store_error(s));
		goto out;
	}
	/* Afterwards: it could have happened while they were read. */
	if ((r = check_archived(s, x->last, e)) != RG_OK)
		goto out;
	if (b.rows > 0 && !write_out(b.out.p, b.out.len)) {
		x->gone = errno == EPIPE;
		r = err_set(
		    e, RG_E_FILE, "standard output: %s", strerror(errno));
		goto out;
	}
	/* What did not fit the filter is done with, too. */
	x->last = *more || b.last > head.seq ? b.last : head.seq;
	r = RG_OK;
out:
	buf_clear(&b.out);
	return r;
}

static enum rg_err
run(struct store *s, struct export *x, struct err *e)
{
	enum rg_err r;
	bool more;

	while ((r = step(s, x, &more, e)) == RG_OK && !ended) {
		if (more)
			continue;
		if (!x->follow)
			break;
		(void)usleep(FOLLOW_MS * 1000);
	}
	return r;
}

static bool
parse_seq(const char *s, int64_t *seq)
{
	char *end;

	errno = 0;
	*seq = strtoll(s, &end, 10);
	return errno == 0 && end != s && *end == '\0' && *seq >= 0;
}

int
cmd_audit_export(struct cli *cli)
{
	struct export x = {.last = 0};
	struct err e = {RG_OK, ""};
	struct store *s;
	const char *format = cli_option(cli, "format");
	const char *after = cli_option(cli, "after");
	enum rg_err r;
	int status;

	x.format = audit_format_find(format == NULL ? "jsonl" : format);
	if (x.format == NULL)
		return cli_usage("--format: expected jsonl, csv or cef");
	if (after != NULL && !parse_seq(after, &x.last))
		return cli_usage("--after: expected the seq of a row");
	if ((status = cli_audit_filter(cli, &x.filter)) != CLI_OK)
		return status;
	x.follow = cli_option(cli, "follow") != NULL;
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	s = gate_store(cli->gate);
	if (after == NULL) {
		struct audit_head archived;

		if ((r = store_audit_archived(s, &archived)) != RG_OK)
			return cli_fail(r, NULL);
		x.last = archived.seq;
	}
	handle_signals();
	if (after == NULL &&
	    !write_out(x.format->header, strlen(x.format->header)))
		return CLI_FAILED;
	r = run(s, &x, &e);
	/* Who stops reading has what it wanted. */
	return r == RG_OK || x.gone ? CLI_OK : cli_fail(r, &e);
}
