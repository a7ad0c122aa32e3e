/* SPDX-License-Identifier: ISC */
/* What goes into the audit, and how it leaves it. */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the configuration wants it on record; or NULL. */
static const char *
personal(struct gate *g, enum settings_personal how, const char *purpose,
    const char *text, char hash[static GATE_CLIENT_LEN + 1])
{
	char mac[SEAL_MAC_LEN + 1];

	if (text == NULL || text[0] == '\0' || how == PERSONAL_OFF)
		return "";
	if (how == PERSONAL_FULL)
		return text;
	if (seal_mac(gate_keys(g), purpose, text, mac) != RG_OK)
		return NULL;
	(void)snprintf(hash, GATE_CLIENT_LEN + 1, "hash:%s", mac);
	return hash;
}

static const char *
client_text(
    struct gate *g, const char *client, char hash[static GATE_CLIENT_LEN + 1])
{
	_Static_assert(GATE_CLIENT_LEN == sizeof("hash:") - 1 + SEAL_MAC_LEN,
	    "room for a hash");
	return personal(g, g->settings->audit_client, "rolegate audit client",
	    client, hash);
}

const char *
gate_client_text(
    struct gate *g, const char *client, char hash[static GATE_CLIENT_LEN + 1])
{
	const char *text = client_text(g, client, hash);

	return text == NULL ? "?" : text;
}

json_t *
gate_audit_email(struct gate *g, const char *email)
{
	char hash[GATE_CLIENT_LEN + 1];

	return json_string(personal(
	    g, g->settings->audit_email, "rolegate audit email", email, hash));
}

enum rg_err
gate_audit(struct gate *g, const struct gate_context *ctx, const char *event,
    const char *actor, const char *subject, json_t *detail)
{
	enum rg_err r = RG_E_NOMEM;
	struct audit_row row = {0};
	char *text = gate_json_text(detail);
	char hash[GATE_CLIENT_LEN + 1];

	if (text != NULL) {
		row.time = ctx->now;
		row.event = event;
		row.actor = actor;
		row.subject = subject;
		row.client = client_text(g, ctx->client, hash);
		row.request_id = ctx->request_id;
		row.detail = text;
		if (row.client != NULL)
			r = store_audit_add(g->store, &row);
	}
	if (r == RG_OK)
		gate_count_row(g, event, ctx->now);
	free(text);
	json_decref(detail);
	return r;
}

enum rg_err
gate_audit_alone(struct gate *g, const struct gate_context *ctx,
    const char *event, const char *actor, const char *subject, json_t *detail,
    struct err *e)
{
	enum rg_err r;

	if ((r = store_begin(g->store)) == RG_OK)
		r = gate_audit(g, ctx, event, actor, subject, detail);
	else
		json_decref(detail);
	return gate_commit(g, r, event, e);
}
