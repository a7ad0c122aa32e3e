/* SPDX-License-Identifier: ISC */
/* Which address and which roles a person has at a ContextForge gateway. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "gate_contextforge.h"
#include "gate_person.h"
#include "store/contextforge.h"

#define ADDRESS_MAX 254 /* RFC 5321 section 4.5.3.1.3 */

/* A boolean, or what providers write for one. */
static bool
says_yes(const json_t *v)
{
	const char *s = json_string_value(v);

	return json_is_true(v) || json_integer_value(v) == 1 ||
	       (s != NULL && (strcmp(s, "1") == 0 || strcmp(s, "true") == 0));
}

/*
 * Whether nobody vouches for the e-mail address. A provider vouches with
 * email_verified (OpenID Connect Core 1.0 section 5.1). Entra has no such
 * claim: in a single tenant its administrators give out the addresses, but
 * those of any other tenant may write down whatever they like. There
 * xms_edov, an optional claim, has to say that the domain is the tenant's
 * (learn.microsoft.com/entra/identity-platform/
 * migrate-off-email-claim-authorization).
 */
static bool
is_unverified(const struct provider *p, const json_t *claims, const char *email)
{
	const json_t *doc = gate_email_claims(claims), *verified, *edov;
	const char *told = json_str(doc, "email");

	/*
	 * A person has the address of their last sign-in, a session the claims
	 * of its own: they may speak of another one.
	 */
	if (told == NULL || strcmp(told, email) != 0)
		doc = NULL;
	verified = json_object_get(doc, "email_verified");
	edov = json_object_get(doc, "xms_edov");
	if (p == NULL || p->type != PROVIDER_ENTRA)
		return !says_yes(verified);
	if (verified != NULL && !says_yes(verified))
		return true;
	if (edov != NULL)
		return !says_yes(edov);
	return p->entra != NULL && entra_many_tenants(p->entra);
}

/*
 * The address under which the gateway may know this person, in `out` (256
 * bytes), or "" and why not. The gateway takes whoever has an address for its
 * owner: what could be another's is given to nobody.
 */
static enum rg_err
find_address(struct gate *g, int64_t id, const char *provider,
    const char *email, const char *username, const json_t *claims,
    bool is_admin, char *out, const char **why)
{
	enum rg_err r;
	const struct cf_config *f = g->settings->contextforge;
	const char *at = f->address == CF_EMAIL ? email : username;
	const char *sign = strchr(at, '@');
	bool shared;

	out[0] = '\0';
	*why = NULL;
	if (f->provider != NULL && strcmp(f->provider, provider) != 0)
		*why = "other_provider";
	else if (at[0] == '\0')
		*why = "no_address";
	else if (!text_is_line(at, ADDRESS_MAX) || sign == NULL || sign == at ||
		 sign[1] == '\0' || strpbrk(at, " ,<>\"%/") != NULL)
		*why = "not_an_address";
	else if (f->address == CF_EMAIL &&
		 is_unverified(
		     settings_provider(g->settings, provider), claims, at))
		*why = "address_unverified";
	if (*why != NULL)
		return RG_OK;
	r = store_address_shared(
	    g->store, id, at, f->address == CF_USERNAME, f->provider, &shared);
	if (r != RG_OK)
		return r;
	(void)snprintf(out, ADDRESS_MAX + 2, "%s", at);
	text_lower(out);
	if (shared)
		*why = "address_shared";
	else if (!is_admin && f->platform_admin_email != NULL &&
		 strcmp(out, f->platform_admin_email) == 0)
		*why = "platform_admin_address";
	if (*why != NULL)
		out[0] = '\0';
	return RG_OK;
}

enum rg_err
gate_cf_address(struct gate *g, const struct gate_identity *id,
    char out[static GATE_CF_ADDRESS_MAX], const char **why)
{
	out[0] = '\0';
	*why = "not_a_person";
	if (g->settings->contextforge == NULL || strcmp(id->kind, "user") != 0)
		return RG_OK;
	return find_address(g, id->principal_id, id->provider, id->email,
	    id->username, id->claims, id->decision.is_admin, out, why);
}

static enum rg_err
take_person(void *ctx, const struct cf_person *p)
{
	struct cf_subject *s = ctx;
	const struct principal_row *row = &p->principal;

	s->id = row->id;
	s->subject = gate_subject_id(row);
	s->provider = strdup(row->provider);
	s->tenant = strdup(row->tenant);
	s->name = strdup(row->name);
	s->email = strdup(row->email);
	s->username = strdup(row->username);
	s->session_until = p->session_until;
	s->disabled = row->disabled;
	if (s->subject == NULL || s->provider == NULL || s->tenant == NULL ||
	    s->name == NULL || s->email == NULL || s->username == NULL)
		return RG_E_NOMEM;
	if (json_load_strict(row->claims, strlen(row->claims), &s->claims) !=
		RG_OK ||
	    json_load_strict(row->groups, strlen(row->groups), &s->groups) !=
		RG_OK)
		return RG_E_STORE_CORRUPT;
	return RG_OK;
}

enum rg_err
gate_cf_load(struct gate *g, int64_t id, int64_t now, struct cf_subject *out)
{
	memset(out, 0, sizeof(*out));
	return store_cf_person(g->store, id, now, take_person, out);
}

void
gate_cf_subject_clear(struct cf_subject *s)
{
	free(s->subject);
	free(s->provider);
	free(s->tenant);
	free(s->name);
	free(s->email);
	free(s->username);
	json_decref(s->claims);
	json_decref(s->groups);
	json_decref(s->wanted);
	memset(s, 0, sizeof(*s));
}

static bool
is_wanted(const json_t *list, const json_t *rule)
{
	static const char *const key[] = {"role_id", "scope", "scope_id"};
	const json_t *item;
	size_t i, k;

	json_array_foreach(list, i, item)
	{
		for (k = 0; k < 3; k++)
			if (strcmp(json_str(item, key[k]),
				json_str(rule, key[k])) != 0)
				break;
		if (k == 3)
			return true;
	}
	return false;
}

static enum rg_err
put_wanted(const struct cf_config *f, struct cf_subject *s, const json_t *rules,
    const struct access_decision *d)
{
	json_t *rule, *item;
	int64_t until = f->expire == CF_SESSION ? s->session_until : 0;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		if (!access_has_role(d, json_str(rule, "rule")) ||
		    is_wanted(s->wanted, rule))
			continue;
		item = json_copy(rule);
		(void)json_object_del(item, "rule");
		if (json_object_set_new(item, "expires_at",
			json_integer((json_int_t)until)) != 0 ||
		    json_array_append_new(s->wanted, item) != 0)
			return RG_E_NOMEM;
	}
	return RG_OK;
}

/* Whether so little is known that everything has to stay as it is. */
static bool
is_doubtful(const char *why)
{
	static const char *const certain[] = {
	    "other_provider", "platform_admin_address", NULL};
	size_t i;

	for (i = 0; certain[i] != NULL; i++)
		if (strcmp(why, certain[i]) == 0)
			return false;
	return true;
}

/* From a decision to what is wanted, or to why nothing is. */
static enum rg_err
judge(struct gate *g, struct cf_subject *s, const json_t *rules,
    const struct access_decision *d)
{
	enum rg_err r;
	const struct cf_config *f = g->settings->contextforge;

	s->allowed = d->role_count > 0 && !d->denied;
	/* Unknown is not none: it neither gives nor takes away. */
	if (access_claims_are_missing(s->claims)) {
		s->leave = true;
		s->why = "claims_missing";
		return RG_OK;
	}
	if (d->groups_state != GROUPS_COMPLETE) {
		s->leave = true;
		s->why = d->groups_state == GROUPS_STALE ? "groups_stale"
							 : "groups_unknown";
		return RG_OK;
	}
	r = find_address(g, s->id, s->provider, s->email, s->username,
	    s->claims, d->is_admin, s->address, &s->why);
	if (r != RG_OK)
		return r;
	if (s->why != NULL) {
		s->leave = is_doubtful(s->why);
		return RG_OK;
	}
	if (f->expire == CF_SESSION && s->session_until == 0) {
		s->why = "no_session";
		return RG_OK;
	}
	return put_wanted(f, s, rules, d);
}

enum rg_err
gate_cf_judge(struct gate *g, struct cf_subject *s, const json_t *rules,
    int64_t now, struct err *e)
{
	enum rg_err r = RG_E_NOMEM;
	const struct provider *p = settings_provider(g->settings, s->provider);
	struct access_subject subject;
	struct access_groups groups;
	struct access_grant *grants = NULL;
	size_t grant_count = 0;
	struct access_decision d = {0};

	if ((s->wanted = json_array()) == NULL)
		goto out;
	r = RG_OK;
	if (s->disabled) {
		s->why = "disabled";
		goto out;
	}
	/* Claims are recorded since schema 2; before the next sign-in there is
	 * nothing to decide by. */
	if (p == NULL || json_object_size(s->claims) == 0) {
		s->leave = true;
		s->why = p == NULL ? "provider_unknown" : "not_seen";
		goto out;
	}
	gate_subject_init(&subject, p);
	subject.tenant = s->tenant;
	subject.claims = s->claims;
	subject.now = now;
	r = access_groups_parse(s->groups, &groups);
	if (r == RG_OK)
		subject.groups = &groups;
	else if (r != RG_E_NOT_FOUND)
		goto out;
	if ((r = gate_policy(g, e)) != RG_OK ||
	    (r = gate_grants_load(g, s->id, &grants, &grant_count)) != RG_OK)
		goto out;
	subject.grants = grants;
	subject.grant_count = grant_count;
	if ((r = access_decide(g->policy, &subject, &d)) != RG_OK)
		goto out;
	r = judge(g, s, rules, &d);
out:
	access_decision_clear(&d);
	gate_grants_clear(&grants, &grant_count);
	if (r != RG_OK)
		(void)gate_store_err(g, r, "deciding for the gateway", e);
	return r;
}
