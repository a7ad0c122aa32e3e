/* SPDX-License-Identifier: ISC */
/* GET /jwks.json: with what role tokens are verified. */
#include "base/clock.h"
#include "base/log.h"
#include "cgi/worker.h"

void
endpoint_jwks(struct worker *w, const struct request *q, struct response *s)
{
	struct err e = {RG_OK, ""};
	json_t *set = NULL;
	enum rg_err r;

	if ((r = gate_role_keys(w->gate, clock_now(), &set, &e)) != RG_OK) {
		log_error("jwks.failed", "error=%s detail=%s", err_name(r),
		    log_quote(e.detail));
		fail_json(q, s, r);
		return;
	}
	response_json_own(s, 200, set);
	/* A new key is published longer than this before it signs. */
	response_header(s, "Cache-Control", "public, max-age=300");
	s->cacheable = true;
}
