/* SPDX-License-Identifier: ISC */
/* /healthz and /readyz. */
#include "base/log.h"
#include "cgi/worker.h"

/* The process answers; nothing else is looked at. */
void
endpoint_healthz(struct worker *w, const struct request *q, struct response *s)
{
	(void)w;
	(void)q;
	response_json_own(s, 200, json_pack("{s:s}", "status", "ok"));
}

/*
 * Whether sign-ins can work. The public learns yes or no, and that a client
 * certificate ends soon; the reasons are in the log, under the request id.
 */
void
endpoint_readyz(struct worker *w, const struct request *q, struct response *s)
{
	struct gate_context ctx = worker_context(q);
	struct gate_health h;
	size_t i;

	if (gate_ready(w->gate, ctx.now, &h) == RG_OK) {
		response_json_own(s, 200,
		    h.certificate_ends
			? json_pack("{s:s, s:[s]}", "status", "ok", "warnings",
			      "client_certificate")
			: json_pack("{s:s}", "status", "ok"));
		return;
	}
	log_warn("readyz.failed", "database=%s", err_name(h.database));
	for (i = 0; i < h.provider_count; i++)
		log_warn("readyz.failed", "provider=%s state=%s",
		    h.providers[i].name, err_name(h.providers[i].state));
	response_error(s, 503, "not_ready", "Sign-ins can't work now.", q->id);
}
