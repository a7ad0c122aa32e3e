/* SPDX-License-Identifier: ISC */
/* The keys that seal: as they are now, and replaced. */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "store/role_key.h"
#include "store/sealed.h"

/* More than a process needs from its look at the file to what it seals then. */
#define LATE_SECONDS 60

const struct seal_keys *
gate_keys(struct gate *g)
{
	const char *path = g->settings->key_file;
	struct seal_keys *fresh = NULL;
	struct err e = {RG_OK, ""};
	enum rg_err r = RG_OK, before = g->keys_error;

	if (seal_keys_are_of(g->keys, path)) {
		g->keys_error = RG_OK;
		return g->keys;
	}
	/* A file that can't be used is no reason to forget the keys. */
	g->keys_error = r = seal_keys_load(path, &fresh, &e);
	if (r != RG_OK) {
		/* Once: strangers decide how often something is sealed. */
		if (r != before)
			log_warn("keys.unusable", "error=%s detail=%s",
			    err_name(r), log_quote(e.detail));
		return g->keys;
	}
	seal_keys_free(&g->keys);
	g->keys = fresh;
	log_info("keys.read", "file=%s", log_quote(path));
	return g->keys;
}

/* What sealed the row was in the file when it was read: so it was before that,
 * or it is now. */
enum rg_err
gate_open_sealed(
    struct gate *g, const char *purpose, const char *sealed, struct buf *out)
{
	size_t len = strlen(sealed);
	enum rg_err r = seal_open(g->keys, purpose, sealed, len, out);

	return r == RG_E_SEAL
		   ? seal_open(gate_keys(g), purpose, sealed, len, out)
		   : r;
}

struct reseal {
	const struct seal_keys *keys;
	const char *purpose;
	int64_t unopened;
};

static enum rg_err
seal_anew(void *ctx, const char *sealed, struct buf *fresh)
{
	struct reseal *x = ctx;
	struct buf plain = BUF_INIT;
	enum rg_err r;

	r = seal_open(x->keys, x->purpose, sealed, strlen(sealed), &plain);
	if (r == RG_OK)
		r = seal(x->keys, x->purpose, plain.p, plain.len, fresh);
	else if (r == RG_E_SEAL)
		x->unopened++;
	buf_clear(&plain);
	return r;
}

/*
 * In one transaction. Whoever seals into the database does so inside one, and
 * looks at the file then: before ours, and it is sealed anew here; or after it,
 * and the new key is in the file already.
 */
static enum rg_err
reseal_rows(struct gate *g, const struct seal_keys *keys,
    const struct gate_context *ctx, struct gate_keys_replaced *out,
    struct err *e)
{
	struct reseal x = {keys, GATE_SEAL_ROLE_KEY, 0};
	enum rg_err r;

	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = store_reseal_role_keys(
		 g->store, seal_anew, &x, &out->role_keys)) == RG_OK) {
		x.purpose = GATE_SEAL_REFRESH;
		r = store_reseal_refreshes(
		    g->store, seal_anew, &x, &out->refresh_tokens);
	}
	out->unopened = x.unopened;
	if (r == RG_OK)
		r = gate_audit(g, ctx, "key_file.rotated", ctx->actor, "",
		    json_pack("{s:I, s:I, s:I, s:I}", "role_keys",
			(json_int_t)out->role_keys, "refresh_tokens",
			(json_int_t)out->refresh_tokens, "unopened",
			(json_int_t)out->unopened, "old_until",
			(json_int_t)out->until));
	return gate_commit(g, r, "sealing anew", e);
}

/*
 * Four keys open: because of rotations in quick succession, which can wait, or
 * of some that failed halfway. These leave keys without an end, under which
 * rows may be sealed; when they are sealed anew, nothing needs the oldest.
 */
static enum rg_err
make_room(struct gate *g, struct seal_rotation *t, bool at_once,
    const struct gate_context *ctx, struct gate_keys_replaced *out,
    struct err *e)
{
	enum rg_err r;

	if (!seal_rotation_is_full(t))
		return RG_OK;
	if (!at_once && seal_rotation_oldest_until(t) != 0)
		return err_set(e, RG_E_EXISTS,
		    "%s holds %d keys that open, and no more fit",
		    g->settings->key_file, SEAL_MAX_KEYS);
	r = reseal_rows(g, seal_rotation_keys(t), ctx, out, e);
	if (r == RG_OK)
		seal_rotation_forget_oldest(t);
	return r;
}

enum rg_err
gate_keys_replace(struct gate *g, bool at_once, const struct gate_context *ctx,
    struct gate_keys_replaced *out, struct err *e)
{
	enum rg_err r;
	struct seal_rotation *t = NULL;

	memset(out, 0, sizeof(*out));
	if (!at_once)
		out->until = clock_add(
		    ctx->now, g->settings->sign_in_time + LATE_SECONDS);
	/* In this order: at each moment something opens what is sealed. */
	if ((r = seal_rotation_begin(g->settings->key_file, &t, e)) == RG_OK &&
	    (r = make_room(g, t, at_once, ctx, out, e)) == RG_OK &&
	    (r = seal_rotation_add(t, e)) == RG_OK &&
	    (r = reseal_rows(g, seal_rotation_keys(t), ctx, out, e)) == RG_OK)
		r = seal_rotation_drop_others(t, out->until, e);
	if (r == RG_OK && out->unopened > 0)
		log_warn(
		    "keys.unopened", "rows=%lld", (long long)out->unopened);
	seal_rotation_free(&t);
	return r;
}

struct check {
	const struct seal_keys *keys;
	int64_t now;
	struct gate_keys_unopened *out;
};

static enum rg_err
try_open(const struct check *c, const char *purpose, const char *sealed,
    int64_t *unopened)
{
	struct buf plain = BUF_INIT;
	enum rg_err r;

	r = seal_open(c->keys, purpose, sealed, strlen(sealed), &plain);
	buf_clear(&plain);
	if (r == RG_E_SEAL) {
		(*unopened)++;
		r = RG_OK;
	}
	return r;
}

static enum rg_err
check_role_key(void *ctx, const struct role_key_row *row)
{
	const struct check *c = ctx;

	if (row->signs_until != 0 && row->signs_until <= c->now)
		return RG_OK;
	return try_open(c, GATE_SEAL_ROLE_KEY, row->sealed, &c->out->role_keys);
}

static enum rg_err
check_refresh(void *ctx, const char *sealed, struct buf *fresh)
{
	const struct check *c = ctx;
	enum rg_err r;

	(void)fresh;
	r = try_open(c, GATE_SEAL_REFRESH, sealed, &c->out->refresh_tokens);
	return r == RG_OK ? RG_E_SEAL : r; /* it stays as it is */
}

enum rg_err
gate_keys_check(
    struct gate *g, int64_t now, struct gate_keys_unopened *out, struct err *e)
{
	struct check c = {gate_keys(g), now, out};
	int64_t none;
	enum rg_err r;

	memset(out, 0, sizeof(*out));
	if ((r = store_each_role_key(g->store, check_role_key, &c)) == RG_OK)
		r = store_reseal_refreshes(g->store, check_refresh, &c, &none);
	return r == RG_OK ? r : gate_store_err(g, r, "what is sealed", e);
}
