/* SPDX-License-Identifier: ISC */
/* Refusals on record: of a sign-in, and of somebody who has signed in. */
#include "gate_internal.h"

#include "base/json.h"
#include "base/log.h"
#include "store/audit.h"

#define PERSON_ROWS 20 /* of one person's refusals in 24 hours */

/*
 * Anyone can cause refusals, and they must not fill the disk: a minute and a
 * day have room for so many rows; all are counted (gate_count), and the next
 * row says how many were left out.
 */
static bool
may_write(struct gate *g, const char *event, int64_t now)
{
	const struct settings *s = g->settings;
	int64_t count = 0;

	if (store_audit_count(g->store, event, now - 59, now, &count) !=
		RG_OK ||
	    count >= s->audit_refusals)
		return false;
	return store_audit_count(g->store, event, now - 86399, now, &count) ==
		   RG_OK &&
	       count < s->audit_refusals_day;
}

void
gate_refused(
    struct gate *g, const struct gate_context *ctx, const struct err *why)
{
	char client[GATE_CLIENT_LEN + 1];
	json_t *detail;
	enum rg_err r;

	log_info("sign_in.refused", "error=%s client=%s detail=%s",
	    err_name(why->code), gate_client_text(g, ctx->client, client),
	    log_quote(why->detail));
	gate_count(g, "sign_in.refused", err_name(why->code), ctx->now);
	gate_limit_failed(g, ctx, why->code);
	if (!may_write(g, "sign_in.refused", ctx->now)) {
		g->suppressed++;
		return;
	}
	detail = json_pack(
	    "{s:s, s:s}", "error", err_name(why->code), "detail", why->detail);
	if (detail == NULL) /* not UTF-8: what a peer sent stays out */
		detail = json_pack("{s:s}", "error", err_name(why->code));
	if (g->suppressed > 0)
		(void)json_object_set_new(
		    detail, "suppressed_before", json_integer(g->suppressed));
	r = gate_audit_alone(g, ctx, "sign_in.refused", "", "", detail, NULL);
	if (r != RG_OK) {
		g->suppressed++;
		log_error("audit.lost", "event=sign_in.refused error=%s",
		    err_name(r));
		return;
	}
	g->suppressed = 0;
}

static enum rg_err
count_row(void *ctx, const struct audit_row *row)
{
	int *n = ctx;

	(void)row;
	(*n)++;
	return RG_OK;
}

/* Nobody uses up what there is room for in a day. */
static bool
may_write_of(struct gate *g, const char *event, const char *who, int64_t now)
{
	struct audit_filter f = {
	    .since = now - 86399, .event = event, .subject = who};
	int n = 0;

	return store_audit_page(g->store, &f, 0, PERSON_ROWS, count_row, &n) ==
		   RG_OK &&
	       n < PERSON_ROWS && may_write(g, event, now);
}

void
gate_access_refused(struct gate *g, const struct gate_context *ctx,
    const struct gate_identity *id, enum rg_err why, const char *needed)
{
	static const char event[] = "access.refused";
	const struct access_decision *d = &id->decision;
	bool unknown = d->groups_state == GROUPS_UNKNOWN;
	const char *groups = unknown ? d->groups_reason : d->groups_source;
	enum rg_err r;

	log_info("access.refused", "subject=%s error=%s groups=%s", id->id,
	    err_name(why), groups);
	if (!may_write_of(g, event, id->id, ctx->now))
		return;
	r = gate_audit_alone(g, ctx, event, "", id->id,
	    json_pack("{s:s, s:s*, s:s*, s:o}", "error", err_name(why),
		"groups", groups, "needed", needed, "roles",
		json_strings(d->roles, d->role_count)),
	    NULL);
	if (r != RG_OK)
		log_error(
		    "audit.lost", "event=%s error=%s", event, err_name(r));
}
