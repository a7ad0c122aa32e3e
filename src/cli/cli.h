/* SPDX-License-Identifier: ISC */
/* rolegatectl: one subcommand, one file. */
#ifndef RG_CLI_CLI_H
#define RG_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "cli/actor.h"
#include "gate.h"
#include "gate_admin.h"

/* Exit statuses, documented in rolegatectl(8). */
#define CLI_OK 0
#define CLI_FAILED 1
#define CLI_USAGE 2

#define CLI_MAX_OPTIONS 64
#define CLI_MAX_INPUT (1 << 20)

struct cli {
	const char *config; /* path in force */
	bool json;
	struct {
		const char *name;
		const char *value;
	} options[CLI_MAX_OPTIONS];
	size_t option_count;
	char **args; /* what is left after the options */
	int arg_count;
	struct settings *settings; /* NULL until cli_open() */
	struct gate *gate;
	char actor[CLI_ACTOR_MAX];
	struct gate_context ctx;
};

/* A subcommand returns one of the exit statuses. */
typedef int command_fn(struct cli *);

command_fn cmd_init, cmd_config_check, cmd_role_add, cmd_role_list,
    cmd_role_remove, cmd_map_add, cmd_map_list, cmd_map_remove, cmd_role_set,
    cmd_map_set, cmd_map_apply, cmd_map_export, cmd_map_import, cmd_grant_add,
    cmd_grant_list, cmd_grant_set, cmd_grant_remove, cmd_principal_list,
    cmd_principal_disable, cmd_principal_enable, cmd_explain, cmd_session_list,
    cmd_session_revoke, cmd_audit_list, cmd_audit_verify, cmd_audit_export,
    cmd_counters, cmd_audit_key, cmd_audit_checkpoint, cmd_audit_archive,
    cmd_jws_verify, cmd_token_check, cmd_doctor, cmd_contextforge_sync,
    cmd_contextforge_token, cmd_key_rotate, cmd_key_list, cmd_key_file_rotate,
    cmd_maintain, cmd_backup, cmd_restore;

/* The n-th value of --name, or NULL. */
const char *cli_option_nth(const struct cli *, const char *name, size_t n);
const char *cli_option(const struct cli *, const char *name);

/* Reads the settings; opens the gate too. Prints what is wrong. */
int cli_load(struct cli *);
int cli_open(struct cli *);

/* Fills in cli->ctx (actor.c); cli_open() has done it. */
void cli_find_actor(struct cli *);

/* An edit by whoever runs this, with --force if it was given. */
struct gate_edit cli_edit(const struct cli *);

/* --expires, 0 without it; a time that is over is wrong usage. */
int cli_expiry(const struct cli *, int64_t *when);

/* Of an edit: -1 without it, 0 for "never". */
int cli_new_expiry(const struct cli *, int64_t *when);

/* The first argument, the number of a `what`. */
int cli_number(const struct cli *, const char *what, int64_t *number);

/* Prints "rolegatectl: detail (RG_E_X)" to stderr; returns CLI_FAILED. */
int cli_fail(enum rg_err, const struct err *);

/* Prints the message and where help is; returns CLI_USAGE. */
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints a JSON value and a newline to stdout. Takes the reference. */
int cli_print_json_own(json_t *);

/*
 * The end of a listing: of --json prints the list (reference taken), of a
 * failure `r` what went wrong; the exit status.
 */
int cli_end_list_own(enum rg_err r, json_t *list);

/*
 * The options --since, --until, --event, --subject, --actor and --request.
 * CLI_USAGE, with a message, when one is malformed.
 */
int cli_audit_filter(const struct cli *, struct audit_filter *);

/* Prints text of others with control characters escaped. */
void cli_print(const char *s);

/* Standard input up to CLI_MAX_INPUT, without white space at the end. */
enum rg_err cli_read_stdin(struct buf *out, struct err *e);

/*
 * "2026-12-31", "2026-12-31T23:59:59Z", or a duration such as 30d, which
 * counts from `now` in direction `sign` (1 or -1). False if it is neither.
 */
bool cli_parse_when(const char *s, int64_t now, int sign, int64_t *out);

#endif
