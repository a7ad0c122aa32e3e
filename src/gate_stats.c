/* SPDX-License-Identifier: ISC */
/* What happened, hour by hour, for the administration. */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

#include "gate_admin.h"
#include "store/counter.h"

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
				  (json_int_t)h.first + (json_int_t)i * HOUR,
				  "ok", (json_int_t)h.at[i].ok, "refused",
				  (json_int_t)h.at[i].refused, "groups_unknown",
				  (json_int_t)h.at[i].groups_unknown)) != 0)
			goto out;
	*out = json_pack("{s:O}", "hours", list);
out:
	json_decref(list);
	return *out == NULL ? err_set(e, RG_E_NOMEM, "the counters") : RG_OK;
}
