/* SPDX-License-Identifier: ISC */
/*
 * GET /metrics: the text exposition format of Prometheus, version 0.0.4. Only
 * for who sends the configured token: how many sign-ins are refused, and why,
 * is of use to attackers too.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/version.h"
#include "cgi/worker.h"

#define TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * What gate_metrics() calls by `from` is shown as `name`, its two words as
 * labels. Of "requests" the first word is "endpoint:status".
 */
static const struct family {
	const char *from;
	const char *name;
	const char *type;
	const char *labels[2];
	const char *help;
} families[] = {
    {"requests", "rolegate_requests_total", "counter", {"endpoint", "status"},
	"Requests answered."},
    {"refused", "rolegate_refusals_total", "counter", {"reason", NULL},
	"Requests refused, by the name of the error."},
    {"sign_in.ok", "rolegate_sign_ins_total", "counter", {"provider", NULL},
	"Sign-ins that succeeded."},
    {"sign_in.refused", "rolegate_sign_ins_refused_total", "counter",
	{"reason", NULL}, "Sign-ins that were refused, by the error's name."},
    {"limited", "rolegate_limited_total", "counter", {"what", NULL},
	"Sign-ins refused since an address began, or failed, too many."},
    {"groups.unknown", "rolegate_groups_unknown_total", "counter",
	{"reason", NULL}, "Times that somebody's groups could not be known."},
    {"groups.stale", "rolegate_groups_stale_total", "counter", {"reason", NULL},
	"Times that older groups had to do."},
    {"graph", "rolegate_graph_lookups_total", "counter", {"result", NULL},
	"Times that Microsoft Graph was asked for groups, RG_OK or the error."},
    {"bearer.refused", "rolegate_bearer_refused_total", "counter",
	{"reason", NULL}, "Access tokens that were refused."},
    {"audit", "rolegate_audit_events_total", "counter", {"event", NULL},
	"Events written to the audit."},
    {"sessions", "rolegate_sessions", "gauge", {NULL, NULL}, "Sessions alive."},
    {"policy_version", "rolegate_policy_version", "gauge", {NULL, NULL},
	"Version of roles and mappings; every edit raises it."},
    {"audit_rows", "rolegate_audit_rows_total", "counter", {NULL, NULL},
	"Rows ever written to the audit: the seq of its last one."},
    {"audit_archived_rows", "rolegate_audit_archived_rows_total", "counter",
	{NULL, NULL}, "Rows of the audit that were archived."},
    {"document_age", "rolegate_document_age_seconds", "gauge",
	{"provider", "document"}, "Age of a provider's last good document."},
};

#define FAMILY_COUNT (sizeof(families) / sizeof(families[0]))

struct exposition {
	struct buf samples[FAMILY_COUNT];
	struct buf others; /* counters that have no family of their own */
};

static void
put_label(struct buf *out, char before, const char *name, const char *value)
{
	buf_printf(out, "%c%s=\"", before, name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buf_putc(out, '\\');
		if (*value == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, *value);
	}
	buf_putc(out, '"');
}

static void
put_sample(struct buf *out, const char *name, const char *const labels[2],
    const char *a, const char *b, int64_t value)
{
	buf_puts(out, name);
	if (labels[0] != NULL) {
		put_label(out, '{', labels[0], a);
		if (labels[1] != NULL)
			put_label(out, ',', labels[1], b);
		buf_putc(out, '}');
	}
	buf_printf(out, " %" PRId64 "\n", value);
}

/* "/whoami:200" */
static void
put_requests(
    struct buf *out, const struct family *f, const char *what, int64_t value)
{
	char endpoint[64];
	const char *colon = strrchr(what, ':');
	size_t n = colon == NULL ? strlen(what) : (size_t)(colon - what);

	if (n >= sizeof(endpoint))
		return;
	memcpy(endpoint, what, n);
	endpoint[n] = '\0';
	put_sample(out, f->name, f->labels, n == 0 ? "/" : endpoint,
	    colon == NULL ? "" : colon + 1, value);
}

static void
take(void *ctx, const char *from, const char *a, const char *b, int64_t value)
{
	static const char *const labels[] = {"name", "reason"};
	struct exposition *x = ctx;
	const struct family *f;
	size_t i;

	for (i = 0; i < FAMILY_COUNT; i++) {
		f = &families[i];
		if (strcmp(f->from, from) != 0)
			continue;
		if (i == 0)
			put_requests(&x->samples[i], f, a, value);
		else
			put_sample(
			    &x->samples[i], f->name, f->labels, a, b, value);
		return;
	}
	put_sample(&x->others, "rolegate_events_total", labels, from, a, value);
}

static void
put_family(struct buf *out, const char *name, const char *type,
    const char *help, const struct buf *samples)
{
	if (samples->len == 0)
		return;
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
	buf_put(out, samples->p, samples->len);
	if (samples->failed)
		out->failed = true;
}

static void
put_all(struct buf *out, const struct exposition *x)
{
	size_t i;

	buf_puts(out, "# HELP rolegate_build_info The running version.\n"
		      "# TYPE rolegate_build_info gauge\n"
		      "rolegate_build_info{version=\"" RG_VERSION "\"} 1\n");
	for (i = 0; i < FAMILY_COUNT; i++)
		put_family(out, families[i].name, families[i].type,
		    families[i].help, &x->samples[i]);
	put_family(out, "rolegate_events_total", "counter",
	    "Other things that were counted.", &x->others);
}

/* The hashes have one length, so that nothing shows in the time it takes. */
static bool
may_read(const struct worker *w, const struct request *q)
{
	static const char scheme[] = "Bearer ";
	const char *token = w->settings->metrics_token, *sent;
	uint8_t want[HASH_LEN], got[HASH_LEN];

	if (q->authorization == NULL ||
	    strncasecmp(q->authorization, scheme, sizeof(scheme) - 1) != 0)
		return false;
	sent = q->authorization + sizeof(scheme) - 1;
	return hash_sha256(token, strlen(token), want) == RG_OK &&
	       hash_sha256(sent, strlen(sent), got) == RG_OK &&
	       hash_equal(want, sizeof(want), got, sizeof(got));
}

void
endpoint_metrics(struct worker *w, const struct request *q, struct response *s)
{
	struct gate_context ctx = worker_context(q);
	struct exposition x = {0};
	enum rg_err r;
	size_t i;

	if (w->settings->metrics_token == NULL) {
		fail(w, q, s, RG_E_REQ_ROUTE, NULL);
		return;
	}
	if (!may_read(w, q)) {
		fail_json(q, s, RG_E_TOKEN_REFUSED);
		response_header(s, "WWW-Authenticate", "Bearer");
		return;
	}
	r = gate_metrics(w->gate, ctx.now, take, &x);
	if (r == RG_OK) {
		response_reset(s, 200);
		response_header(s, "Content-Type", TYPE);
		put_all(&s->body, &x);
	} else {
		log_error("metrics.failed", "error=%s", err_name(r));
		fail_json(q, s, r);
	}
	for (i = 0; i < FAMILY_COUNT; i++)
		buf_clear(&x.samples[i]);
	buf_clear(&x.others);
}
