/* SPDX-License-Identifier: ISC */
#include "gate_person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "oidc/userinfo.h"

#define DISPLAY_MAX 200

static const char *
first_fit(const json_t *doc, const char *const *names)
{
	const char *s;

	for (; *names != NULL; names++) {
		s = json_str(doc, *names);
		if (s != NULL && text_is_line(s, DISPLAY_MAX))
			return s;
	}
	return NULL;
}

/*
 * The first of these claims that is fit to be shown, else what userinfo told
 * for that; "" if none is.
 */
static const char *
display(const json_t *claims, const char *const *names)
{
	const char *s = first_fit(claims, names);

	if (s == NULL)
		s = first_fit(userinfo_shown(claims), names);
	return s == NULL ? "" : s;
}

const json_t *
gate_email_claims(const json_t *claims)
{
	return json_object_get(claims, "email") != NULL
		   ? claims
		   : userinfo_shown(claims);
}

/*
 * Whose people they are is up to the token, not to the configuration. The
 * issuer is that of v2.0 also for a token of v1.0: it is the same person.
 */
static enum rg_err
set_tenant(const struct provider *p, const json_t *claims,
    struct gate_person *out, struct err *e)
{
	const char *tid = json_str(claims, "tid");
	struct buf issuer = BUF_INIT;

	if (tid == NULL || !text_is_guid(tid))
		return err_set(e, RG_E_TID, "no usable tenant");
	memcpy(out->tenant, tid, sizeof(out->tenant));
	text_lower(out->tenant);
	entra_issuer(p->entra, out->tenant, &issuer);
	if ((out->issuer = buf_steal(&issuer)) == NULL)
		return err_set(e, RG_E_NOMEM, "whose token it is");
	out->row.tenant = out->tenant;
	out->row.issuer = out->issuer;
	return RG_OK;
}

enum rg_err
gate_person_of(const struct provider *p, const json_t *claims, bool app,
    struct gate_person *out, struct err *e)
{
	static const char *const user_names[] = {"name", NULL};
	static const char *const app_names[] = {
	    "name", "app_displayname", NULL};
	static const char *const usernames[] = {"preferred_username", NULL};
	/* v1.0 of Entra has the second or third in place of the first. Of any
	 * other provider nobody knows who writes them. */
	static const char *const entra_usernames[] = {
	    "preferred_username", "upn", "unique_name", NULL};
	static const char *const emails[] = {"email", NULL};
	const char *email = first_fit(gate_email_claims(claims), emails);
	struct principal_row *row = &out->row;
	const bool entra = p->type == PROVIDER_ENTRA;
	const char *subject = json_str(claims, entra ? "oid" : "sub");
	enum rg_err r;

	memset(out, 0, sizeof(*out));
	row->provider = p->name;
	row->issuer = p->issuer;
	row->tenant = "";
	row->kind = app ? "app" : "user";
	row->name = display(claims, app ? app_names : user_names);
	row->username = display(claims, entra ? entra_usernames : usernames);
	row->email = email == NULL ? "" : email;
	if (p->entra != NULL && (r = set_tenant(p, claims, out, e)) != RG_OK)
		return r;
	if (subject == NULL || strlen(subject) >= sizeof(out->subject))
		return err_set(e, RG_E_SUB, "no usable subject");
	(void)snprintf(out->subject, sizeof(out->subject), "%s", subject);
	if (entra)
		text_lower(out->subject);
	row->subject = out->subject;
	if ((out->id = gate_subject_id(row)) == NULL)
		return err_set(e, RG_E_NOMEM, "whose token it is");
	return RG_OK;
}

void
gate_person_clear(struct gate_person *p)
{
	free(p->id);
	free(p->issuer);
	memset(p, 0, sizeof(*p));
}
