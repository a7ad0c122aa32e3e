/* SPDX-License-Identifier: ISC */
/* Shared by gate*.c and by nobody else. */
#ifndef RG_GATE_INTERNAL_H
#define RG_GATE_INTERNAL_H

#include "access/policy.h"
#include "base/hash.h"
#include "base/hash.h"
#include "base/limiter.h"
#include "base/seal.h"
#include "base/slots.h"
#include "gate.h"
#include "oidc/access_token.h"
#include "oidc/oidc.h"
#include "store/store.h"

struct counters; /* gate_count.c */
struct verdicts; /* gate_verdicts.c */
struct gate_cf;	 /* gate_contextforge.c */

struct gate {
	const struct settings *settings;
	struct store *store;
	struct seal_keys *keys;
	enum rg_err keys_error; /* why the file as it is can't be used */
	struct slots *slots;
	struct limiter *limiter;
	struct oidc *oidc;
	struct oidc_cache cache;
	struct graph *graph;
	struct access_policy *policy;
	struct counters *counters;
	struct verdicts *verdicts;
	struct gate_cf *contextforge; /* NULL until it is needed */

	int64_t suppressed; /* refusals not written since the last row */
};

/* RG_E_STORE_SCHEMA for one that can't be evaluated. */
enum rg_err
gate_policy_put_mapping(struct access_policy *, const struct mapping_row *);

/*
 * Roles and mappings as they are in the open transaction, so that it is never
 * half of an edit. The caller frees it.
 */
enum rg_err gate_policy_read(struct gate *, struct access_policy **out);

/* Makes gate->policy current; the second one in an open transaction. */
enum rg_err gate_policy(struct gate *, struct err *e);
enum rg_err gate_policy_within(struct gate *, struct err *e);

/* Whose groups are asked for, right after the token was verified. */
struct gate_groups_question {
	const struct provider *provider;
	const json_t *claims;
	const char *access_token; /* that came with them, or NULL */
	enum rg_err userinfo;	  /* why claims are missing; RG_OK */
	bool background;	  /* nobody waits for the answer */
	int64_t now;
};

/* What is known of somebody's groups beyond the claims. */
struct gate_groups {
	struct access_groups view;
	bool told;	   /* the claims tell: the view borrows from them */
	json_t *doc;	   /* what the view borrows from otherwise; or NULL */
	enum rg_err error; /* why Graph or userinfo did not tell; RG_OK */
	char detail[232];
};

/*
 * Judges the token and, when the groups did not fit into it, asks Graph: at
 * most the provider's graph_time and one token request long. That Graph can't
 * tell is no error of this function. RG_E_NOMEM, or of the store. *out is to be
 * cleared in any case.
 */
enum rg_err gate_groups_ask(struct gate *, const struct gate_groups_question *,
    struct gate_groups *out);

/* Unknown groups become those last known of the principal, if that is allowed.
 */
enum rg_err gate_groups_fall_back(struct gate *, const struct provider *,
    const struct principal_row *, int64_t now, struct gate_groups *);

/* What to record as last known; a new reference, NULL when out of memory. */
json_t *gate_groups_known(const struct gate_groups *, int64_t now);
void gate_groups_clear(struct gate_groups *);

/* A session whose claims are renewed. */
struct gate_renewal {
	uint8_t session[HASH_LEN];
	const char *public_id;
	const char *roles; /* as recorded: JSON */
	const char *nonce; /* of the sign-in */
	int64_t ends_at;   /* of the session, however often renewed */
};

/* A verified answer of a provider, and what it is to replace. */
struct gate_answer {
	const struct provider *provider;
	json_t *claims;		   /* those of no later use are removed */
	const uint8_t *begun_with; /* hash of the session at /login, or zeros */
	const char *session; /* the session cookie at /callback, or NULL */
	struct gate_groups *groups; /* falls back to what was known last */
	const char *refresh_token;  /* or NULL */
	/* The session that is renewed, instead of begun; or NULL. */
	const struct gate_renewal *renewal;
};

/* Decides, and writes principal, session and audit in one transaction. */
enum rg_err gate_record(struct gate *, const struct gate_context *,
    const struct gate_answer *, struct gate_signed_in *, struct err *e);

enum gate_limit_kind {
	LIMIT_STARTS,
	LIMIT_FAILURES,
	LIMIT_KINDS
};

/*
 * RG_E_LIMITED when this client's address has begun too many sign-ins (which
 * LIMIT_STARTS notes), or too many failed. Written to no audit, but counted.
 */
enum rg_err gate_limit(struct gate *, enum gate_limit_kind,
    const struct gate_context *, struct err *e);

/* Notes a sign-in that was refused for this reason. */
void
gate_limit_failed(struct gate *, const struct gate_context *, enum rg_err code);

/* Appends our address at which the provider's answer arrives. */
void gate_put_redirect_uri(const struct gate *, struct buf *out);

/*
 * The keys of the key file as it is now: read again when somebody has replaced
 * it, so that no process has to be told.
 */
const struct seal_keys *gate_keys(struct gate *);

/*
 * seal_open() of what a row holds that was read after a call of gate_keys():
 * also when the keys were replaced in between, and the row sealed anew.
 */
enum rg_err gate_open_sealed(
    struct gate *, const char *purpose, const char *sealed, struct buf *out);

/* What is sealed in rows, and as what (seal()). */
#define GATE_SEAL_ROLE_KEY "role key"
#define GATE_SEAL_REFRESH "rolegate refresh token"

/* One of the slots for waiting on a provider; give it back (slots_give). */
enum rg_err gate_take_slot(struct gate *, struct err *e);

struct login; /* oidc/login.h */

/*
 * A second transaction in place of `before`, for the same sign-in, which asks
 * the provider for the claims of a challenge. It can't be repeated.
 */
enum rg_err gate_begin_again(struct gate *, const struct login *before,
    const struct provider *, const char *challenge, const struct gate_context *,
    struct gate_login *, struct err *e);

/*
 * Keeps a refresh token, sealed, inside the open transaction. One that does not
 * fit is not kept: then the session ends when its claims are too old.
 */
enum rg_err gate_refresh_keep(struct gate *, const struct provider *,
    const struct gate_renewal *, const char *refresh_token, int64_t now);

/* When a session ends that has claims of `now` and a lifetime. */
int64_t gate_claims_end(const struct provider *, int64_t now, int64_t ends_at);

/* Says what the store said. */
enum rg_err
gate_store_err(struct gate *, enum rg_err, const char *doing, struct err *e);

/*
 * The end of a transaction, also of one that store_begin() could not open:
 *
 *     if ((r = store_begin(g->store)) == RG_OK && (r = a(...)) == RG_OK)
 *             r = gate_audit(...);
 *     return gate_commit(g, r, "doing a", e);
 *
 * Commits when `r` is RG_OK; else rolls back, and says in `e` (or NULL) what
 * the store said, unless something was said of it. Returns what became of it.
 */
enum rg_err
gate_commit(struct gate *, enum rg_err r, const char *doing, struct err *e);

/*
 * Appends an audit row inside the open transaction. Takes the reference to
 * `detail`, also when it fails; NULL (out of memory) fails.
 */
enum rg_err gate_audit(struct gate *, const struct gate_context *,
    const char *event, const char *actor, const char *subject, json_t *detail);

/* The same in a transaction of its own; says in `e` (or NULL) why it failed. */
enum rg_err
gate_audit_alone(struct gate *, const struct gate_context *, const char *event,
    const char *actor, const char *subject, json_t *detail, struct err *e);

/*
 * A person's e-mail address as it goes into the detail of an audit row: as
 * audit_email says, "" for nothing. A new reference; NULL when out of memory.
 */
json_t *gate_audit_email(struct gate *, const char *email);

/* Compact text of a JSON value in a new string; NULL when out of memory. */
char *gate_json_text(const json_t *);

/*
 * What the configuration of a provider says about a decision; the caller adds
 * the person.
 */
void gate_subject_init(struct access_subject *, const struct provider *);

/* Decides about an identity of which all but the decision is filled in. */
enum rg_err gate_decide(struct gate *, const struct provider *,
    struct gate_identity *, int64_t now, bool explain);

/* True when people of several tenants of Entra sign in with it. */
bool gate_many_tenants(const struct provider *);

/* The grants of a principal, in the list that gate_grants_clear() frees. */
enum rg_err gate_grants_load(struct gate *, int64_t principal_id,
    struct access_grant **list, size_t *count);
void gate_grants_clear(struct access_grant **list, size_t *count);

/*
 * Verified bearer tokens, so that one that comes with each request is verified
 * once (gate_verdicts.c). At most VERDICTS_MAX tokens of VERDICTS_BYTES in all,
 * those used last; by the SHA-256 of the whole token, signature included. What
 * is kept are the verified claims: who is disabled, and which roles they give,
 * is decided anew each time.
 */
#define VERDICTS_MAX 256
#define VERDICTS_BYTES ((size_t)1024 * 1024)

/* NULL when out of memory. */
struct verdicts *verdicts_new(void);
void verdicts_free(struct verdicts **);

struct verdict {
	const struct provider *provider;
	struct access_token token;
	uint8_t keys[HASH_LEN]; /* bearer_keys() that it was verified with */
	/*
	 * access/groups.h, when Graph was asked for the person's groups: good
	 * until then, under that version of the policy. Else NULL.
	 */
	json_t *groups;
	int64_t groups_until;
	int64_t groups_policy;
};

/* Borrowed until the next call; NULL, also from its exp on. */
const struct verdict *verdicts_find(
    struct verdicts *, const uint8_t hash[static HASH_LEN], int64_t now);

/* Keeps a copy (a reference to the claims); `size` is that of the token. */
void verdicts_put(struct verdicts *, const uint8_t hash[static HASH_LEN],
    const struct verdict *, size_t size, int64_t now);
void verdicts_drop(struct verdicts *, const uint8_t hash[static HASH_LEN]);

/*
 * Keeps the three members about groups of `from` with the verdict of this
 * token, if there is one; a reference, counted like the token's bytes.
 */
void verdicts_put_groups(struct verdicts *, const uint8_t hash[static HASH_LEN],
    const struct verdict *from);

/*
 * Tells the gateway of somebody who has just signed in, if it is to be told
 * then. Takes sign_in_timeout at most, and its failure is only audited: the
 * next `rolegatectl contextforge sync` does what is left.
 */
void gate_cf_signed_in(
    struct gate *, const struct gate_context *, int64_t principal);
void gate_cf_free(struct gate_cf **);

/*
 * An audit row that is counted when the open transaction is committed. That is
 * what gate_try_commit() is for, and gate_rollback() forgets it: a transaction
 * with rows in it ends by one of the two, as gate_commit() does.
 */
void gate_count_row(struct gate *, const char *event, int64_t now);
enum rg_err gate_try_commit(struct gate *);
void gate_rollback(struct gate *);

/* What gate_count() counts in; NULL when out of memory. */
struct counters *gate_counters_new(void);

/*
 * Removes a little of what is over, every few seconds at most; gate_idle()
 * does, too, but a process that serves one request (plain CGI) is never idle.
 */
void gate_sweep(struct gate *, int64_t now);

/* Writes down what was counted, as far as possible, and frees. */
void gate_counters_end(struct gate *);

#endif
