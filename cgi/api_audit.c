/* SPDX-License-Identifier: ISC */
/* /api/audit */
#include "cgi/api.h"

enum rg_err
api_audit_list(struct api_call *c)
{
	struct gate_audit_query query = {0};
	char cursor[GATE_CURSOR_MAX];
	struct gate_page page;
	enum rg_err r;

	if ((r = api_page_read(c, &page, cursor)) != RG_OK ||
	    (r = api_query(c, "event", &query.event)) != RG_OK ||
	    (r = api_query(c, "subject", &query.subject)) != RG_OK ||
	    (r = api_query(c, "actor", &query.actor)) != RG_OK ||
	    (r = api_query_id(c, "since", &query.since)) != RG_OK ||
	    (r = api_query_id(c, "until", &query.until)) != RG_OK ||
	    (r = gate_audit_list(c->w->gate, &query, &page, &c->e)) != RG_OK)
		return r;
	return api_page_put(c, &page);
}
