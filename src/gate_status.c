/* SPDX-License-Identifier: ISC */
/*
 * How it goes, for the administration: what works and what will not for long.
 * Nothing here waits for a provider; rolegatectl doctor asks them.
 */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "gate_admin.h"
#include "store/audit.h"
#include "store/counter.h"
#include "store/document.h"

#define DAY (24 * 3600)
#define GRAPH_ERRORS_MAX 20
#define MAPPINGS_TOLD_MAX 20 /* that can't match; the others are counted */

static const char *
level_of(enum cert_state state)
{
	switch (state) {
	case CERT_GOOD:
		return "ok";
	case CERT_ENDS_SOON:
	case CERT_URGENT:
		return "warn";
	case CERT_NOT_YET:
	case CERT_EXPIRED:
		break;
	}
	return "fail";
}

static enum rg_err
put_finding(
    json_t *checks, const char *level, const char *what, const char *detail)
{
	return json_array_append_new(
		   checks, json_pack("{s:s, s:s, s:s}", "level", level, "what",
			       what, "detail", detail)) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

static enum rg_err
put_check(json_t *checks, const char *what, enum rg_err state)
{
	return state == RG_OK
		   ? put_finding(checks, "ok", what, "works")
		   : put_finding(checks, "fail", what, err_text(state));
}

struct mapping_checks {
	const struct settings *settings;
	int64_t now;
	json_t *checks;
	int all;
	int bad;
};

static enum rg_err
check_mapping(void *ctx, const struct mapping_row *m)
{
	struct mapping_checks *n = ctx;
	const char *why = gate_never_matches(n->settings, m, n->now);
	struct buf what = BUF_INIT;
	enum rg_err r;

	n->all++;
	if (why == NULL || n->bad++ >= MAPPINGS_TOLD_MAX)
		return RG_OK;
	buf_printf(&what, "mapping %lld%s%s", (long long)m->id,
	    m->label[0] != '\0' ? " " : "", m->label);
	r = put_finding(n->checks, "warn", buf_str(&what), why);
	buf_clear(&what);
	return r;
}

static enum rg_err
check_mappings(struct gate *g, int64_t now, json_t *checks)
{
	struct mapping_checks n = {g->settings, now, checks, 0, 0};
	char detail[64];
	enum rg_err r = store_each_mapping(g->store, check_mapping, &n);

	if (r != RG_OK)
		return r;
	if (n.all == 0)
		return put_finding(checks, "warn", "mappings",
		    "there are none: nobody gets a role");
	(void)snprintf(detail, sizeof(detail), "%d, of which %d can't match",
	    n.all, n.bad);
	return put_finding(
	    checks, n.bad == 0 ? "ok" : "warn", "mappings", detail);
}

/* Where every answer is to carry a role token, and none can be signed. */
static enum rg_err
check_role_token(struct gate *g, int64_t now, json_t *checks)
{
	struct err e = {RG_OK, ""};

	if (!g->settings->role_token_always)
		return RG_OK;
	return put_check(
	    checks, "role tokens", gate_role_token_check(g, now, &e));
}

static enum rg_err
put_checks(
    struct gate *g, const struct gate_health *h, int64_t now, json_t *checks)
{
	struct buf what = BUF_INIT;
	enum rg_err r;
	size_t i;

	r = put_check(checks, "database", h->database);
	for (i = 0; r == RG_OK && i < h->provider_count; i++) {
		buf_reset(&what);
		buf_printf(&what, "provider %s", h->providers[i].name);
		r = put_check(checks, buf_str(&what), h->providers[i].state);
	}
	buf_clear(&what);
	if (r == RG_OK)
		r = check_role_token(g, now, checks);
	return r == RG_OK ? check_mappings(g, now, checks) : r;
}

/* Neither secrets nor the names of their files. */
static json_t *
credential_json(const struct credential *c, int64_t now)
{
	switch (c->kind) {
	case CREDENTIAL_CERTIFICATE:
		return json_pack("{s:s, s:s, s:s, s:I, s:I}", "kind",
		    "certificate", "level", level_of(cert_state(&c->cert, now)),
		    "thumbprint", c->cert.x5t_s256, "not_before",
		    (json_int_t)c->cert.not_before, "not_after",
		    (json_int_t)c->cert.not_after);
	case CREDENTIAL_SECRET:
		return json_pack("{s:s}", "kind", "secret");
	case CREDENTIAL_ASSERTION_FILE:
		break;
	}
	return json_pack("{s:s}", "kind", "assertion_file");
}

/* When the document was fetched that counts now; null when there is none. */
static enum rg_err
put_fetched(struct gate *g, json_t *to, const char *member,
    const struct provider *p, const char *kind)
{
	struct buf text = BUF_INIT;
	enum rg_err r;
	int64_t at = 0;

	r = store_document_load(g->store, p->issuer, kind, &text, &at);
	buf_clear(&text);
	if (r != RG_OK && r != RG_E_NOT_FOUND)
		return r;
	return json_object_set_new(to, member,
		   r == RG_OK ? json_integer((json_int_t)at) : json_null()) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

static enum rg_err
put_provider(
    struct gate *g, const struct provider *p, int64_t now, json_t *list)
{
	enum rg_err r;
	json_t *credentials = json_array();
	json_t *item = json_pack("{s:s, s:s, s:o}", "name", p->name, "label",
	    p->label, "credentials", credentials);
	size_t i;

	/* An array that takes nothing is no array: the item is NULL then. */
	for (i = 0; i < p->credential_count; i++)
		if (json_array_append_new(credentials,
			credential_json(&p->credentials[i], now)) != 0) {
			json_decref(item);
			return RG_E_NOMEM;
		}
	if (json_array_append_new(list, item) != 0)
		return RG_E_NOMEM;
	r = put_fetched(g, item, "discovery_fetched_at", p, "discovery");
	return r == RG_OK ? put_fetched(g, item, "keys_fetched_at", p, "keys")
			  : r;
}

static enum rg_err
put_providers(struct gate *g, int64_t now, json_t *list)
{
	enum rg_err r = RG_OK;
	size_t i;

	for (i = 0; r == RG_OK && i < g->settings->provider_count; i++)
		r = put_provider(g, &g->settings->providers[i], now, list);
	return r;
}

static const char *
text_of(const char *name)
{
	enum rg_err code;

	for (code = RG_OK; code < RG__MAX; code++)
		if (strcmp(err_name(code), name) == 0)
			return err_text(code);
	return name;
}

/* Newest first; the oldest go when there are too many. */
static enum rg_err
take_graph(void *ctx, const struct counter_row *row)
{
	json_t *list = ctx;

	if (strcmp(row->name, "graph") != 0 ||
	    strcmp(row->reason, err_name(RG_OK)) == 0)
		return RG_OK;
	if (json_array_size(list) == GRAPH_ERRORS_MAX &&
	    json_array_remove(list, GRAPH_ERRORS_MAX - 1) != 0)
		return RG_E_NOMEM;
	return json_array_insert_new(list, 0,
		   json_pack("{s:I, s:s, s:s, s:I}", "minute",
		       (json_int_t)row->minute, "error", row->reason, "text",
		       text_of(row->reason), "count",
		       (json_int_t)row->count)) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

enum rg_err
gate_status(struct gate *g, int64_t now, json_t **out, struct err *e)
{
	enum rg_err r;
	struct audit_head head;
	struct gate_health h;
	json_t *providers = json_array(), *graph = json_array();
	json_t *checks = json_array();

	*out = NULL;
	err_clear(e);
	(void)gate_ready(g, now, &h);
	if ((r = gate_policy(g, e)) != RG_OK)
		goto out;
	if ((r = store_audit_head(g->store, &head)) != RG_OK ||
	    (r = put_checks(g, &h, now, checks)) != RG_OK ||
	    (r = put_providers(g, now, providers)) != RG_OK ||
	    (r = store_each_counter(
		 g->store, now - now % 60 - DAY, take_graph, graph)) != RG_OK) {
		r = gate_store_err(g, r, "reading the status", e);
		goto out;
	}
	*out = json_pack("{s:s, s:I, s:{s:I, s:s}, s:O, s:O, s:O}", "version",
	    RG_VERSION, "policy_version",
	    (json_int_t)access_policy_version(g->policy), "audit", "seq",
	    (json_int_t)head.seq, "hash", head.hash, "checks", checks,
	    "providers", providers, "graph_errors", graph);
	if (*out == NULL)
		r = err_set(e, RG_E_NOMEM, "the status");
out:
	json_decref(checks);
	json_decref(providers);
	json_decref(graph);
	return r;
}
