/* SPDX-License-Identifier: ISC */
/* People and their sessions. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "gate_edit.h"
#include "store/admin.h"

static enum rg_err
take_json(void *ctx, const struct principal_row *row)
{
	json_t **out = ctx;

	*out = gate_principal_json(row);
	return *out == NULL ? RG_E_NOMEM : RG_OK;
}

enum rg_err
gate_principal_get(struct gate *g, int64_t id, json_t **out, struct err *e)
{
	enum rg_err r;

	*out = NULL;
	r = store_principal_get(g->store, id, take_json, out);
	if (r == RG_E_NOT_FOUND)
		return err_set(e, r, "there is nobody with this id");
	return r == RG_OK ? r : gate_store_err(g, r, "the person", e);
}

/*
 * "<tenant>:<subject>" or "<subject>" of one provider. Which tenants it has is
 * not asked: people of a tenant that is allowed no more can still be looked at.
 */
static enum rg_err
find_with(
    struct gate *g, const struct provider *p, const char *rest, int64_t *id)
{
	char tenant[TEXT_GUID_LEN + 1];

	if (p->type != PROVIDER_ENTRA)
		return store_principal_lookup(g->store, p->name, "", rest, id);
	if (strlen(rest) <= TEXT_GUID_LEN || rest[TEXT_GUID_LEN] != ':')
		return RG_E_NOT_FOUND;
	memcpy(tenant, rest, TEXT_GUID_LEN);
	tenant[TEXT_GUID_LEN] = '\0';
	return store_principal_lookup(
	    g->store, p->name, tenant, rest + TEXT_GUID_LEN + 1, id);
}

enum rg_err
gate_principal_find(
    struct gate *g, const char *subject_id, int64_t *id, struct err *e)
{
	const struct settings *s = g->settings;
	enum rg_err r = RG_E_NOT_FOUND;
	size_t i, n;

	for (i = 0; i < s->provider_count && r == RG_E_NOT_FOUND; i++) {
		const struct provider *p = &s->providers[i];

		n = strlen(p->name);
		if (strncmp(subject_id, p->name, n) == 0 &&
		    subject_id[n] == ':')
			r = find_with(g, p, subject_id + n + 1, id);
	}
	if (r == RG_E_NOT_FOUND)
		return err_set(e, r,
		    "subject: nobody called %.120s has signed in here",
		    subject_id);
	return r == RG_OK ? r : gate_store_err(g, r, "the person", e);
}

static enum rg_err
set_disabled(struct gate *g, int64_t id, bool disabled,
    const struct gate_edit *edit, struct err *e)
{
	const struct gate_context *ctx = edit->ctx;
	int64_t count = 0;
	json_t *old = NULL;
	enum rg_err r;

	if ((r = gate_principal_get(g, id, &old, e)) == RG_OK &&
	    (r = gate_edit_match(edit, old, e)) == RG_OK &&
	    (r = store_principal_disable(g->store, id, disabled)) == RG_OK &&
	    (!disabled ||
		(r = store_session_remove_all(g->store, id, &count)) == RG_OK))
		r = gate_audit(g, ctx,
		    disabled ? "principal.disable" : "principal.enable",
		    ctx->actor, json_str(old, "subject"),
		    json_pack("{s:O, s:b, s:I}", "old",
			json_object_get(old, "disabled"), "new", disabled,
			"sessions", (json_int_t)count));
	json_decref(old);
	return r;
}

enum rg_err
gate_principal_disable(struct gate *g, int64_t id, bool disabled,
    const struct gate_edit *edit, struct err *e)
{
	struct gate_edit_run t = {
	    .doing = disabled ? "disabling the person" : "enabling the person"};

	while (gate_edit_next(g, edit, &t, e))
		t.r = set_disabled(g, id, disabled, edit, e);
	return t.r;
}

/* Ending sessions takes no admin away, and needs no version. */
enum rg_err
gate_session_revoke(struct gate *g, const char *public_id, int64_t principal,
    const struct gate_context *ctx, struct err *e)
{
	json_t *person = NULL;
	int64_t owner = 0;
	enum rg_err r;

	err_clear(e);
	if ((r = store_begin(g->store)) != RG_OK)
		return gate_commit(g, r, "revoking", e);
	r = store_session_owner(g->store, public_id, &owner);
	/* Somebody else's: not told apart from none. */
	if (r == RG_OK && principal != 0 && owner != principal)
		r = RG_E_NOT_FOUND;
	if (r == RG_E_NOT_FOUND)
		(void)err_set(e, r, "there is no such session");
	if (r == RG_OK &&
	    (r = gate_principal_get(g, owner, &person, e)) == RG_OK &&
	    (r = store_session_remove_public(g->store, public_id)) == RG_OK)
		r = gate_audit(g, ctx, "session.revoke", ctx->actor,
		    json_str(person, "subject"),
		    json_pack("{s:s}", "session", public_id));
	json_decref(person);
	return gate_commit(g, r, "revoking", e);
}

enum rg_err
gate_principal_revoke(struct gate *g, int64_t id,
    const struct gate_context *ctx, int64_t *count, struct err *e)
{
	json_t *person = NULL;
	enum rg_err r;

	err_clear(e);
	*count = 0;
	if ((r = store_begin(g->store)) == RG_OK &&
	    (r = gate_principal_get(g, id, &person, e)) == RG_OK &&
	    (r = store_session_remove_all(g->store, id, count)) == RG_OK)
		r = gate_audit(g, ctx, "session.revoke", ctx->actor,
		    json_str(person, "subject"),
		    json_pack("{s:I}", "count", (json_int_t)*count));
	json_decref(person);
	return gate_commit(g, r, "revoking", e);
}

enum rg_err
gate_sessions_revoke(struct gate *g, const struct gate_context *ctx,
    int64_t *count, struct err *e)
{
	enum rg_err r;

	err_clear(e);
	/* Before others have to wait: it may take a while. */
	r = store_session_count(g->store, ctx->now, count);
	if (r == RG_OK && (r = store_begin(g->store)) == RG_OK &&
	    (r = store_session_end_all(g->store, ctx->now)) == RG_OK)
		r = gate_audit(g, ctx, "session.revoke_all", ctx->actor, "",
		    json_pack("{s:I}", "count", (json_int_t)*count));
	return gate_commit(g, r, "revoking", e);
}
