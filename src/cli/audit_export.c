/* SPDX-License-Identifier: ISC */
/* audit export: all rows from some seq on, and with --follow those to come. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/audit_format.h"
#include "cli/cli.h"

#define BATCH_ROWS 500
#define BATCH_BYTES (1 << 20)
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
	bool full;
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
	b->full = ++b->rows == BATCH_ROWS || b->out.len >= BATCH_BYTES;
	return b->full ? RG_E_TOO_LARGE : RG_OK;
}

/*
 * False when the reader is gone or the disk is full; errno says so. Also at the
 * end, by EINTR: who does not read must not keep it from ending.
 */
static bool
write_out(const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if (ended) {
			errno = EINTR;
			return false;
		}
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

struct named {
	const struct audit_head *at;
	bool found;
};

static enum rg_err
take_named(void *ctx, const struct audit_row *row)
{
	struct named *x = ctx;

	x->found = strcmp(row->hash, x->at->hash) == 0;
	return RG_E_EXISTS; /* the first is enough */
}

/*
 * A position in another chain, such as the one before a backup was restored:
 * what comes behind it here is not what was not yet read.
 */
static enum rg_err
check_position(struct store *s, const struct audit_head *at, struct err *e)
{
	struct audit_head head, archived;
	struct audit_filter f = {.after = at->seq - 1};
	struct named x = {at, at->seq == 0};
	enum rg_err r;

	if ((r = store_audit_head(s, &head)) != RG_OK ||
	    (r = store_audit_archived(s, &archived)) != RG_OK)
		return err_set(e, r, "%s", store_error(s));
	if (at->seq > head.seq)
		return err_set(e, RG_E_AUDIT_CHAIN,
		    "there is no row %lld, the last one is %lld: was a backup "
		    "restored?",
		    (long long)at->seq, (long long)head.seq);
	if (at->hash[0] == '\0' || at->seq < archived.seq)
		return RG_OK;
	if (at->seq == archived.seq)
		x.found = strcmp(archived.hash, at->hash) == 0;
	else if ((r = store_audit_each(s, &f, take_named, &x)) != RG_OK &&
		 r != RG_E_EXISTS)
		return err_set(e, r, "%s", store_error(s));
	if (x.found)
		return RG_OK;
	return err_set(e, RG_E_AUDIT_CHAIN,
	    "row %lld is another one than you name: was a backup restored?",
	    (long long)at->seq);
}

/* One batch; *more says that it was full. */
static enum rg_err
step(struct store *s, struct export *x, bool *more, struct err *e)
{
	struct batch b = {.x = x};
	struct audit_head head;
	enum rg_err r;

	*more = false;
	if ((r = store_audit_head(s, &head)) != RG_OK)
		return err_set(e, r, "%s", store_error(s));
	x->filter.after = b.last = x->last;
	r = store_audit_each(s, &x->filter, take, &b);
	*more = r == RG_E_TOO_LARGE && b.full;
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

/* False when nobody reads any more, which no row may come to tell. */
static bool
wait_for_rows(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, FOLLOW_MS) <= 0;
}

static enum rg_err
run(struct store *s, struct export *x, struct err *e)
{
	enum rg_err r = RG_OK;
	bool more, busy = false, was = false;

	while (!ended) {
		r = step(s, x, &more, e);
		/* Who follows waits for longer than database_timeout. */
		busy = x->follow && r == RG_E_STORE_BUSY;
		if (busy && !was)
			log_warn("audit.busy", "last=%lld detail=%s",
			    (long long)x->last, log_quote(e->detail));
		was = busy;
		if (r != RG_OK && !busy)
			break;
		if (more)
			continue;
		if (!x->follow || !wait_for_rows())
			return RG_OK;
	}
	if (!ended)
		return r;
	/* To follow ends no other way; a list that is cut off is none. */
	return x->follow
		   ? RG_OK
		   : err_set(e, RG_E_FILE, "ended by a signal after row %lld",
			 (long long)x->last);
}

/* "SEQ" or "SEQ:HASH" */
static bool
parse_after(const char *s, struct audit_head *at)
{
	char *end;

	memset(at, 0, sizeof(*at));
	errno = 0;
	at->seq = strtoll(s, &end, 10);
	if (errno != 0 || end == s || at->seq < 0)
		return false;
	if (*end == '\0')
		return true;
	if (*end != ':' || strlen(end + 1) != HASH_HEX_LEN)
		return false;
	memcpy(at->hash, end + 1, HASH_HEX_LEN + 1);
	return true;
}

int
cmd_audit_export(struct cli *cli)
{
	struct export x = {.last = 0};
	struct audit_head at;
	struct err e = {RG_OK, ""};
	struct store *s;
	const char *format = cli_option(cli, "format");
	const char *after = cli_option(cli, "after");
	enum rg_err r;
	int status;

	x.format = audit_format_find(format == NULL ? "jsonl" : format);
	if (x.format == NULL)
		return cli_usage("--format: expected jsonl, csv or cef");
	if (after != NULL && !parse_after(after, &at))
		return cli_usage(
		    "--after: expected SEQ, or SEQ:HASH, of a row");
	if ((status = cli_audit_filter(cli, &x.filter)) != CLI_OK)
		return status;
	x.follow = cli_option(cli, "follow") != NULL;
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	s = gate_store(cli->gate);
	if (after == NULL)
		r = store_audit_archived(s, &at);
	else
		r = check_position(s, &at, &e);
	if (r != RG_OK)
		return cli_fail(r, after == NULL ? NULL : &e);
	x.last = at.seq;
	handle_signals();
	if (after == NULL &&
	    !write_out(x.format->header, strlen(x.format->header)))
		return CLI_FAILED;
	r = run(s, &x, &e);
	/* Who stops reading has what it wanted. */
	return r == RG_OK || x.gone ? CLI_OK : cli_fail(r, &e);
}
