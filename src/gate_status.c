/* SPDX-License-Identifier: ISC */
/* How it goes, for the administration: what works, and what happened. */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "gate_admin.h"
#include "store/audit.h"
#include "store/counter.h"

static enum rg_err
put_check(json_t *checks, const char *what, enum rg_err state)
{
	json_t *check = json_pack("{s:s, s:s, s:s}", "level",
	    state == RG_OK ? "ok" : "fail", "what", what, "detail",
	    state == RG_OK ? "works" : err_text(state));

	return json_array_append_new(checks, check) == 0 ? RG_OK : RG_E_NOMEM;
}

static json_t *
checks_json(struct gate *g, int64_t now)
{
	struct gate_health h;
	json_t *checks = json_array();
	struct buf what = BUF_INIT;
	enum rg_err r;
	size_t i;

	(void)gate_ready(g, now, &h);
	r = put_check(checks, "database", h.database);
	for (i = 0; r == RG_OK && i < h.provider_count; i++) {
		buf_reset(&what);
		buf_printf(&what, "provider %s", h.providers[i].name);
		r = put_check(checks, buf_str(&what), h.providers[i].state);
	}
	buf_clear(&what);
	if (r != RG_OK) {
		json_decref(checks);
		return NULL;
	}
	return checks;
}

enum rg_err
gate_status(struct gate *g, int64_t now, json_t **out, struct err *e)
{
	struct audit_head head;
	enum rg_err r;

	*out = NULL;
	err_clear(e);
	if ((r = gate_policy(g, e)) != RG_OK)
		return r;
	if ((r = store_audit_head(g->store, &head)) != RG_OK)
		return gate_store_err(g, r, "reading the status", e);
	*out = json_pack("{s:s, s:I, s:{s:I, s:s}, s:o}", "version", RG_VERSION,
	    "policy_version", (json_int_t)access_policy_version(g->policy),
	    "audit", "seq", (json_int_t)head.seq, "hash", head.hash, "checks",
	    checks_json(g, now));
	return *out == NULL ? err_set(e, RG_E_NOMEM, "the status") : RG_OK;
}

#define HOUR 3600

struct hours {
	int64_t first; /* the first second of the first hour */
	size_t count;
	struct {
		int64_t ok;
		int64_t refused;
		int64_t groups_unknown;
	} at[GATE_STATS_HOURS_MAX];
};

static enum rg_err
take_counter(void *ctx, const struct counter_row *row)
{
	struct hours *h = ctx;
	size_t i = (size_t)((row->minute - h->first) / HOUR);

	if (row->minute < h->first || i >= h->count)
		return RG_OK;
	if (strcmp(row->name, "sign_in.ok") == 0)
		h->at[i].ok += row->count;
	else if (strcmp(row->name, "sign_in.refused") == 0)
		h->at[i].refused += row->count;
	else if (strcmp(row->name, "groups.unknown") == 0)
		h->at[i].groups_unknown += row->count;
	return RG_OK;
}

enum rg_err
gate_stats(
    struct gate *g, size_t hours, int64_t now, json_t **out, struct err *e)
{
	struct hours h = {.count = hours};
	json_t *list = NULL;
	enum rg_err r;
	size_t i;

	*out = NULL;
	err_clear(e);
	h.first = now - now % HOUR - ((int64_t)hours - 1) * HOUR;
	r = store_each_counter(g->store, h.first, take_counter, &h);
	if (r != RG_OK)
		return gate_store_err(g, r, "reading the counters", e);
	list = json_array();
	for (i = 0; i < hours; i++)
		if (json_array_append_new(
			list, json_pack("{s:I, s:I, s:I, s:I}", "at",
				  (json_int_t)(h.first + (int64_t)i * HOUR),
				  "ok", (json_int_t)h.at[i].ok, "refused",
				  (json_int_t)h.at[i].refused, "groups_unknown",
				  (json_int_t)h.at[i].groups_unknown)) != 0)
			goto out;
	*out = json_pack("{s:O}", "hours", list);
out:
	json_decref(list);
	return *out == NULL ? err_set(e, RG_E_NOMEM, "the counters") : RG_OK;
}
