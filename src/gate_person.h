/* SPDX-License-Identifier: ISC */
/*
 * Whom verified claims are about, the same for a sign-in and for an access
 * token: it is what makes them one person. Shared by gate*.c and by nobody
 * else.
 */
#ifndef RG_GATE_PERSON_H
#define RG_GATE_PERSON_H

#include "gate_internal.h"
#include "store/session.h"

#define GATE_SUBJECT_MAX 256

struct gate_person {
	/*
	 * Who, and what to call them; roles, claims and groups are NULL.
	 * Borrows from the provider, the claims and what is below.
	 */
	struct principal_row row;
	char *id; /* "entra:<tid>:<oid>" */
	char *issuer;
	entra_guid tenant;
	char subject[GATE_SUBJECT_MAX];
};

/*
 * Identity is (issuer, tid, oid) at Entra, else (issuer, sub); what is shown is
 * "" when the claim is absent or not fit to be shown. `app`: an application on
 * its own behalf. RG_E_TID, RG_E_SUB, RG_E_NOMEM. *out is not to be moved, and
 * to be cleared in any case.
 */
enum rg_err gate_person_of(const struct provider *, const json_t *claims,
    bool app, struct gate_person *out, struct err *e);
void gate_person_clear(struct gate_person *);

/*
 * Which document tells the e-mail address: the claims, or what was kept of
 * userinfo beside them; or NULL. Only its word says whether it was verified.
 */
const json_t *gate_email_claims(const json_t *claims);

/*
 * What to make of a userinfo endpoint that did not answer a sign-in. Where
 * roles depend on it, `claims` are marked: what they lack is unknown. What is
 * only shown keeps nobody out: it stays as it was told last of this person.
 */
enum rg_err gate_without_userinfo(
    struct gate *, const struct provider *, json_t *claims, struct err *e);

/* What is shown, as it was told last of a principal, into `claims`. */
enum rg_err gate_show_last_known(
    struct gate *, int64_t principal, json_t *claims, struct err *e);

#endif
