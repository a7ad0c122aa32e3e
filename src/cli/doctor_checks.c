/* SPDX-License-Identifier: ISC */
#include "cli/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SKEW_WARN 30 /* seconds; a machine with NTP is off by less than one */

/* Sign-out URIs can't be tried: that would take somebody who is signed in. */
static void
check_registered(struct doctor *d, const struct provider *p, const char *what)
{
	const char *url = d->cli->settings->public_url;
	struct err e = {RG_OK, ""};

	switch (gate_redirect_check(d->cli->gate, p, clock_now(), &e)) {
	case RG_OK:
		doctor_report(d, FINDING_OK, what,
		    "the redirect URI %s/callback is registered there", url);
		break;
	case RG_E_REGISTRATION:
		doctor_report(d, FINDING_FAIL, what,
		    "the redirect URI %s/callback is refused there: %s", url,
		    e.detail);
		break;
	default:
		doctor_report(d, FINDING_OK, what,
		    "register there the redirect URI %s/callback; whether it "
		    "is does not show (%s)",
		    url, e.detail);
		break;
	}
	/* Entra asks in a browser, others themselves (cgi/logout_channel.c). */
	doctor_report(d, FINDING_OK, what,
	    "register there as well, for signing out: %s/signed-out (%s) and "
	    "%s/logout (%s logout URL)",
	    url,
	    p->type == PROVIDER_ENTRA ? "redirect URI"
				      : "post-logout redirect URI",
	    url, p->type == PROVIDER_ENTRA ? "front-channel" : "back-channel");
}

static void
check_network(struct doctor *d, const struct provider *p, const char *what)
{
	const struct settings *s = d->cli->settings;
	struct err e = {RG_OK, ""};
	int64_t date = 0, off;

	if (gate_provider_check(d->cli->gate, p, clock_now(), &date, &e) !=
	    RG_OK) {
		doctor_report(d, FINDING_FAIL, what,
		    "discovery or keys can't be had: %s (%s)", e.detail,
		    err_name(e.code));
		return;
	}
	doctor_report(
	    d, FINDING_OK, what, "discovery and keys of %s", p->issuer);
	check_registered(d, p, what);
	if (date == 0)
		return;
	off = clock_now() - date;
	if (llabs(off) > s->clock_skew)
		doctor_report(d, FINDING_FAIL, what,
		    "this machine's clock differs by %lld s, and clock_skew is "
		    "%lld s: set it (NTP)",
		    (long long)off, (long long)s->clock_skew);
	else if (llabs(off) > SKEW_WARN)
		doctor_report(d, FINDING_WARN, what,
		    "this machine's clock differs by %lld s: set it (NTP) "
		    "before it is more than clock_skew, %lld s",
		    (long long)off, (long long)s->clock_skew);
	else
		doctor_report(d, FINDING_OK, what,
		    "this machine's clock differs by %lld s", (long long)off);
}

static void
check_certificate(
    struct doctor *d, const struct credential *c, const char *what)
{
	enum finding f = FINDING_WARN;
	const char *advice = "";
	char end[32];

	clock_format(c->cert.not_after, end);
	switch (cert_state(&c->cert, d->cli->ctx.now)) {
	case CERT_GOOD:
		f = FINDING_OK;
		break;
	case CERT_ENDS_SOON:
		advice = ": make a new one and list it beside this one";
		break;
	case CERT_URGENT:
		advice = ", which is very soon: make a new one now";
		break;
	case CERT_NOT_YET:
		clock_format(c->cert.not_before, end);
		doctor_report(d, FINDING_WARN, what,
		    "certificate %s is valid from %s on only", c->source, end);
		return;
	case CERT_EXPIRED:
		advice = " and is not used any more: take it out";
		break;
	}
	doctor_report(d, f, what, "certificate %s (x5t#S256 %s) ends %s%s",
	    c->source, c->cert.x5t_s256, end, advice);
}

static void
check_credentials(struct doctor *d, const struct provider *p, const char *what)
{
	struct err e = {RG_OK, ""};
	bool usable = false;
	size_t i;

	for (i = 0; i < p->credential_count; i++) {
		const struct credential *c = &p->credentials[i];
		enum cert_state state = cert_state(&c->cert, d->cli->ctx.now);

		switch (c->kind) {
		case CREDENTIAL_CERTIFICATE:
			check_certificate(d, c, what);
			usable = usable || (state != CERT_EXPIRED &&
					       state != CERT_NOT_YET);
			break;
		case CREDENTIAL_SECRET:
			doctor_report(d, FINDING_OK, what,
			    "a secret of %zu characters from %s; when it ends "
			    "only the provider knows%s",
			    strlen(c->secret), c->source,
			    p->type == PROVIDER_ENTRA
				? " (Certificates & secrets)"
				: "");
			usable = true;
			break;
		case CREDENTIAL_ASSERTION_FILE:
			if (gate_assertion_check(c, &e) == RG_OK)
				doctor_report(d, FINDING_OK, what,
				    "a token in %s", c->source);
			else
				doctor_report(d, FINDING_WARN, what,
				    "the assertion can't be used: %s (%s)",
				    e.detail, err_name(e.code));
			usable = usable || e.code == RG_OK;
			break;
		}
	}
	if (!usable)
		doctor_report(d, FINDING_FAIL, what,
		    "no client credential can be used now: nobody can sign in");
}

void
doctor_provider(struct doctor *d, const struct provider *p)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "provider %s", p->name);
	check_network(d, p, what);
	check_credentials(d, p, what);
	doctor_report(d, FINDING_OK, what, "asks for: %s", p->scope);
	if (p->type == PROVIDER_ENTRA && strcmp(p->groups_claim, "groups") == 0)
		doctor_report(d, FINDING_OK, what,
		    "groups come only with Token configuration, Add groups "
		    "claim, ID token: Group ID");
}

struct mapping_count {
	struct doctor *d;
	int all;
	int bad;
};

static enum rg_err
check_mapping(void *ctx, const struct mapping_row *m)
{
	struct mapping_count *n = ctx;
	const struct cli *cli = n->d->cli;
	const char *why = gate_never_matches(cli->settings, m, cli->ctx.now);
	char what[48];

	n->all++;
	if (why == NULL)
		return RG_OK;
	n->bad++;
	(void)snprintf(what, sizeof(what), "mapping %lld", (long long)m->id);
	doctor_report(n->d, FINDING_WARN, what, "%s%s%s of %s can't match: %s",
	    m->kind, m->label[0] != '\0' ? " " : "", m->label, m->provider,
	    why);
	return RG_OK;
}

void
doctor_mappings(struct doctor *d)
{
	struct mapping_count n = {.d = d};
	enum rg_err r;

	r = store_each_mapping(gate_store(d->cli->gate), check_mapping, &n);
	if (r != RG_OK)
		doctor_report(d, FINDING_FAIL, "mappings", "%s (%s)",
		    err_text(r), err_name(r));
	else if (n.all == 0)
		doctor_report(d, FINDING_WARN, "mappings",
		    "there are none: nobody gets a role (rolegatectl map add)");
	else if (n.bad == 0)
		doctor_report(
		    d, FINDING_OK, "mappings", "%d, all can match", n.all);
}
