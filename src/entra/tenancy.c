/* SPDX-License-Identifier: ISC */
#include "entra/tenancy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"

#define MARK "{tenantid}"
#define MARK_LEN (sizeof(MARK) - 1)
#define V2_TAIL "/v2.0"
#define V1_TAIL "/"

void
entra_tenancy_free(struct entra_tenancy **tp)
{
	struct entra_tenancy *t = *tp;

	if (t == NULL)
		return;
	free(t->allowed);
	free(t->authority);
	free(t->authority_v1);
	free(t);
	*tp = NULL;
}

bool
entra_many_tenants(const struct entra_tenancy *t)
{
	return t->mode == ENTRA_ORGANIZATIONS || t->mode == ENTRA_COMMON;
}

/* A GUID of any case, in lower case; false if it is none. */
static bool
canonical(const char *s, entra_guid out)
{
	if (s == NULL || !text_is_guid(s))
		return false;
	memcpy(out, s, sizeof(entra_guid));
	text_lower(out);
	return true;
}

static bool
is_listed(const struct entra_tenancy *t, const entra_guid tid)
{
	size_t i;

	for (i = 0; i < t->allowed_count; i++)
		if (strcmp(t->allowed[i], tid) == 0)
			return true;
	return false;
}

enum rg_err
entra_check_tenant(
    const struct entra_tenancy *t, const char *tid, struct err *e)
{
	entra_guid id;
	bool personal, may;

	if (!canonical(tid, id))
		return err_set(e, RG_E_TID, "no tid that is a GUID");
	personal = strcmp(id, ENTRA_PERSONAL) == 0;
	if (!entra_many_tenants(t))
		may = strcmp(t->tenant, id) == 0;
	else if (personal) /* "*" means organizations */
		may = t->mode == ENTRA_COMMON && is_listed(t, id);
	else
		may = t->any_organization || is_listed(t, id);
	if (may)
		return RG_OK;
	return personal ? err_set(e, RG_E_TENANT_PERSONAL,
			      "a personal Microsoft account")
			: err_set(e, RG_E_TENANT, "tenant %s", id);
}

/* <authority>/<tid><tail>, byte for byte. */
static bool
is_issuer(
    const char *iss, const char *authority, const char *tid, const char *tail)
{
	size_t n;

	if (authority == NULL)
		return false;
	n = strlen(authority);
	return strncmp(iss, authority, n) == 0 && iss[n] == '/' &&
	       strncmp(iss + n + 1, tid, strlen(tid)) == 0 &&
	       strcmp(iss + n + 1 + strlen(tid), tail) == 0;
}

static bool
is_v2_issuer(const struct entra_tenancy *t, const char *iss, const char *tid)
{
	return is_issuer(iss, t->authority, tid, V2_TAIL);
}

static bool
is_v1_issuer(const struct entra_tenancy *t, const char *iss, const char *tid)
{
	return is_issuer(iss, t->authority_v1, tid, V1_TAIL);
}

/* Is it at this origin, and if so, of which tenant? NULL: another origin. */
static const char *
tenant_at(const char *iss, const char *authority)
{
	size_t n;

	if (authority == NULL)
		return NULL;
	n = strlen(authority);
	return strncmp(iss, authority, n) == 0 && iss[n] == '/' ? iss + n + 1
								: NULL;
}

/* The GUID that an issuer has in the place of the tenant, in lower case. */
static bool
issuer_tenant(const struct entra_tenancy *t, const char *iss, entra_guid out)
{
	const char *tenant = tenant_at(iss, t->authority);

	if (tenant == NULL)
		tenant = tenant_at(iss, t->authority_v1);
	if (tenant == NULL || strlen(tenant) < TEXT_GUID_LEN)
		return false;
	memcpy(out, tenant, TEXT_GUID_LEN);
	out[TEXT_GUID_LEN] = '\0';
	text_lower(out);
	return text_is_guid(out);
}

static bool
has_user_info(const char *iss)
{
	const char *host = strchr(iss, ':');

	if (host == NULL)
		return false;
	host += strspn(host, ":/");
	return memchr(host, '@', strcspn(host, "/?#\\")) != NULL;
}

static bool
is_of_other_cloud(const struct entra_tenancy *t, const char *iss)
{
	const struct entra_cloud *c;

	for (c = entra_clouds; c->name != NULL; c++) {
		if (tenant_at(iss, c->authority) != NULL)
			return strcmp(c->authority, t->authority) != 0;
		if (tenant_at(iss, c->authority_v1) != NULL)
			return t->authority_v1 == NULL ||
			       strcmp(c->authority_v1, t->authority_v1) != 0;
	}
	return false;
}

/* Why this is not the issuer of `tid`: each attack has a name of its own. */
static enum rg_err
name_issuer_error(const struct entra_tenancy *t, const char *iss,
    const char *tid, struct err *e)
{
	entra_guid id;

	if (iss == NULL)
		return err_set(e, RG_E_ISS, "no iss");
	if (strcasestr(iss, MARK) != NULL)
		return err_set(e, RG_E_TENANT_TEMPLATE, "iss");
	if (has_user_info(iss))
		return err_set(e, RG_E_ISS_USERINFO, "iss is \"%.120s\"", iss);
	if (is_of_other_cloud(t, iss))
		return err_set(e, RG_E_ISS_CLOUD,
		    "iss is \"%.90s\", the cloud is %s", iss, t->cloud->name);
	if (issuer_tenant(t, iss, id) && strcmp(id, tid) != 0)
		return err_set(e, RG_E_ISS_TENANT,
		    "iss is of tenant %s, tid is %s", id, tid);
	return err_set(e, RG_E_ISS,
	    "iss is \"%.90s\", not the issuer of tenant %s", iss, tid);
}

static enum rg_err
check_tid(const json_t *claims, entra_guid out, struct err *e)
{
	const char *tid = json_str(claims, "tid");
	const char *name;
	const json_t *v;

	/* jansson's iterator takes no const object. */
	json_object_foreach((json_t *)(uintptr_t)claims, name, v)
	{
		if (strcasecmp(name, "tid") == 0 && strcmp(name, "tid") != 0)
			return err_set(e, RG_E_TID_DUPLICATE, "\"%s\"", name);
	}
	if (tid != NULL && strcasestr(tid, MARK) != NULL)
		return err_set(e, RG_E_TENANT_TEMPLATE, "tid");
	if (!canonical(tid, out))
		return err_set(e, RG_E_TID, "no tid that is a GUID");
	return RG_OK;
}

int
entra_version(const json_t *claims)
{
	const char *ver = json_str(claims, "ver");

	if (ver == NULL)
		return 0;
	return strcmp(ver, "2.0") == 0 ? 2 : strcmp(ver, "1.0") == 0 ? 1 : 0;
}

static enum rg_err
check_issuer(const struct entra_tenancy *t, const json_t *claims,
    const entra_guid tid, struct err *e)
{
	const char *iss = json_str(claims, "iss");
	int version = 0;

	if (iss != NULL && is_v2_issuer(t, iss, tid))
		version = 2;
	else if (iss != NULL && is_v1_issuer(t, iss, tid))
		version = 1;
	else
		return name_issuer_error(t, iss, tid, e);
	if (entra_version(claims) != version)
		return err_set(e, RG_E_TOKEN_VERSION,
		    "iss is of v%d.0, ver says \"%.20s\"", version,
		    json_str(claims, "ver") == NULL ? ""
						    : json_str(claims, "ver"));
	return RG_OK;
}

/*
 * Keys of personal accounts and of organizations are published side by side;
 * the key's issuer keeps them apart. It is a template or the issuer itself,
 * always in the form of v2.0, also where it signs v1.0 tokens. The v1.0 key
 * document does not have it: those keys are taken only from the document of
 * the one tenant.
 */
static enum rg_err
check_key(const struct entra_tenancy *t, const struct entra_signer *by,
    const entra_guid tid, struct err *e)
{
	const char *mark;
	struct buf issuer = BUF_INIT;
	bool fits;

	if (by->key_cloud != NULL && by->cloud != NULL &&
	    strcmp(by->key_cloud, by->cloud) != 0)
		return err_set(e, RG_E_KEY_CLOUD,
		    "the key is of %.60s, the metadata of %.60s", by->key_cloud,
		    by->cloud);
	if (by->key_issuer == NULL) {
		if (!entra_many_tenants(t))
			return RG_OK;
		return err_set(e, RG_E_KEY_ISSUER, "the key has no issuer");
	}
	mark = strcasestr(by->key_issuer, MARK);
	if (mark == NULL) {
		fits = is_v2_issuer(t, by->key_issuer, tid);
	} else {
		buf_put(
		    &issuer, by->key_issuer, (size_t)(mark - by->key_issuer));
		buf_puts(&issuer, tid);
		buf_puts(&issuer, mark + MARK_LEN);
		fits =
		    buf_ok(&issuer) && is_v2_issuer(t, buf_str(&issuer), tid);
		buf_clear(&issuer);
	}
	return fits ? RG_OK
		    : err_set(e, RG_E_KEY_ISSUER,
			  "the key is of \"%.120s\", tid is %s", by->key_issuer,
			  tid);
}

enum rg_err
entra_check_tenancy(const struct entra_tenancy *t, const json_t *claims,
    const struct entra_signer *by, struct err *e)
{
	entra_guid tid;
	enum rg_err r;

	if ((r = check_tid(claims, tid, e)) != RG_OK ||
	    (r = check_issuer(t, claims, tid, e)) != RG_OK ||
	    (r = check_key(t, by, tid, e)) != RG_OK)
		return r;
	return entra_check_tenant(t, tid, e);
}

enum entra_actor
entra_actor(const json_t *claims)
{
	const json_t *idtyp = json_object_get(claims, "idtyp");
	const char *scp = json_str(claims, "scp");
	const char *sub = json_str(claims, "sub");
	const char *oid = json_str(claims, "oid");

	if (idtyp != NULL)
		return json_is_string(idtyp) &&
			       strcmp(json_string_value(idtyp), "user") == 0
			   ? ENTRA_PERSON
			   : ENTRA_APP;
	if (scp != NULL && scp[0] != '\0')
		return ENTRA_PERSON;
	/* A person's sub is made for one application and never the oid. */
	if (sub != NULL && oid != NULL && strcasecmp(sub, oid) == 0)
		return ENTRA_APP;
	return ENTRA_UNSAID;
}

/*
 * acct says it (0: member, 1: guest), where it is configured; a foreign idp
 * does, too, but that it is absent says nothing.
 */
static enum rg_err
check_guest(const json_t *claims, struct err *e)
{
	const json_t *acct = json_object_get(claims, "acct");
	const char *text = json_string_value(acct);

	if ((json_is_integer(acct) && json_integer_value(acct) == 0) ||
	    (text != NULL && strcmp(text, "0") == 0))
		return RG_OK;
	if (acct != NULL || json_object_get(claims, "idp") != NULL)
		return err_set(
		    e, RG_E_GUEST, "by %s", acct != NULL ? "acct" : "idp");
	return err_set(e, RG_E_GUEST_UNKNOWN,
	    "guests = no needs the optional claim acct in the ID token");
}

enum rg_err
entra_check_person(
    const struct entra_tenancy *t, const json_t *claims, struct err *e)
{
	const char *tid = json_str(claims, "tid");
	const char *oid = json_str(claims, "oid");

	if (entra_actor(claims) == ENTRA_APP)
		return err_set(e, RG_E_APP_ONLY, "by %s",
		    json_object_get(claims, "idtyp") != NULL ? "idtyp" : "sub");
	if (oid == NULL || !text_is_guid(oid))
		return err_set(e, RG_E_OID,
		    "is \"profile\" among the scopes? Entra leaves oid out "
		    "without it");
	/* Personal accounts are at home in their tenant. */
	if (t->guests || tid == NULL || strcasecmp(tid, ENTRA_PERSONAL) == 0)
		return RG_OK;
	return check_guest(claims, e);
}

void
entra_issuer(const struct entra_tenancy *t, const char *tid, struct buf *out)
{
	buf_printf(out, "%s/%s" V2_TAIL, t->authority, tid);
}

bool
entra_is_ours(
    const struct entra_tenancy *t, const char *issuer, const char *tenant)
{
	return is_v2_issuer(t, issuer, tenant) &&
	       entra_check_tenant(t, tenant, NULL) == RG_OK;
}

bool
entra_is_token_issuer(const struct entra_tenancy *t, const char *issuer)
{
	entra_guid id;

	if (!issuer_tenant(t, issuer, id))
		return false;
	if (!is_v2_issuer(t, issuer, id) && !is_v1_issuer(t, issuer, id))
		return false;
	return entra_many_tenants(t) || strcmp(id, t->tenant) == 0;
}

bool
entra_is_metadata_issuer(const struct entra_tenancy *t, const char *issuer)
{
	return is_v2_issuer(
	    t, issuer, entra_many_tenants(t) ? MARK : t->tenant);
}

/*
 * The document for several tenants can't know in which of two clouds with the
 * same sign-in they are; that of one tenant does.
 */
static bool
is_graph_of(const struct entra_tenancy *t, const char *host)
{
	const struct entra_cloud *c;

	if (!entra_many_tenants(t))
		return strcmp(host, t->cloud->graph) == 0;
	for (c = entra_clouds; c->name != NULL; c++)
		if (strcmp(c->authority, t->cloud->authority) == 0 &&
		    strcmp(c->graph, host) == 0)
			return true;
	return false;
}

enum rg_err
entra_check_metadata(
    const struct entra_tenancy *t, const json_t *document, struct err *e)
{
	const char *issuer = json_str(document, "issuer");
	const char *instance = json_str(document, "cloud_instance_name");
	const char *graph = json_str(document, "msgraph_host");

	if (issuer == NULL || !entra_is_metadata_issuer(t, issuer))
		return err_set(e, RG_E_DISCOVERY_ISSUER,
		    "it says \"%.90s\", expected %.60s/%s" V2_TAIL,
		    issuer == NULL ? "" : issuer, t->authority,
		    entra_many_tenants(t) ? MARK : t->tenant);
	if (t->own_authority)
		return RG_OK;
	if (instance != NULL && strcmp(instance, t->cloud->instance) != 0)
		return err_set(e, RG_E_DISCOVERY_CLOUD,
		    "cloud_instance_name is \"%.60s\", cloud = %s", instance,
		    t->cloud->name);
	if (graph != NULL && !is_graph_of(t, graph))
		return err_set(e, RG_E_DISCOVERY_CLOUD,
		    "msgraph_host is \"%.60s\", cloud = %s has %s", graph,
		    t->cloud->name, t->cloud->graph);
	return RG_OK;
}
