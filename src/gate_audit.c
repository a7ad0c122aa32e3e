/* SPDX-License-Identifier: ISC */
/* What goes into the audit, and how it leaves it. */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT_PURPOSE "rolegate audit client"

/* The client's address as the configuration wants it on record; or NULL. */
static const char *
client_text(struct gate *g, const char *client, char *hash, size_t size)
{
	char mac[SEAL_MAC_LEN + 1];

	if (client == NULL || client[0] == '\0' ||
	    g->settings->audit_client == CLIENT_OFF)
		return "";
	if (g->settings->audit_client == CLIENT_FULL)
		return client;
	if (seal_mac(gate_keys(g), CLIENT_PURPOSE, client, mac) != RG_OK)
		return NULL;
	(void)snprintf(hash, size, "hash:%s", mac);
	return hash;
}

enum rg_err
gate_audit(struct gate *g, const struct gate_context *ctx, const char *event,
    const char *actor, const char *subject, json_t *detail)
{
	enum rg_err r = RG_E_NOMEM;
	struct audit_row row = {0};
	char *text = gate_json_text(detail);
	char hash[SEAL_MAC_LEN + sizeof("hash:")];

	if (text != NULL) {
		row.time = ctx->now;
		row.event = event;
		row.actor = actor;
		row.subject = subject;
		row.client = client_text(g, ctx->client, hash, sizeof(hash));
		row.request_id = ctx->request_id;
		row.detail = text;
		if (row.client != NULL)
			r = store_audit_add(g->store, &row);
	}
	if (r == RG_OK)
		gate_count(g, "audit", event, ctx->now);
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
