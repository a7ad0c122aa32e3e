/* SPDX-License-Identifier: ISC */
#include "access/groups.h"

#include <stdint.h>
#include <string.h>

#include "access/claim.h"
#include "base/json.h"

static const char *const state_names[] = {"complete", "stale", "unknown"};

const char *
groups_state_name(enum groups_state state)
{
	return state_names[state];
}

/* True for what is neither absent nor false; "true" occurs as a string too. */
static bool
truthy(const json_t *v)
{
	return v != NULL && !json_is_false(v) && !json_is_null(v);
}

/* Kept with the claims; who sends it makes nothing but unknowns. */
#define MISSING "_claims_missing"

enum rg_err
access_claims_set_missing(json_t *claims)
{
	return json_object_set_new(claims, MISSING, json_true()) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

bool
access_claims_are_missing(const json_t *claims)
{
	return json_object_get(claims, MISSING) != NULL;
}

static bool
is_named_elsewhere(const json_t *claims, const char *path)
{
	const json_t *names = json_object_get(claims, "_claim_names");
	char root[CLAIM_ROOM];

	claim_root(path, root);
	return names != NULL && (!json_is_object(names) ||
				    json_object_get(names, path) != NULL ||
				    json_object_get(names, root) != NULL);
}

bool
access_claim_is_elsewhere(const json_t *claims, const char *path)
{
	return is_named_elsewhere(claims, path) ||
	       (access_claims_are_missing(claims) &&
		   claim_at(claims, path) == NULL);
}

static bool
is_plain_list(const json_t *v)
{
	size_t i;

	if (json_is_string(v))
		return true;
	if (!json_is_array(v))
		return false;
	for (i = 0; i < json_array_size(v); i++)
		if (!json_is_string(json_array_get(v, i)))
			return false;
	return true;
}

/* A string, an array of them, or an object of those. */
static bool
is_string_list(const json_t *v)
{
	const char *name;
	json_t *list;

	if (!json_is_object(v))
		return is_plain_list(v);
	json_object_foreach((json_t *)(uintptr_t)v, name, list)
	{
		if (!is_plain_list(list))
			return false;
	}
	return true;
}

/*
 * Entra leaves the groups out of the token when there are more than fit, and
 * says so in one of two ways: _claim_names that has the claim's name, or
 * hasgroups. (Microsoft identity platform, access token claims reference,
 * "Groups overage claim".) With a list beside such a mark, the list may be cut
 * short: none of it is believed.
 */
void
access_groups_from_claims(
    const json_t *claims, const char *groups_claim, struct access_groups *out)
{
	const json_t *groups = claim_at(claims, groups_claim);

	memset(out, 0, sizeof(*out));
	out->source = "none";
	if (groups == NULL && access_claims_are_missing(claims)) {
		out->state = GROUPS_UNKNOWN;
		out->reason = ACCESS_NO_USERINFO;
	} else if (access_claim_is_elsewhere(claims, groups_claim) ||
		   is_named_elsewhere(claims, "groups") ||
		   truthy(json_object_get(claims, "hasgroups"))) {
		out->state = GROUPS_UNKNOWN;
		out->reason = "overage";
	} else if (groups != NULL && !is_string_list(groups)) {
		out->state = GROUPS_UNKNOWN;
		out->reason = "malformed";
	} else if (groups != NULL) {
		out->source = "token";
		out->ids = groups;
	}
}

json_t *
access_groups_json(const struct access_groups *g)
{
	return json_pack("{s:s, s:s, s:s*, s:I, s:I, s:I, s:O*}", "state",
	    state_names[g->state], "source", g->source, "reason", g->reason,
	    "as_of", (json_int_t)g->as_of, "valid_until",
	    (json_int_t)g->valid_until, "asked_through",
	    (json_int_t)g->asked_through, "ids", g->ids);
}

enum rg_err
access_groups_parse(const json_t *doc, struct access_groups *out)
{
	const char *state = json_str(doc, "state");
	size_t i;

	memset(out, 0, sizeof(*out));
	out->source = "none";
	out->state = GROUPS_UNKNOWN;
	if (json_is_object(doc) && json_object_size(doc) == 0)
		return RG_E_NOT_FOUND;
	if (state == NULL || !json_int(doc, "as_of", &out->as_of) ||
	    !json_int(doc, "valid_until", &out->valid_until) ||
	    !json_int(doc, "asked_through", &out->asked_through))
		return RG_E_INVALID;
	for (i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++)
		if (strcmp(state, state_names[i]) == 0)
			break;
	if (i == sizeof(state_names) / sizeof(state_names[0]) ||
	    json_str(doc, "source") == NULL)
		return RG_E_INVALID;
	out->source = json_str(doc, "source");
	out->reason = json_str(doc, "reason");
	out->ids = json_object_get(doc, "ids");
	if (out->ids != NULL && !is_string_list(out->ids))
		return RG_E_INVALID;
	out->state = (enum groups_state)i;
	return RG_OK;
}
