/* SPDX-License-Identifier: ISC */
/*
 * A session token in a ContextForge gateway's own shape (mcpgateway/utils/
 * verify_credentials.py at ecba50e48): HS256 with its JWT_SECRET_KEY, for the
 * API and for MCP clients that no proxy stands in front of. It says who
 * somebody is; the gateway looks up in its own database what they may do.
 */
#include "gate_contextforge.h"

#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "gate_admin.h"
#include "jose/sign.h"

#define JTI_LEN 22

/* The names that the gateway's roles would have, as gate_cf_judge() wants. */
static json_t *
rules_by_name(const struct cf_config *f)
{
	json_t *list = json_array();
	const struct cf_rule *u;
	size_t i;

	for (i = 0; list != NULL && i < f->rule_count; i++) {
		u = &f->rules[i];
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "rule", u->role,
			    "role_id", u->gateway_role, "role", u->gateway_role,
			    "scope", cf_scope_name(u->scope), "scope_id",
			    u->scope_id)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Why this person gets no token; RG_OK if they do. */
static enum rg_err
refuse(const struct cf_subject *s, struct err *e)
{
	static const struct {
		const char *why;
		enum rg_err code;
	} codes[] = {
	    {"disabled", RG_E_DISABLED},
	    {"groups_unknown", RG_E_GROUPS_UNKNOWN},
	    {"groups_stale", RG_E_GROUPS_UNKNOWN},
	    {"claims_missing", RG_E_GROUPS_UNKNOWN},
	    {"no_session", RG_E_SESSION_NONE},
	    {"no_role", RG_E_NO_ROLE},
	};
	const char *why = s->why;
	size_t i;

	if (why == NULL && !s->allowed)
		why = "no_role";
	/* A token must not keep somebody signed in who no longer is. */
	if (why == NULL && s->session_until == 0)
		why = "no_session";
	if (why == NULL)
		return RG_OK;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].why, why) == 0)
			break;
	return err_set(e,
	    i < sizeof(codes) / sizeof(codes[0]) ? codes[i].code : RG_E_DENIED,
	    "no token for %s: %s", s->subject, why);
}

/*
 * Those of the whole gateway: a bare name can't say of which team a role is,
 * and a reader would take it for one of every team.
 */
static json_t *
role_names(const struct cf_subject *s)
{
	const char *global = cf_scope_name(CF_GLOBAL);
	json_t *names = json_array(), *item;
	size_t i;

	json_array_foreach(s->wanted, i, item)
	{
		if (strcmp(json_str(item, "scope"), global) == 0)
			(void)json_array_append(
			    names, json_object_get(item, "role"));
	}
	return names;
}

/*
 * No "is_admin" and no "permissions": nothing in it gives more than the
 * gateway's database does. "roles" is for a gateway that trusts them.
 */
static json_t *
claims_of(const struct cf_config *f, const struct cf_subject *s, int64_t now)
{
	char jti[JTI_LEN + 1];
	int64_t exp = now + f->token_lifetime;

	random_name(jti, JTI_LEN);
	if (exp > s->session_until)
		exp = s->session_until;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o,"
			 " s:{s:n, s:[], s:[], s:{}}, s:I, s:I}",
	    "iss", f->jwt_issuer, "aud", f->jwt_audience, "sub", s->address,
	    "email", s->address, "jti", jti, "token_use", "session",
	    "auth_provider", s->provider, "roles", role_names(s), "scopes",
	    "server_id", "permissions", "ip_restrictions", "time_restrictions",
	    "iat", (json_int_t)now, "exp", (json_int_t)exp);
}

/* On record before anybody has it. */
static enum rg_err
audit_token(struct gate *g, const struct gate_context *ctx,
    const struct cf_subject *s, const json_t *claims, struct err *e)
{
	return gate_audit_alone(g, ctx, "contextforge.token", ctx->actor,
	    s->subject,
	    json_pack("{s:o, s:O, s:O, s:O}", "email",
		gate_audit_email(g, s->address), "jti",
		json_object_get(claims, "jti"), "roles",
		json_object_get(claims, "roles"), "expires_at",
		json_object_get(claims, "exp")),
	    e);
}

enum rg_err
gate_cf_token(struct gate *g, const char *subject,
    const struct gate_context *ctx, struct buf *token, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	const struct cf_config *f = g->settings->contextforge;
	struct cf_subject s = {0};
	json_t *rules = NULL, *claims = NULL;
	struct buf made = BUF_INIT;
	int64_t id;

	if (f == NULL || f->jwt_secret == NULL)
		return err_set(e, RG_E_CONF,
		    "%s: no jwt_secret_file in [contextforge]",
		    g->settings->path);
	if ((r = gate_principal_find(g, subject, &id, e)) != RG_OK)
		goto out;
	if ((r = gate_cf_load(g, id, ctx->now, &s)) != RG_OK) {
		(void)err_set(e, r, "%s: no person of that name", subject);
		goto out;
	}
	if ((rules = rules_by_name(f)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "a token");
		goto out;
	}
	if ((r = gate_cf_judge(g, &s, rules, ctx->now, e)) != RG_OK ||
	    (r = refuse(&s, e)) != RG_OK)
		goto out;
	if ((claims = claims_of(f, &s, ctx->now)) == NULL ||
	    (r = jose_sign_hs256(f->jwt_secret, strlen(f->jwt_secret), claims,
		 &made)) != RG_OK) {
		r = err_set(
		    e, claims == NULL ? RG_E_NOMEM : r, "signing a token");
		goto out;
	}
	if ((r = audit_token(g, ctx, &s, claims, e)) != RG_OK)
		goto out;
	buf_put(token, made.p, made.len);
	r = buf_ok(token) ? RG_OK : err_set(e, RG_E_NOMEM, "a token");
out:
	buf_clear(&made);
	json_decref(rules);
	json_decref(claims);
	gate_cf_subject_clear(&s);
	return r;
}
