/* SPDX-License-Identifier: ISC */
/* What a section of type entra says of clouds, tenants and groups. */
#include "settings_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/url.h"
#include "entra/tenancy.h"

#define ALLOWED_MAX 1000

static const char *const modes[] = {
    [ENTRA_ONE] = "",
    [ENTRA_ORGANIZATIONS] = "organizations",
    [ENTRA_COMMON] = "common",
    [ENTRA_CONSUMERS] = "consumers",
};

/* A GUID in lower case; false if it is none. */
static bool
take_guid(const char *s, size_t len, entra_guid out)
{
	if (len != TEXT_GUID_LEN)
		return false;
	memcpy(out, s, len);
	out[len] = '\0';
	text_lower(out);
	return text_is_guid(out);
}

static void
read_tenant(
    struct conf *c, const char *section, struct provider *p, const char *tenant)
{
	struct entra_tenancy *t = p->entra;
	size_t i;

	t->mode = ENTRA_ONE;
	for (i = ENTRA_ORGANIZATIONS; i <= ENTRA_CONSUMERS; i++)
		if (strcmp(tenant, modes[i]) == 0)
			t->mode = (enum entra_mode)i;
	if (t->mode == ENTRA_CONSUMERS)
		(void)take_guid(ENTRA_PERSONAL, TEXT_GUID_LEN, t->tenant);
	else if (t->mode == ENTRA_ONE &&
		 !take_guid(tenant, strlen(tenant), t->tenant))
		conf_fail(c, section, "tenant",
		    "expected the tenant id, a GUID (Entra admin center, "
		    "Overview), or organizations, common or consumers");
	if (t->tenant[0] != '\0')
		p->tenant = settings_dup(t->tenant);
}

/* One word of allowed_tenants. */
static void
allow(struct conf *c, const char *section, struct entra_tenancy *t,
    const char *word, size_t len)
{
	entra_guid id;
	entra_guid *list;

	if (len == 1 && word[0] == '*') {
		t->any_organization = true;
		return;
	}
	if (!take_guid(word, len, id)) {
		conf_fail(c, section, "allowed_tenants",
		    "expected tenant ids (GUIDs) separated by blanks, or *, "
		    "got \"%.*s\"",
		    (int)len, word);
		return;
	}
	if (strcmp(id, ENTRA_PERSONAL) == 0 && t->mode != ENTRA_COMMON) {
		conf_fail(c, section, "allowed_tenants",
		    "personal accounts can sign in with tenant = common or "
		    "consumers only");
		return;
	}
	list = reallocarray(t->allowed, t->allowed_count + 1, sizeof(*list));
	if (list == NULL || t->allowed_count == ALLOWED_MAX) {
		free(list == NULL ? t->allowed : list);
		t->allowed = NULL;
		t->allowed_count = 0;
		conf_fail(c, section, "allowed_tenants", "too many tenants");
		return;
	}
	memcpy(list[t->allowed_count], id, sizeof(id));
	t->allowed = list;
	t->allowed_count++;
}

/* Nobody is let in for want of a word: several tenants have to be named. */
static void
read_allowed(struct conf *c, const char *section, struct entra_tenancy *t)
{
	const char *s = conf_str(c, section, "allowed_tenants", NULL);
	size_t len;

	if (!entra_many_tenants(t)) {
		if (s != NULL)
			conf_fail(c, section, "allowed_tenants",
			    "goes with tenant = organizations or common");
		return;
	}
	if (s == NULL) {
		conf_fail(c, section, "allowed_tenants",
		    "is required with tenant = %s: the ids of the tenants "
		    "that may sign in, or * for every organization",
		    modes[t->mode]);
		return;
	}
	while (*(s += strspn(s, " \t")) != '\0') {
		len = strcspn(s, " \t");
		allow(c, section, t, s, len);
		s += len;
	}
}

/*
 * The address of the metadata. Only a loopback address may stand in for that
 * of the cloud: then tests and the demo have a provider of their own.
 */
static void
read_authority(struct conf *c, const char *section, struct provider *p)
{
	struct entra_tenancy *t = p->entra;
	struct buf issuer = BUF_INIT, path = BUF_INIT;
	struct url u;
	size_t len;

	buf_printf(&path, "/%s/v2.0",
	    t->mode == ENTRA_ONE ? t->tenant : modes[t->mode]);
	buf_printf(&issuer, "%s%s", t->cloud->authority, buf_str(&path));
	p->issuer = conf_copy(c, section, "issuer", buf_str(&issuer));
	t->authority = settings_dup(t->cloud->authority);
	if (t->cloud->authority_v1 != NULL)
		t->authority_v1 = settings_dup(t->cloud->authority_v1);
	if (strcmp(p->issuer, buf_str(&issuer)) == 0)
		goto out;
	len = strlen(p->issuer);
	if (url_parse(p->issuer, &u) != RG_OK ||
	    strcmp(u.path, buf_str(&path)) != 0 || u.has_query) {
		conf_fail(c, section, "issuer",
		    "is not the v2.0 issuer of tenant %s",
		    t->mode == ENTRA_ONE ? t->tenant : modes[t->mode]);
		goto out;
	}
	if (!url_is_loopback(&u)) {
		conf_fail(c, section, "issuer",
		    "is not of this cloud: set cloud = usgov, usgov-dod or "
		    "china instead (other addresses are for tests on loopback "
		    "only)");
		goto out;
	}
	t->own_authority = true;
	free(t->authority);
	free(t->authority_v1);
	t->authority = settings_dup(p->issuer);
	t->authority[len - path.len] = '\0';
	t->authority_v1 = settings_dup(t->authority);
out:
	buf_clear(&issuer);
	buf_clear(&path);
}

/* v1.0 issuers, where Microsoft documents none for the cloud. */
static void
read_sts(struct conf *c, const char *section, struct entra_tenancy *t)
{
	const char *sts = conf_str(c, section, "sts", NULL);
	struct url u;

	if (sts == NULL)
		return;
	if (t->authority_v1 != NULL) {
		conf_fail(c, section, "sts", "is known for this cloud: %s",
		    t->authority_v1);
		return;
	}
	if (url_parse(sts, &u) != RG_OK || !u.https || u.has_query ||
	    u.path[0] != '\0') {
		conf_fail(c, section, "sts",
		    "expected the beginning of v1.0 issuers without a slash "
		    "at the end, such as https://sts.example.com");
		return;
	}
	t->authority_v1 = settings_dup(sts);
}

static void
read_groups(struct conf *c, const char *section, struct provider *p)
{
	bool names = conf_bool(c, section, "group_names", false);
	char *claim = conf_copy_opt(c, section, "group_names_claim");

	if (claim != NULL && !names)
		conf_fail(c, section, "group_names_claim",
		    "has no effect without group_names = yes");
	if (names && claim == NULL)
		claim = settings_dup(p->groups_claim);
	p->group_names_claim = claim;
}

void
settings_read_entra(struct conf *c, const char *section, struct provider *p)
{
	struct entra_tenancy *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort(); /* at start; nothing to save */
	p->entra = t;
	t->cloud = &entra_clouds[conf_choice(
	    c, section, "cloud", entra_cloud_names, 0)];
	t->guests = conf_bool(c, section, "guests", true);
	read_tenant(c, section, p, conf_need(c, section, "tenant"));
	read_allowed(c, section, t);
	read_authority(c, section, p);
	read_sts(c, section, t);
	read_groups(c, section, p);
}
