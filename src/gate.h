/* SPDX-License-Identifier: ISC */
/*
 * The use cases: sign in, who am I, sign out; gate_admin.h: administer. The
 * only place that ties OpenID, access and storage together. One gate per
 * process, opened after fork(2). What a call returns borrowed is valid until
 * the next call.
 */
#ifndef RG_GATE_H
#define RG_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "access/decide.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/random.h"
#include "settings.h"
#include "store/audit.h"
#include "store/policy.h"
#include "store/session.h"

struct gate;
struct keypair;

/* On whose behalf and in which request; goes into the audit. Borrowed. */
struct gate_context {
	const char *request_id; /* "" for the CLI */
	const char *client;	/* network address, "" for the CLI */
	const char *actor;	/* who administers; "" for a web request */
	int64_t now;		/* seconds since 1970 */
};

/*
 * Opens key file, database and policy, and checks that what the settings
 * promise can be kept (default roles). The settings are borrowed.
 */
enum rg_err gate_open(const struct settings *, struct gate **, struct err *e);

/*
 * Migrates the database of an older rolegate, wholly or not at all, and only if
 * what is configured fits it at `now`. Processes of the older one that have it
 * open answer nobody any more.
 */
enum rg_err gate_migrate(const struct settings *, int64_t now, struct err *e);

/* store_check_schema(): at the start of a service, not in each worker. */
enum rg_err gate_check_schema(struct gate *, struct err *e);
void gate_free(struct gate **);

const struct settings *gate_settings(const struct gate *);

/*
 * Equal stamps mean that nothing has been committed to the database between the
 * two, by whichever process: see store_stamp(). False when it can't be told.
 */
#define GATE_STAMP_LEN 48
bool gate_stamp(struct gate *, uint8_t out[static GATE_STAMP_LEN]);

/* The database, for reading lists (rolegatectl). */
struct store *gate_store(struct gate *);

/* ---- sign in ---------------------------------------------------------- */

#define GATE_LOGIN_MAX 8 /* sign-ins that one browser can have under way */

struct gate_begin {
	const struct provider *provider;
	const char *return_to;	/* checked by the caller: a local path */
	const char *login_hint; /* these may be NULL */
	const char *domain_hint;
	const char *prompt;
	const char *step_up; /* an authentication context: oidc/authn.h */
	int64_t max_age;     /* seconds, or PROVIDER_NO_MAX_AGE */
	const char *session; /* the session cookie, to be ended; or NULL */
};

struct gate_login {
	char state[RANDOM_TOKEN_LEN + 1];
	struct buf cookie;   /* sealed transaction */
	struct buf location; /* authorization URL */
};

/*
 * RG_E_OVERLOADED when too many requests wait for the provider. Any other
 * failure (no usable discovery document) is audited as a refused sign-in.
 */
enum rg_err gate_begin_sign_in(struct gate *, const struct gate_begin *,
    const struct gate_context *, struct gate_login *, struct err *e);
void gate_login_clear(struct gate_login *);

/* When the transaction in a cookie began; false if it is not one of ours or
 * has expired. */
bool gate_login_age(
    struct gate *, const char *cookie, int64_t now, int64_t *created);

struct gate_callback {
	const char *state; /* parameters as sent, NULL when absent */
	const char *code;
	const char *error;
	const char *error_description; /* only Entra's number is taken of it */
	const char *error_subcode;     /* Entra */
	const char *iss;
	const char *cookie;  /* the transaction cookie for that state */
	const char *session; /* the session cookie, ended by the sign-in */
};

struct gate_signed_in {
	/*
	 * Not signed in yet: the provider wants the person once more, with
	 * certain claims. Set when location is not empty; happens once.
	 */
	struct gate_login again;
	const struct provider *provider;    /* known like return_to */
	char session[RANDOM_TOKEN_LEN + 1]; /* the new cookie's value */
	char *return_to; /* known as soon as the cookie was opened */
	bool has_role;
	int64_t principal_id;
};

/*
 * Everything from state to session. The session and its audit row are one
 * transaction; a refusal is audited too. Also on error return_to may be set
 * (for the link "try again").
 */
enum rg_err gate_finish_sign_in(struct gate *, const struct gate_callback *,
    const struct gate_context *, struct gate_signed_in *, struct err *e);
void gate_signed_in_clear(struct gate_signed_in *);

/*
 * Audits a refusal that was decided before gate_finish_sign_in could be
 * called, such as a duplicated parameter.
 */
void
gate_refused(struct gate *, const struct gate_context *, const struct err *);

/*
 * How somebody is called everywhere: "entra:<tid>:<oid>" or "<provider>:<sub>",
 * in a new string; NULL when out of memory.
 */
char *gate_subject_id(const struct principal_row *);

/* ---- who am I --------------------------------------------------------- */

struct gate_identity {
	char *id;   /* "entra:<tid>:<oid>" */
	char *kind; /* "user" or "app" */
	char *provider;
	char *issuer;
	char *tenant;  /* "" if none */
	char *subject; /* oid or sub */
	char *name;    /* display only; "" if unknown */
	char *username;
	char *email;
	const char *via;  /* "session" or "bearer" */
	char *session_id; /* the public one; "" without a session */
	char *app;    /* calls on its own behalf: its client id; else NULL */
	char *client; /* application that brought the token; NULL: none */
	int64_t principal_id;
	int64_t issued_at;
	int64_t expires_at;
	int64_t policy_version;
	json_t *claims;
	json_t *groups_doc;	     /* access/groups.h; {}: the claims tell */
	struct access_grant *grants; /* their strings are owned, too */
	size_t grant_count;
	/* Borrows from the gate's policy and from what is above. */
	struct access_decision decision;
};

/*
 * Who has the session with this cookie value, with the roles of this moment.
 * RG_E_SESSION_NONE, RG_E_SESSION_EXPIRED, or a storage error. A change of
 * roles since the last time is audited before it is answered.
 */
enum rg_err gate_whoami(struct gate *, const char *session,
    const struct gate_context *, struct gate_identity *, struct err *e);
void gate_identity_clear(struct gate_identity *);

/*
 * Logs and audits that somebody who has signed in was refused for want of a
 * role: 20 times a day of each, so that a page that is asked for again and
 * again does not fill the audit. `needed` is what would have done, as the
 * configuration says it; or NULL. That it can't be written changes nothing: it
 * is refused.
 */
void gate_access_refused(struct gate *, const struct gate_context *,
    const struct gate_identity *, enum rg_err why, const char *needed);

/*
 * Who brings this access token, with the roles of this moment: any provider
 * with audiences may have made it (oidc/access_token.h). It has nothing to do
 * with a session of the same person: neither's claims count for the other, but
 * grants do for both, and so does that somebody is disabled. Who is seen for
 * the first time is recorded, and nothing else is ever written. May wait for
 * keys, and for Graph when groups did not fit into the token (graph = app),
 * with one of the slots that bound how many do.
 *
 *   RG_E_TOKEN_REFUSED	it is not accepted; `e` has the cause
 *   RG_E_SCOPE		it is good, but lacks a required scope
 *   RG_E_OVERLOADED	its key is unknown, and too many wait for providers
 *   RG_E_JWKS_EMPTY	the provider's keys can't be had
 *   a storage error, RG_E_NOMEM
 */
enum rg_err gate_bearer(struct gate *, const char *token,
    const struct gate_context *, struct gate_identity *, struct err *e);

/*
 * Decides again about an identity of gate_whoami(), near misses included. One
 * that fails leaves the identity as it was.
 */
enum rg_err gate_explain(struct gate *, struct gate_identity *,
    const struct gate_context *, struct err *e);

/* ---- role tokens ------------------------------------------------------ */

#define GATE_KEY_OVERLAP 3600 /* the longest life of a role token, seconds */

/*
 * Makes a new key, which is published at once and signs `lead` seconds from
 * now, so that whoever keeps our key set for a while knows it by then. The old
 * one stays published until the last token that it signed is dead; those that
 * are done are removed. Audited. *kid is the caller's.
 */
enum rg_err gate_key_rotate(struct gate *, int64_t lead,
    const struct gate_context *, char **kid, struct err *e);

struct gate_keys_replaced {
	int64_t role_keys; /* sealed anew */
	int64_t refresh_tokens;
	int64_t unopened; /* of both, left as they are: no key opens them */
	int64_t until;	  /* the old keys open until then; 0: no more */
};

/*
 * Puts a new key into the key file, which seals from now on in all processes,
 * and seals what is in the database anew. The old keys go on opening sign-ins
 * that are under way for as long as these may take; with `at_once` not at all.
 * Audited. If it is interrupted, all that was sealed still opens.
 */
enum rg_err gate_keys_replace(struct gate *, bool at_once,
    const struct gate_context *, struct gate_keys_replaced *, struct err *e);

struct gate_keys_unopened {
	int64_t role_keys; /* that sign, now or later */
	int64_t refresh_tokens;
};

/* Counts what the database holds and no key of the key file opens. */
enum rg_err gate_keys_check(
    struct gate *, int64_t now, struct gate_keys_unopened *out, struct err *e);

/* The public keys of all role tokens that are alive at `now`: a JWK set. */
enum rg_err
gate_role_keys(struct gate *, int64_t now, json_t **out, struct err *e);

/*
 * Appends a role token for this identity: who, which roles, for the configured
 * audience, no longer than the session or bearer token lives. RG_E_CONF when
 * none is configured or no key signs now.
 */
enum rg_err gate_role_token(struct gate *, const struct gate_identity *,
    const struct gate_context *, struct buf *token, struct err *e);

/*
 * Whether role tokens could be made now. RG_E_CONF, or what is wrong with the
 * key, where every answer is to carry one (always = yes): then nobody could be
 * answered at all. Otherwise RG_OK, also where none is configured.
 */
enum rg_err gate_role_token_check(struct gate *, int64_t now, struct err *e);

/* ---- sign out --------------------------------------------------------- */

/*
 * Ends the session and appends the provider's logout URL, if it has one.
 * RG_E_SESSION_NONE when there was no session to end.
 */
enum rg_err gate_sign_out(struct gate *, const char *session,
    const struct gate_context *, struct buf *location, struct err *e);

/*
 * Ends the sessions with this session id of a provider: of the issuer `iss`,
 * or, when that is NULL, of Entra, which does not say it. RG_OK also when
 * there are none: nobody learns that from it.
 */
enum rg_err gate_sign_out_front(struct gate *, const char *sid, const char *iss,
    const struct gate_context *, struct err *e);

/*
 * Ends what a logout token names (oidc/logout_token.h), once for each token.
 * May wait for the provider's keys: RG_E_OVERLOADED. A refusal is counted.
 */
enum rg_err gate_sign_out_back(struct gate *, const char *token,
    const struct gate_context *, struct err *e);

/*
 * Verifies an ID token with the provider's keys. *claims is a new reference.
 */
enum rg_err
gate_token_check(struct gate *, const struct provider *, const char *token,
    size_t len, const char *nonce, int64_t now, json_t **claims, struct err *e);

/* ---- the audit -------------------------------------------------------- */

#define GATE_CHECKPOINT "rolegate-audit-checkpoint-v1"

/*
 * A client's address as audit_client wants it on record, for the log as well:
 * itself, a keyed hash of it (in `hash`), or "".
 */
#define GATE_CLIENT_LEN 37
const char *gate_client_text(
    struct gate *, const char *client, char hash[static GATE_CLIENT_LEN + 1]);

/*
 * Appends a signed statement (base/statement.h) of this kind: origin, seq, hash
 * and created. Verifies the whole chain before; RG_E_AUDIT_CHAIN. RG_E_CONF
 * when audit_key_file is not set.
 */
enum rg_err gate_audit_checkpoint(
    struct gate *, int64_t now, struct buf *out, struct err *e);

struct gate_archive {
	int64_t before;	    /* rows written before this time */
	const char *folder; /* which exists */
};

/*
 * Moves rows into signed segments (gate_segment.h), oldest first and no row out
 * of order: a segment is on the disk and was read back, then an audit row says
 * so, then its rows are deleted, in small steps. Wherever this is interrupted,
 * each row is in the database or in a finished segment, and the next call goes
 * on. `fn` is told of each segment. RG_E_AUDIT_CHAIN for a row that is not
 * good: it stays.
 */
typedef void gate_archived_fn(
    void *ctx, const char *file, int64_t first_seq, int64_t last_seq);
enum rg_err gate_audit_archive(struct gate *, const struct gate_context *,
    const struct gate_archive *, gate_archived_fn *fn, void *fn_ctx,
    struct err *e);

/*
 * Verifies the segments of `folder` with the public key (both may be NULL), and
 * then the database. `expect` (may be NULL) must be in the chain.
 */
enum rg_err gate_audit_verify(struct gate *, const struct audit_head *expect,
    const char *folder, const struct keypair *, struct audit_chain *chain,
    struct err *e);

/* ---- counters --------------------------------------------------------- */

/*
 * Counts `name` (what happened) for `reason` in the minute of `now`: a step in
 * memory. gate_idle() writes it down later, so a process that is killed loses
 * what it counted in the last seconds. Both are words of ours, of up to 63
 * characters [A-Za-z0-9_./:-], and few in all: an enum rg_err's name, a
 * configured provider's name, never anything that a client sent. A NULL gate
 * counts nothing.
 */
void
gate_count(struct gate *, const char *name, const char *reason, int64_t now);

/*
 * The numbers that /metrics shows: the totals of all counters (what was
 * counted, the reason), and some of the moment: "sessions", "policy_version",
 * "audit_rows", "audit_archived_rows", and for each provider and document
 * "document_age" in seconds.
 */
typedef void gate_metric_fn(
    void *ctx, const char *name, const char *a, const char *b, int64_t value);
enum rg_err
gate_metrics(struct gate *, int64_t now, gate_metric_fn *fn, void *ctx);

/*
 * Between two requests: small chores that nobody waits for. Returns in how many
 * milliseconds it wants to be called again, -1 if not before the next request.
 */
int gate_idle(struct gate *);

/* ---- a ContextForge gateway --------------------------------------------- */

#define GATE_CF_ADDRESS_MAX 256

/*
 * The address under which the gateway may know this person, in lower case; ""
 * where there is none or it must not be believed, and then *why says why. Only
 * an administrator ever has the address that the gateway takes for its own
 * administrator's (platform_admin_email).
 */
enum rg_err gate_cf_address(struct gate *, const struct gate_identity *,
    char out[static GATE_CF_ADDRESS_MAX], const char **why);

/*
 * Told of every step of a run, done or (dry run) to be done: an object with
 * "do", "subject", "email", and, where a role is concerned, "role", "scope"
 * and "scope_id"; "reason" for "skip" and "fail". Borrowed for the call.
 */
typedef void gate_cf_fn(void *ctx, const json_t *step);

struct gate_cf_options {
	const char *subject; /* only this one; NULL: everybody */
	bool dry_run;	     /* only say what would be done */
	gate_cf_fn *fn;	     /* or NULL */
	void *ctx;
};

/*
 * Makes the roles of people at the gateway what they are here. What was not
 * given by us stays, and so does everything of people whose groups are not
 * known. Each change is audited; so is each failure, after which the others'
 * turn comes, unless it would be theirs, too. Returns the last failure.
 */
enum rg_err gate_cf_sync(struct gate *, const struct gate_context *,
    const struct gate_cf_options *, struct err *e);

/*
 * Appends a session token for `subject` ("entra:<tid>:<oid>") that the gateway
 * takes for its own (jwt_secret_file), no longer than token_lifetime and than
 * the person's session here. Audited first. Who has no session, no role, no
 * address or groups that are not known gets none: `e` says which. RG_E_CONF,
 * RG_E_NOT_FOUND, RG_E_DISABLED, RG_E_SESSION_NONE, RG_E_NO_ROLE,
 * RG_E_GROUPS_UNKNOWN, RG_E_DENIED, or a storage error.
 */
enum rg_err gate_cf_token(struct gate *, const char *subject,
    const struct gate_context *, struct buf *token, struct err *e);

/* ---- renew ------------------------------------------------------------ */

/*
 * Renews the claims of one session that is due, with its refresh token, or
 * ends it when the provider refuses. RG_E_NOT_FOUND when none is due; another
 * error when this one could not be renewed now: it is due again later. Waits
 * for the provider: for a process that answers no requests.
 */
enum rg_err gate_refresh_next(struct gate *, const struct gate_context *);

/* ---- health ----------------------------------------------------------- */

struct gate_health {
	enum rg_err database;
	size_t provider_count;
	struct {
		const char *name; /* borrowed from the settings */
		enum rg_err state;
	} providers[SETTINGS_MAX_PROVIDERS];
	bool certificate_ends; /* a client certificate needs a successor */
};

/* RG_OK when sign-ins can work: the database answers, keys are at hand. */
enum rg_err gate_ready(struct gate *, int64_t now, struct gate_health *);

/*
 * What keeps a mapping from ever matching, in words and with what to do about
 * it; NULL: nothing that is seen without asking the provider. Static text.
 */
const char *gate_never_matches(
    const struct settings *, const struct mapping_row *, int64_t now);

/* For rolegatectl doctor: discovery and keys at hand, and oidc_clock(). */
enum rg_err gate_provider_check(struct gate *, const struct provider *,
    int64_t now, int64_t *date, struct err *e);

/* The same: whether the redirect URI is registered; oidc_redirect_check(). */
enum rg_err gate_redirect_check(
    struct gate *, const struct provider *, int64_t now, struct err *e);

#define GATE_TOKENS_LAST 50

/*
 * For rolegatectl doctor: of the people of a provider who were seen last, so
 * many had such claims.
 */
struct gate_tokens {
	int all;
	int groups; /* the groups claim */
	int over;   /* more groups than a token carries */
	int roles;  /* the roles claim */
};
enum rg_err
gate_tokens(struct gate *, const struct provider *, struct gate_tokens *);

/*
 * For rolegatectl doctor, with graph = app: what Graph calls a group, as of
 * graph_group_name(); RG_E_NOT_FOUND when it is gone. `deadline_ms` is of
 * clock_mono_ms(). Errors of the token request, too.
 */
enum rg_err gate_group_name(struct gate *, const struct provider *,
    const char *id, int64_t deadline_ms, char **name, struct err *e);

/* RG_OK when the assertion file of a credential can be used. */
enum rg_err gate_assertion_check(const struct credential *, struct err *e);

#endif
