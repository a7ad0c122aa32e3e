/* SPDX-License-Identifier: ISC */
/* /api/audit */
#include <string.h>

#include "base/log.h"
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

/* ?after= and ?hash=: where the step before ended. */
static enum rg_err
read_place(struct api_call *c, struct audit_head *at)
{
	const char *hash;
	enum rg_err r;

	if ((r = api_query_id(c, "after", &at->seq)) != RG_OK ||
	    (r = api_query(c, "hash", &hash)) != RG_OK)
		return r;
	if ((at->seq > 0) != (hash != NULL))
		return err_set(&c->e, RG_E_INVALID,
		    "hash: belongs to after, and after to it");
	if (hash == NULL)
		return RG_OK;
	if (strlen(hash) != HASH_HEX_LEN ||
	    strspn(hash, "0123456789abcdef") != HASH_HEX_LEN)
		return err_set(&c->e, RG_E_INVALID,
		    "hash: expected %d hexadecimal digits", HASH_HEX_LEN);
	memcpy(at->hash, hash, HASH_HEX_LEN + 1);
	return RG_OK;
}

enum rg_err
api_audit_verify(struct api_call *c)
{
	struct gate_chain chain = {0};
	enum rg_err r;

	if ((r = read_place(c, &chain.at)) != RG_OK)
		return r;
	r = gate_chain_verify(c->w->gate, &chain, &c->e);
	if (r != RG_OK && r != RG_E_AUDIT_CHAIN)
		return r;
	if (r == RG_E_AUDIT_CHAIN)
		log_error("audit.broken", "%s", c->e.detail);
	response_json_own(c->s, 200,
	    json_pack("{s:I, s:s, s:I, s:I, s:b, s:s?}", "seq",
		(json_int_t)chain.at.seq, "hash", chain.at.hash, "head",
		(json_int_t)chain.head.seq, "archived",
		(json_int_t)chain.archived, "end", chain.end && r == RG_OK,
		"broken", r == RG_OK ? NULL : c->e.detail));
	return RG_OK;
}
