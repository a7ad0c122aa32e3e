/* SPDX-License-Identifier: ISC */
/* /api/policy and /api/what-if: roles and mappings as one document. */
#include "cgi/api.h"
#include "gate_plan.h"

#define LISTED 100

enum rg_err
api_policy_get(struct api_call *c)
{
	json_t *document;
	enum rg_err r;

	r = gate_policy_export(c->w->gate, &document, &c->e);
	if (r == RG_OK)
		response_json_own(c->s, 200, document);
	return r;
}

enum rg_err
api_what_if(struct api_call *c)
{
	const struct gate_what_if_query query = {
	    .now = c->ctx.now, .limit = LISTED};
	struct gate_plan *plan = NULL;
	json_t *answer;
	enum rg_err r;

	if ((r = gate_plan_make(
		 c->w->gate, c->body, c->ctx.now, &plan, &c->e)) == RG_OK &&
	    (r = gate_what_if(c->w->gate, plan, &query, &answer, &c->e)) ==
		RG_OK)
		response_json_own(c->s, 200, answer);
	gate_plan_free(&plan);
	return r;
}
