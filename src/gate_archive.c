/* SPDX-License-Identifier: ISC */
/* Checkpoints of the audit, and moving old rows out of the database. */
#include "gate_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/statement.h"
#include "gate_segment.h"
#include "store/audit_json.h"

#define PRUNE_STEP 64
#define PRUNE_PAUSE_US 2000 /* others want the lock, too */

static enum rg_err
load_key(struct gate *g, struct keypair **key, struct err *e)
{
	const char *path = g->settings->audit_key_file;

	if (path == NULL)
		return err_set(e, RG_E_CONF,
		    "%s: audit_key_file is not set: nothing can be signed",
		    g->settings->path);
	return keypair_load(path, key, e);
}

enum rg_err
gate_audit_checkpoint(
    struct gate *g, int64_t now, struct buf *out, struct err *e)
{
	enum rg_err r;
	struct keypair *key = NULL;
	struct audit_chain chain;
	char when[32];

	if ((r = load_key(g, &key, e)) != RG_OK)
		return r;
	/* What is signed is good: nobody signs a broken chain unaware. */
	store_audit_chain_begin(&chain, NULL);
	if ((r = store_audit_chain_end(g->store, &chain, e)) != RG_OK)
		goto out;
	clock_format(now, when);
	buf_puts(out, GATE_CHECKPOINT "\n");
	statement_put(out, "origin", g->settings->public_url);
	buf_printf(out, "seq: %" PRId64 "\n", chain.at.seq);
	statement_put(out, "hash", chain.at.hash);
	statement_put(out, "created", when);
	if ((r = statement_sign(key, out)) != RG_OK)
		(void)err_set(e, r, "signing the checkpoint");
out:
	keypair_free(&key);
	return r;
}

struct gathering {
	struct audit_chain chain;
	struct buf text;
	int64_t before; /* rows of this time and later stay */
};

/* RG_E_EXISTS: enough for one segment. */
static enum rg_err
gather(void *ctx, const struct audit_row *row)
{
	struct gathering *x = ctx;
	enum rg_err r;

	if (row->time >= x->before || x->chain.count == SEGMENT_ROWS ||
	    x->text.len >= SEGMENT_BYTES)
		return RG_E_EXISTS;
	if ((r = store_audit_chain_next(&x->chain, row, NULL)) != RG_OK)
		return r;
	return audit_json_put(&x->text, row);
}

/* The one transaction: from now on these rows may be deleted. */
static enum rg_err
record(struct gate *g, const struct gate_context *ctx,
    const struct segment *seg, struct err *e)
{
	enum rg_err r;
	struct audit_head archived;
	char subject[40];

	(void)snprintf(
	    subject, sizeof(subject), "audit:%" PRId64, seg->last.seq);
	if ((r = store_begin(g->store)) != RG_OK ||
	    (r = store_audit_archived(g->store, &archived)) != RG_OK)
		goto out;
	if (archived.seq != seg->before.seq) {
		r = RG_E_STORE_BUSY; /* another one was faster */
		goto out;
	}
	if ((r = gate_audit(g, ctx, "audit.archived", ctx->actor, subject,
		 json_pack("{s:I, s:I, s:s, s:s, s:s, s:s}", "first_seq",
		     (json_int_t)seg->before.seq + 1, "last_seq",
		     (json_int_t)seg->last.seq, "prev_hash", seg->before.hash,
		     "hash", seg->last.hash, "file", seg->name, "sha256",
		     seg->sha256))) != RG_OK)
		goto out;
	r = store_audit_archive(g->store, &seg->last);
out:
	return gate_commit(g, r, "recording the archive", e);
}

/* One segment; seg->last.seq is 0 when there was nothing to archive. */
static enum rg_err
archive_one(struct gate *g, const struct gate_context *ctx,
    const struct gate_archive *a, const struct keypair *key,
    struct segment *seg, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct gathering x = {.before = a->before};
	struct audit_filter f = {0};

	memset(seg, 0, sizeof(*seg));
	store_audit_chain_begin(&x.chain, NULL);
	if ((r = store_audit_archived(g->store, &seg->before)) != RG_OK) {
		(void)gate_store_err(g, r, "reading the audit", e);
		goto out;
	}
	f.after = seg->before.seq;
	x.chain.at = seg->before;
	r = store_audit_each(g->store, &f, gather, &x);
	if (r != RG_OK && r != RG_E_EXISTS) {
		(void)err_set(e, r,
		    "row %" PRId64
		    " can't be archived (audit verify says more)",
		    x.chain.at.seq + 1);
		goto out;
	}
	r = RG_OK;
	if (x.chain.count == 0)
		goto out;
	seg->last = x.chain.at;
	if ((r = segment_write(a->folder, &x.text, g->settings->public_url,
		 ctx->now, key, seg, e)) != RG_OK ||
	    (r = record(g, ctx, seg, e)) != RG_OK)
		goto out;
out:
	buf_clear(&x.text);
	return r;
}

/*
 * In small steps that don't wait for the disk, so that nobody waits long for
 * the lock: a crash leaves rows that the next archive deletes.
 */
static enum rg_err
prune(struct gate *g, struct err *e)
{
	enum rg_err r;
	int64_t removed;

	store_chores_begin(g->store, g->settings->database_timeout_ms);
	do {
		r = store_audit_prune(g->store, PRUNE_STEP, &removed);
		(void)usleep(PRUNE_PAUSE_US);
	} while (r == RG_OK && removed == PRUNE_STEP);
	if (r != RG_OK)
		(void)gate_store_err(g, r, "deleting archived rows", e);
	store_chores_end(g->store);
	return r;
}

/* One at a time writes into a folder. -1, with the cause in `e`. */
static int
lock_folder(const char *folder, struct err *e)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		(void)err_set(e, RG_E_FILE, "%s: %s", folder, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)err_set(
		    e, RG_E_FILE, "%s: another one archives into it", folder);
		(void)close(fd);
		return -1;
	}
	return fd;
}

enum rg_err
gate_audit_archive(struct gate *g, const struct gate_context *ctx,
    const struct gate_archive *a, gate_archived_fn *fn, void *fn_ctx,
    struct err *e)
{
	enum rg_err r;
	struct keypair *key = NULL;
	struct audit_head archived;
	struct segment seg;
	int lock = -1;

	if ((r = load_key(g, &key, e)) != RG_OK)
		return r;
	if ((lock = lock_folder(a->folder, e)) < 0) {
		r = e->code;
		goto out;
	}
	/* What somebody else could not finish comes first. */
	if ((r = prune(g, e)) == RG_OK &&
	    (r = store_audit_archived(g->store, &archived)) == RG_OK)
		r = segments_set_aside(a->folder, archived.seq, e);
	while (r == RG_OK) {
		r = archive_one(g, ctx, a, key, &seg, e);
		if (r != RG_OK || seg.last.seq == 0)
			break;
		if ((r = prune(g, e)) == RG_OK)
			fn(fn_ctx, seg.name, seg.before.seq + 1, seg.last.seq);
	}
out:
	if (lock >= 0)
		(void)close(lock);
	keypair_free(&key);
	return r;
}

enum rg_err
gate_audit_verify(struct gate *g, const struct audit_head *expect,
    const char *folder, const struct keypair *key, struct audit_chain *chain,
    struct err *e)
{
	enum rg_err r;

	store_audit_chain_begin(chain, expect);
	if (folder != NULL &&
	    (r = segments_verify(folder, key, chain, e)) != RG_OK)
		return r;
	return store_audit_chain_end(g->store, chain, e);
}
