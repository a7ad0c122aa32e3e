/* SPDX-License-Identifier: ISC */
#include "cli/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/keypair.h"
#include "base/text.h"
#include "store/store.h"

static const char *const names[] = {"ok", "warn", "fail"};
static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};

void
doctor_report(
    struct doctor *d, enum finding f, const char *what, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	const char *line;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	/* A file's name, for one, need not be UTF-8; JSON has to be. */
	if (buf_ok(&text) && text.len > 0)
		text_mend(text.p);
	line = buf_ok(&text) ? buf_str(&text) : err_text(RG_E_NOMEM);
	if (f == FINDING_FAIL)
		d->failed++;
	if (d->list != NULL) {
		if (json_array_append_new(d->list,
			json_pack("{s:s, s:s, s:s}", "result", names[f],
			    "check", what, "text", line)) != 0)
			d->lost = true;
	} else {
		(void)printf("%s%-4s%s  ", d->colour ? colours[f] : "",
		    names[f], d->colour ? "\033[0m" : "");
		cli_print(what);
		(void)fputs(": ", stdout);
		cli_print(line);
		(void)putchar('\n');
	}
	buf_clear(&text);
}

/* Nobody else may write `path`; with `secret`, nor read it. */
static void
check_mode(struct doctor *d, const char *what, const char *path, bool secret)
{
	struct stat st;

	if (stat(path, &st) != 0)
		doctor_report(d, FINDING_FAIL, what, "%s: %s%s", path,
		    strerror(errno),
		    errno == ENOENT && secret ? "; run rolegatectl init" : "");
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
		 (secret && (st.st_mode & S_IRWXO) != 0))
		doctor_report(d, FINDING_FAIL, what,
		    "%s has mode %04o: others must not %s it (chmod %s)", path,
		    (unsigned)(st.st_mode & 07777), secret ? "read" : "write",
		    secret ? "600" : "go-w");
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		doctor_report(d, FINDING_WARN, what,
		    "%s belongs to uid %u: run this as the user that rolegate "
		    "runs as",
		    path, (unsigned)st.st_uid);
	else
		doctor_report(d, FINDING_OK, what, "%s", path);
}

static void
check_database(struct doctor *d)
{
	struct store *store = gate_store(d->cli->gate);
	struct audit_head head = {0};
	struct err e = {RG_OK, ""};

	if (store_ping(store, true) != RG_OK)
		doctor_report(d, FINDING_FAIL, "database",
		    "can't be written: %s", store_error(store));
	else if (store_check(store, &e) != RG_OK)
		doctor_report(d, FINDING_FAIL, "database",
		    "%s: restore a backup", e.detail);
	else
		doctor_report(d, FINDING_OK, "database",
		    "its schema is of this version, and it is sound");
	if (store_audit_head(store, &head) != RG_OK)
		doctor_report(d, FINDING_FAIL, "audit", "can't be read: %s",
		    store_error(store));
	else
		doctor_report(d, FINDING_OK, "audit",
		    "%lld rows; rolegatectl audit verify proves the chain",
		    (long long)head.seq);
}

/* Of a backup, for one, or of a key file that came from elsewhere. */
static void
check_sealed(struct doctor *d)
{
	struct gate_keys_unopened no = {0};
	struct err e = {RG_OK, ""};

	if (gate_keys_check(d->cli->gate, d->cli->ctx.now, &no, &e) != RG_OK)
		doctor_report(d, FINDING_FAIL, "key file",
		    "what is sealed can't be read: %s", e.detail);
	else if (no.role_keys == 0 && no.refresh_tokens == 0)
		doctor_report(d, FINDING_OK, "key file",
		    "opens all that is sealed in the database");
	if (no.role_keys > 0)
		doctor_report(d, FINDING_WARN, "key file",
		    "keys of role tokens that it does not open: %lld; put back "
		    "the lines that sealed them, or rolegatectl key rotate "
		    "--now",
		    (long long)no.role_keys);
	if (no.refresh_tokens > 0)
		doctor_report(d, FINDING_WARN, "key file",
		    "refresh tokens that it does not open: %lld; put back the "
		    "lines that sealed them, or these sessions are not renewed "
		    "and end early",
		    (long long)no.refresh_tokens);
}

/* Where every answer is to carry one; without a key nobody gets an answer. */
static void
check_role_token(struct doctor *d)
{
	struct err e = {RG_OK, ""};
	enum rg_err r;

	if (!d->cli->settings->role_token_always)
		return;
	r = gate_role_token_check(d->cli->gate, d->cli->ctx.now, &e);
	if (r == RG_OK)
		doctor_report(d, FINDING_OK, "role tokens", "a key signs them");
	else
		doctor_report(d, FINDING_FAIL, "role tokens",
		    "rolegate would not start: %s (%s)", e.detail, err_name(r));
}

/* Nothing but rolegatectl needs it: rolegate starts without. */
static void
check_audit_key(struct doctor *d)
{
	const char *path = d->cli->settings->audit_key_file;
	struct keypair *key = NULL;
	struct err e = {RG_OK, ""};

	if (path == NULL)
		return;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		doctor_report(d, FINDING_FAIL, "audit key",
		    "%s is not there; run rolegatectl init", path);
	else if (keypair_load(path, &key, &e) != RG_OK)
		doctor_report(d, FINDING_FAIL, "audit key", "%s (%s)", e.detail,
		    err_name(e.code));
	else
		doctor_report(d, FINDING_OK, "audit key", "%s, key %s", path,
		    keypair_id(key));
	keypair_free(&key);
}

static void
run(struct doctor *d)
{
	struct cli *cli = d->cli;
	struct err e = {RG_OK, ""};
	size_t i;

	if (settings_load(cli->config, &cli->settings, &e) != RG_OK) {
		doctor_report(d, FINDING_FAIL, "configuration", "%s (%s)",
		    e.detail, err_name(e.code));
		return;
	}
	check_mode(d, "configuration", cli->config, false);
	check_mode(d, "database file", cli->settings->database, true);
	check_mode(d, "key file", cli->settings->key_file, true);
	check_audit_key(d);
	if (gate_open(cli->settings, &cli->gate, &e) != RG_OK) {
		doctor_report(d, FINDING_FAIL, "start",
		    "rolegate would not start: %s (%s)", e.detail,
		    err_name(e.code));
		return;
	}
	check_database(d);
	check_sealed(d);
	check_role_token(d);
	for (i = 0; i < cli->settings->provider_count; i++) {
		doctor_provider(d, &cli->settings->providers[i]);
		doctor_tokens(d, &cli->settings->providers[i]);
		doctor_groups(d, &cli->settings->providers[i]);
	}
	doctor_mappings(d);
}

int
cmd_doctor(struct cli *cli)
{
	const char *no_colour = getenv("NO_COLOR"); /* no-color.org */
	struct doctor d = {.cli = cli,
	    .colour = isatty(STDOUT_FILENO) == 1 &&
		      (no_colour == NULL || *no_colour == '\0')};

	if (cli->json && (d.list = json_array()) == NULL)
		return cli_fail(RG_E_NOMEM, NULL);
	run(&d);
	if (d.list != NULL && cli_print_json_own(d.list) != CLI_OK)
		return CLI_FAILED;
	if (d.lost)
		return cli_fail(RG_E_NOMEM, NULL);
	return d.failed > 0 ? CLI_FAILED : CLI_OK;
}
