/* SPDX-License-Identifier: ISC */
/*
 * The admin API of a ContextForge gateway, as far as roles of people need it:
 * /v1/rbac and /v1/auth/email/admin. What is busy or broken there (429, 5xx,
 * no connection) is asked again, after a growing pause, until the attempts or
 * the time are used up.
 *
 * Errors of every call:
 *     RG_E_CF_AUTH         401 or 403: our token is not an administrator's
 *     RG_E_CF_REFUSED      another 4xx: this request is not wanted as it is
 *     RG_E_CF_UNAVAILABLE  429 or 5xx to the end
 *     RG_E_CF_ANSWER       an answer that is not what the API promises
 *     RG_E_NET_*, RG_E_NOMEM
 * The gateway's own words are in no detail: they are somebody else's.
 */
#ifndef RG_CONTEXTFORGE_API_H
#define RG_CONTEXTFORGE_API_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "contextforge/config.h"

struct cf_api;

/*
 * NULL when out of memory. The configuration is borrowed. Like struct fetch it
 * belongs to the process that made it.
 */
struct cf_api *cf_api_new(const struct cf_config *);
void cf_api_free(struct cf_api **);

/*
 * How often each call is tried (1: once), and when all calls must be over, in
 * clock_mono_ms(); 0: no such end.
 */
void cf_api_limits(struct cf_api *, int attempts, int64_t deadline_ms);

/* Whether the last call was repeated: an attempt before had no answer. */
bool cf_api_repeated(const struct cf_api *);

/* The active roles, [{"id","name","scope"}]; a new reference in *out. */
enum rg_err cf_api_roles(struct cf_api *, json_t **out, struct err *e);

/* The active roles of a person, [{"role_id","scope","scope_id"}]; the last is
 * "" where there is none. A new reference in *out. */
enum rg_err cf_api_user_roles(
    struct cf_api *, const char *email, json_t **out, struct err *e);

enum rg_err cf_api_user_exists(
    struct cf_api *, const char *email, bool *exists, struct err *e);

/*
 * Makes a person who is no administrator, with a password that nobody knows.
 * RG_E_EXISTS if there is one already.
 */
enum rg_err cf_api_user_create(
    struct cf_api *, const char *email, const char *name, struct err *e);

/*
 * `expires_at` in seconds since 1970, 0: never. The gateway answers 400
 * (RG_E_CF_REFUSED) also when the person has that role in that scope already.
 */
enum rg_err
cf_api_assign(struct cf_api *, const char *email, const char *role_id,
    const char *scope, const char *scope_id, int64_t expires_at, struct err *e);

/* RG_E_NOT_FOUND when there was no such assignment. */
enum rg_err
cf_api_revoke(struct cf_api *, const char *email, const char *role_id,
    const char *scope, const char *scope_id, struct err *e);

#endif
