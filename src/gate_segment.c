/* SPDX-License-Identifier: ISC */
#include "gate_segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/statement.h"
#include "store/audit_json.h"

#define TEXT_MAX (256 << 20) /* bytes of one segment */
#define MANIFEST ".manifest"

/* ---- writing --------------------------------------------------------------
 */

/* A whole file or none; and read back, since rows will be deleted for it. */
static enum rg_err
put_file(
    const char *dir, const char *name, const struct buf *text, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf part = BUF_INIT, path = BUF_INIT, back = BUF_INIT;

	buf_printf(&path, "%s/%s", dir, name);
	buf_printf(&part, "%s/%s.part", dir, name);
	if (!buf_ok(&path) || !buf_ok(&part)) {
		r = err_set(e, RG_E_NOMEM, "writing %s", name);
		goto out;
	}
	(void)unlink(buf_str(&part)); /* of one who was interrupted */
	if ((r = file_create_secret(buf_str(&part), text->p, text->len, e)) !=
	    RG_OK)
		goto out;
	if (rename(buf_str(&part), buf_str(&path)) != 0) {
		r = err_set(
		    e, RG_E_FILE, "%s: %s", buf_str(&path), strerror(errno));
		goto out;
	}
	if ((r = file_sync_folder(dir, e)) != RG_OK ||
	    (r = file_read(buf_str(&path), TEXT_MAX, &back, e)) != RG_OK)
		goto out;
	if (back.len != text->len || memcmp(back.p, text->p, text->len) != 0) {
		r = err_set(
		    e, RG_E_FILE, "%s: other bytes came back", buf_str(&path));
		goto out;
	}
	r = RG_OK;
out:
	buf_clear(&part);
	buf_clear(&path);
	buf_clear(&back);
	return r;
}

static void
put_number(struct buf *out, const char *name, int64_t n)
{
	buf_printf(out, "%s: %" PRId64 "\n", name, n);
}

enum rg_err
segment_write(const char *dir, const struct buf *text, const char *origin,
    int64_t now, const struct keypair *key, struct segment *seg, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf m = BUF_INIT;
	uint8_t digest[HASH_LEN];
	char stem[SEGMENT_NAME_MAX - 12], name[SEGMENT_NAME_MAX], when[32];

	if (text->len > TEXT_MAX)
		return err_set(
		    e, RG_E_TOO_LARGE, "a segment of %zu bytes", text->len);
	(void)snprintf(stem, sizeof(stem), "audit-%012" PRId64 "-%012" PRId64,
	    seg->before.seq + 1, seg->last.seq);
	(void)snprintf(seg->name, sizeof(seg->name), "%s.jsonl", stem);
	(void)snprintf(name, sizeof(name), "%s" MANIFEST, stem);
	if ((r = hash_sha256(text->p, text->len, digest)) != RG_OK) {
		(void)err_set(e, r, "%s", seg->name);
		goto out;
	}
	hash_hex(digest, sizeof(digest), seg->sha256);
	clock_format(now, when);
	buf_puts(&m, SEGMENT_KIND "\n");
	statement_put(&m, "origin", origin);
	statement_put(&m, "file", seg->name);
	statement_put(&m, "sha256", seg->sha256);
	put_number(&m, "first_seq", seg->before.seq + 1);
	put_number(&m, "last_seq", seg->last.seq);
	statement_put(&m, "prev_hash", seg->before.hash);
	statement_put(&m, "hash", seg->last.hash);
	statement_put(&m, "created", when);
	if ((r = statement_sign(key, &m)) != RG_OK) {
		(void)err_set(e, r, "signing %s", name);
		goto out;
	}
	if ((r = put_file(dir, seg->name, text, e)) != RG_OK ||
	    (r = put_file(dir, name, &m, e)) != RG_OK)
		goto out;
	r = RG_OK;
out:
	buf_clear(&m);
	return r;
}

/* ---- verifying ------------------------------------------------------------
 */

static bool
take_text(const struct buf *m, const char *name, char *out, size_t size)
{
	char *value = statement_get(m, name);
	bool fits = value != NULL && strlen(value) < size;

	if (fits)
		(void)snprintf(out, size, "%s", value);
	free(value);
	return fits;
}

static bool
take_number(const struct buf *m, const char *name, int64_t *out)
{
	char text[24], *end;

	if (!take_text(m, name, text, sizeof(text)))
		return false;
	*out = strtoll(text, &end, 10);
	return *end == '\0' && *out > 0 && *out < INT64_MAX;
}

static enum rg_err
read_manifest(const char *dir, const char *name, const struct keypair *key,
    struct segment *seg, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf m = BUF_INIT, path = BUF_INIT;
	struct err why = {RG_OK, ""};
	int64_t first;

	buf_printf(&path, "%s/%s", dir, name);
	if ((r = file_read(buf_str(&path), STATEMENT_MAX, &m, e)) != RG_OK)
		goto out;
	if ((r = statement_verify(key, SEGMENT_KIND, &m, &why)) != RG_OK) {
		(void)err_set(e, r, "%s: %s", name, why.detail);
		goto out;
	}
	if (!take_text(&m, "file", seg->name, sizeof(seg->name)) ||
	    strchr(seg->name, '/') != NULL ||
	    !take_text(&m, "sha256", seg->sha256, sizeof(seg->sha256)) ||
	    !take_number(&m, "first_seq", &first) ||
	    !take_number(&m, "last_seq", &seg->last.seq) ||
	    !take_text(
		&m, "prev_hash", seg->before.hash, sizeof(seg->before.hash)) ||
	    !take_text(&m, "hash", seg->last.hash, sizeof(seg->last.hash))) {
		r = err_set(e, RG_E_INVALID, "%s is incomplete", name);
		goto out;
	}
	seg->before.seq = first - 1;
	r = RG_OK;
out:
	buf_clear(&m);
	buf_clear(&path);
	return r;
}

static enum rg_err
verify_lines(const struct buf *text, const struct segment *seg,
    struct audit_chain *chain, struct err *e)
{
	enum rg_err r = RG_OK;
	struct audit_row row;
	const char *p = text->p, *end = text->p + text->len, *nl;
	json_t *line;

	for (; r == RG_OK && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL ||
		    audit_json_parse(p, (size_t)(nl - p), &line, &row) != RG_OK)
			return err_set(e, RG_E_AUDIT_CHAIN,
			    "%s: row %" PRId64 " can't be read", seg->name,
			    chain->at.seq + 1);
		r = store_audit_chain_next(chain, &row, e);
		json_decref(line);
	}
	if (r == RG_OK && (chain->at.seq != seg->last.seq ||
			      strcmp(chain->at.hash, seg->last.hash) != 0))
		r = err_set(e, RG_E_AUDIT_CHAIN,
		    "%s: row %" PRId64 " is missing", seg->name,
		    chain->at.seq + 1);
	return r;
}

static enum rg_err
verify_segment(const char *dir, const struct segment *seg,
    struct audit_chain *chain, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf text = BUF_INIT, path = BUF_INIT;
	uint8_t digest[HASH_LEN];
	char hex[HASH_HEX_LEN + 1];

	if (chain->count == 0 && seg->before.seq > 0)
		chain->at = seg->before; /* older ones are elsewhere */
	if (seg->before.seq != chain->at.seq ||
	    strcmp(seg->before.hash, chain->at.hash) != 0) {
		r = err_set(e, RG_E_AUDIT_CHAIN,
		    "row %" PRId64 " is missing: no segment has it",
		    chain->at.seq + 1);
		goto out;
	}
	buf_printf(&path, "%s/%s", dir, seg->name);
	if ((r = file_read(buf_str(&path), TEXT_MAX, &text, e)) != RG_OK)
		goto out;
	/* Rows first: they say which one is bad. */
	if ((r = verify_lines(&text, seg, chain, e)) != RG_OK)
		goto out;
	if ((r = hash_sha256(text.p, text.len, digest)) != RG_OK) {
		(void)err_set(e, r, "%s", seg->name);
		goto out;
	}
	hash_hex(digest, sizeof(digest), hex);
	if (strcmp(hex, seg->sha256) != 0)
		r = err_set(e, RG_E_AUDIT_CHAIN,
		    "%s is not the file that the manifest is about", seg->name);
out:
	buf_clear(&text);
	buf_clear(&path);
	return r;
}

static int
is_manifest(const struct dirent *d)
{
	size_t n = strlen(d->d_name), tail = strlen(MANIFEST);

	return strncmp(d->d_name, "audit-", 6) == 0 && n > tail &&
	       strcmp(d->d_name + n - tail, MANIFEST) == 0;
}

static enum rg_err
set_aside(const char *dir, const char *name, struct err *e)
{
	enum rg_err r = RG_OK;
	struct buf from = BUF_INIT, to = BUF_INIT;

	buf_printf(&from, "%s/%s", dir, name);
	buf_printf(&to, "%s/%s.unrecorded", dir, name);
	if (!buf_ok(&from) || !buf_ok(&to))
		r = err_set(e, RG_E_NOMEM, "%s", name);
	else if (rename(buf_str(&from), buf_str(&to)) != 0 && errno != ENOENT)
		r = err_set(
		    e, RG_E_FILE, "%s: %s", buf_str(&from), strerror(errno));
	buf_clear(&from);
	buf_clear(&to);
	return r;
}

enum rg_err
segments_set_aside(const char *dir, int64_t seq, struct err *e)
{
	enum rg_err r = RG_OK;
	struct dirent **list = NULL;
	char rows[SEGMENT_NAME_MAX];
	int i, n = scandir(dir, &list, is_manifest, alphasort);

	if (n < 0)
		return err_set(e, RG_E_FILE, "%s: %s", dir, strerror(errno));
	for (i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		size_t stem = strlen(name) - strlen(MANIFEST);

		if (r == RG_OK &&
		    strtoll(name + strlen("audit-"), NULL, 10) > seq) {
			(void)snprintf(
			    rows, sizeof(rows), "%.*s.jsonl", (int)stem, name);
			if ((r = set_aside(dir, name, e)) == RG_OK)
				r = set_aside(dir, rows, e);
		}
		free(list[i]);
	}
	free(list);
	return r;
}

enum rg_err
segments_verify(const char *dir, const struct keypair *key,
    struct audit_chain *chain, struct err *e)
{
	enum rg_err r = RG_OK;
	struct dirent **list = NULL;
	struct segment seg;
	int i, n = scandir(dir, &list, is_manifest, alphasort);

	if (n < 0)
		return err_set(e, RG_E_FILE, "%s: %s", dir, strerror(errno));
	for (i = 0; i < n; i++) {
		memset(&seg, 0, sizeof(seg));
		if (r == RG_OK)
			r = read_manifest(dir, list[i]->d_name, key, &seg, e);
		if (r == RG_OK)
			r = verify_segment(dir, &seg, chain, e);
		free(list[i]);
	}
	free(list);
	return r;
}
