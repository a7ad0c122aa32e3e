/* SPDX-License-Identifier: ISC */
/* The chain of the audit, verified step by step for whoever looks at it. */
#include "gate_internal.h"

#include <string.h>

#include "gate_admin.h"

enum rg_err
gate_chain_verify(struct gate *g, struct gate_chain *c, struct err *e)
{
	struct audit_chain chain;
	struct audit_head archived;
	enum rg_err r;

	err_clear(e);
	if ((r = store_audit_archived(g->store, &archived)) != RG_OK)
		return gate_store_err(g, r, "verifying the audit", e);
	store_audit_chain_begin(&chain, NULL);
	/* What was archived between two steps is out of reach from here. */
	if (c->at.seq >= archived.seq && c->at.seq > 0)
		chain.at = c->at;
	r = store_audit_chain_step(
	    g->store, &chain, GATE_VERIFY_STEP, &c->head, &c->end, e);
	c->at = chain.at;
	c->archived = archived.seq;
	if (r != RG_OK && r != RG_E_AUDIT_CHAIN)
		return gate_store_err(g, r, "verifying the audit", e);
	return r;
}
