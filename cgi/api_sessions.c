/* SPDX-License-Identifier: ISC */
/* /api/sessions, and /api/me/sessions: everybody's own. */
#include "cgi/api.h"

static enum rg_err
list(struct api_call *c, int64_t principal)
{
	char cursor[GATE_CURSOR_MAX];
	struct gate_page page;
	enum rg_err r;

	if ((r = api_page_read(c, &page, cursor)) != RG_OK ||
	    (r = gate_session_list(c->w->gate, principal, &page, &c->e)) !=
		RG_OK)
		return r;
	return api_page_put(c, &page);
}

static enum rg_err
put_count(struct api_call *c, int64_t count)
{
	response_json_own(
	    c->s, 200, json_pack("{s:I}", "revoked", (json_int_t)count));
	return RG_OK;
}

enum rg_err
api_session_list(struct api_call *c)
{
	int64_t principal;
	enum rg_err r = api_query_id(c, "principal", &principal);

	return r == RG_OK ? list(c, principal) : r;
}

enum rg_err
api_session_revoke(struct api_call *c)
{
	enum rg_err r;

	r = gate_session_revoke(c->w->gate, c->arg, 0, &c->ctx, &c->e);
	return r == RG_OK ? api_put_nothing(c) : r;
}

enum rg_err
api_session_revoke_all(struct api_call *c)
{
	int64_t count;
	enum rg_err r;

	r = gate_sessions_revoke(c->w->gate, &c->ctx, &count, &c->e);
	return r == RG_OK ? put_count(c, count) : r;
}

enum rg_err
api_principal_revoke(struct api_call *c)
{
	int64_t id, count;
	enum rg_err r;

	if ((r = api_id(c, &id)) != RG_OK ||
	    (r = gate_principal_revoke(
		 c->w->gate, id, &c->ctx, &count, &c->e)) != RG_OK)
		return r;
	return put_count(c, count);
}

/* 0 would mean everybody; a caller that is nobody has no sessions. */
static enum rg_err
me(struct api_call *c, int64_t *id)
{
	*id = c->caller.id.principal_id;
	return *id > 0 ? RG_OK : RG_E_NOT_FOUND;
}

enum rg_err
api_my_sessions(struct api_call *c)
{
	int64_t id;
	enum rg_err r = me(c, &id);

	return r == RG_OK ? list(c, id) : r;
}

enum rg_err
api_my_session_revoke(struct api_call *c)
{
	int64_t id;
	enum rg_err r;

	if ((r = me(c, &id)) != RG_OK ||
	    (r = gate_session_revoke(c->w->gate, c->arg, id, &c->ctx, &c->e)) !=
		RG_OK)
		return r;
	return api_put_nothing(c);
}

enum rg_err
api_my_sessions_revoke(struct api_call *c)
{
	int64_t id, count;
	enum rg_err r;

	if ((r = me(c, &id)) != RG_OK ||
	    (r = gate_principal_revoke(
		 c->w->gate, id, &c->ctx, &count, &c->e)) != RG_OK)
		return r;
	cookie_forget(c->s, &c->w->style, COOKIE_SESSION, SAME_SITE_LAX);
	return put_count(c, count);
}
