/* SPDX-License-Identifier: ISC */
/* /api/health and /api/stats */
#include "cgi/api.h"

enum rg_err
api_health(struct api_call *c)
{
	json_t *status;
	enum rg_err r = gate_status(c->w->gate, c->ctx.now, &status, &c->e);

	if (r == RG_OK)
		response_json_own(c->s, 200, status);
	return r;
}

enum rg_err
api_stats(struct api_call *c)
{
	int64_t hours;
	json_t *stats;
	enum rg_err r;

	if ((r = api_query_id(c, "hours", &hours)) != RG_OK)
		return r;
	if (hours == 0)
		hours = 24;
	if (hours > GATE_STATS_HOURS_MAX)
		return err_set(&c->e, RG_E_INVALID,
		    "hours: expected a number from 1 to %d",
		    GATE_STATS_HOURS_MAX);
	r = gate_stats(c->w->gate, (size_t)hours, c->ctx.now, &stats, &c->e);
	if (r == RG_OK)
		response_json_own(c->s, 200, stats);
	return r;
}
