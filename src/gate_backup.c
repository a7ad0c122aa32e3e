/* SPDX-License-Identifier: ISC */
#include "gate_backup.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "gate_internal.h"
#include "store/admin.h"
#include "store/backup.h"

static enum rg_err
sync_folder_of(const char *file, struct err *e)
{
	enum rg_err r;
	char *copy = strdup(file);

	if (copy == NULL)
		return err_set(e, RG_E_NOMEM, "%s", file);
	r = file_sync_folder(dirname(copy), e);
	free(copy);
	return r;
}

/* ---- making one -----------------------------------------------------------
 */

/* Before the copy: a restore of it finds no row here that it has not. */
static enum rg_err
record_backup(struct gate *g, const char *file, const struct gate_context *ctx,
    struct err *e)
{
	return gate_audit_alone(g, ctx, "database.backup", ctx->actor, "",
	    json_pack("{s:s}", "file", file), e);
}

/* What the row before it announced is not there. */
static void
record_failure(struct gate *g, const char *file, const struct gate_context *ctx,
    enum rg_err error)
{
	struct err why = {RG_OK, ""};

	if (gate_audit_alone(g, ctx, "database.backup_failed", ctx->actor, "",
		json_pack("{s:s, s:s}", "file", file, "error", err_name(error)),
		&why) != RG_OK)
		log_event(LOG_WARN, "database.backup_failed",
		    "file=%s audited=no error=%s detail=%s", log_quote(file),
		    err_name(error), log_quote(why.detail));
}

/* link(2) overwrites nothing. */
static enum rg_err
publish(const char *part, const char *file, struct err *e)
{
	if (link(part, file) != 0)
		return err_set(e, errno == EEXIST ? RG_E_EXISTS : RG_E_FILE,
		    "%s: %s", file, strerror(errno));
	return sync_folder_of(file, e);
}

enum rg_err
gate_backup(struct gate *g, const char *file, const struct gate_context *ctx,
    struct audit_chain *chain, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf part = BUF_INIT;
	bool made = false, told = false;

	buf_printf(&part, "%s.part", file);
	if (!buf_ok(&part)) {
		r = err_set(e, RG_E_NOMEM, "%s", file);
		goto out;
	}
	if (access(file, F_OK) == 0) {
		r = err_set(e, RG_E_EXISTS, "%s: exists already", file);
		goto out;
	}
	if ((r = record_backup(g, file, ctx, e)) != RG_OK)
		goto out;
	told = true;
	store_audit_chain_begin(chain, NULL);
	if ((r = store_copy(g->settings->database, buf_str(&part), e)) !=
	    RG_OK) {
		if (r == RG_E_EXISTS)
			(void)err_set(e, r,
			    "%s: another backup is under way, or one was "
			    "interrupted: then remove it",
			    buf_str(&part));
		goto out;
	}
	made = true;
	if ((r = store_copy_check(buf_str(&part), chain, e)) == RG_OK)
		r = publish(buf_str(&part), file, e);
out:
	if (told && r != RG_OK)
		record_failure(g, file, ctx, r);
	if (made)
		(void)unlink(buf_str(&part));
	buf_clear(&part);
	return r;
}

/* ---- putting one back ------------------------------------------------------
 */

/* Who can read it has our sessions; who can write it, our policy. */
static enum rg_err
check_mode(const char *file, struct err *e)
{
	struct stat st;

	if (stat(file, &st) != 0)
		return err_set(e, RG_E_FILE, "%s: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, RG_E_FILE, "%s is not a regular file", file);
	if ((st.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		return err_set(e, RG_E_FILE_MODE,
		    "%s has mode %04o: others must have no access (chmod 600)",
		    file, (unsigned)(st.st_mode & 07777));
	return RG_OK;
}

/* The head of what is there now; seq 0 when there is no database. */
static enum rg_err
read_head(const char *database, struct audit_head *head, struct err *e)
{
	enum rg_err r;
	struct store *s = NULL;

	memset(head, 0, sizeof(*head));
	if (access(database, F_OK) != 0 && errno == ENOENT)
		return RG_OK;
	r = store_open(database, 0, &s, e);
	if (r == RG_OK && (r = store_audit_head(s, head)) != RG_OK)
		(void)err_set(e, r, "%s: %s", database, store_error(s));
	if (r == RG_E_STORE_CORRUPT)
		(void)err_set(e, r,
		    "%s is damaged: move it away, with its -wal and -shm if "
		    "there are any, and try again",
		    database);
	store_free(&s);
	return r;
}

/* What was edited or revoked after the backup would be undone in silence. */
static enum rg_err
check_newer(const char *stage, const char *file, const char *database,
    const struct audit_head *live, struct err *e)
{
	enum rg_err r;
	struct audit_chain chain;
	struct err why = {RG_OK, ""};

	if (live->seq == 0)
		return RG_OK;
	store_audit_chain_begin(&chain, live);
	r = store_copy_check(stage, &chain, &why);
	if (r == RG_E_AUDIT_CHAIN)
		return err_set(e, RG_E_EXISTS,
		    "%s has audit rows, up to %" PRId64
		    ", that %s has not; --force gives them up",
		    database, live->seq, file);
	if (r != RG_OK)
		(void)err_set(e, r, "%s", why.detail);
	return r;
}

/* The one transaction, in the copy that is going to be the database. */
static enum rg_err
record_restore(const char *stage, const char *file,
    const struct gate_restored *x, const struct gate_context *ctx,
    struct err *e)
{
	enum rg_err r;
	struct store *s = NULL;
	struct audit_row row = {.time = ctx->now,
	    .event = "database.restored",
	    .actor = ctx->actor};
	char *detail = NULL;
	json_t *json;

	if ((r = store_open(stage, 0, &s, e)) != RG_OK)
		return r;
	json = json_pack("{s:s, s:I, s:s, s:I, s:s}", "file", file, "seq",
	    (json_int_t)x->head.seq, "hash", x->head.hash, "replaced_seq",
	    (json_int_t)x->replaced.seq, "replaced_hash", x->replaced.hash);
	row.detail = detail = gate_json_text(json);
	r = RG_E_NOMEM;
	if (detail == NULL || (r = store_begin(s)) != RG_OK ||
	    (r = store_session_end_all(s, ctx->now)) != RG_OK ||
	    (r = store_audit_add(s, &row)) != RG_OK ||
	    (r = store_commit(s)) != RG_OK)
		(void)err_set(e, r, "%s: %s", stage, store_error(s));
	store_rollback(s);
	store_free(&s);
	free(detail);
	json_decref(json);
	return r;
}

/* Makes the backup a database of ours under another name, and judges it. */
static enum rg_err
stage_backup(
    const char *file, const char *stage, struct audit_head *head, struct err *e)
{
	enum rg_err r;
	struct audit_chain chain;

	/* Of a restore that was interrupted; only we write in this folder. */
	(void)unlink(stage);
	if ((r = check_mode(file, e)) != RG_OK ||
	    (r = store_copy(file, stage, e)) != RG_OK ||
	    (r = store_init(stage, e)) != RG_OK)
		return r;
	store_audit_chain_begin(&chain, NULL);
	if ((r = store_copy_check(stage, &chain, e)) == RG_OK)
		*head = chain.at;
	return r;
}

enum rg_err
gate_restore(const struct settings *s, const char *file, bool force,
    const struct gate_context *ctx, struct gate_restored *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf stage = BUF_INIT;

	memset(out, 0, sizeof(*out));
	buf_printf(&stage, "%s.restoring", s->database);
	if (!buf_ok(&stage)) {
		r = err_set(e, RG_E_NOMEM, "%s", file);
		goto out;
	}
	if ((r = stage_backup(file, buf_str(&stage), &out->head, e)) != RG_OK ||
	    (r = read_head(s->database, &out->replaced, e)) != RG_OK ||
	    (!force && (r = check_newer(buf_str(&stage), file, s->database,
			    &out->replaced, e)) != RG_OK) ||
	    (r = record_restore(buf_str(&stage), file, out, ctx, e)) != RG_OK ||
	    (r = store_replace(buf_str(&stage), s->database, e)) != RG_OK)
		goto out;
	r = sync_folder_of(s->database, e);
out:
	if (buf_ok(&stage))
		(void)unlink(buf_str(&stage));
	buf_clear(&stage);
	return r;
}
