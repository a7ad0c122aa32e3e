/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <unistd.h>

#include "base/keypair.h"
#include "base/seal.h"
#include "cli/cli.h"
#include "store/store.h"

/* What the messages call the state of each file; NULL: not configured. */
struct made {
	const char *database;
	const char *key_file;
	const char *audit_key;
};

static int
report(const struct cli *cli, const struct made *m)
{
	const struct settings *s = cli->settings;

	if (cli->json)
		return cli_print_json_own(json_pack("{s:s, s:s, s:s*}",
		    "database", m->database, "key_file", m->key_file,
		    "audit_key_file", m->audit_key));
	(void)printf("database %s: %s\nkey file %s: %s\n", s->database,
	    m->database, s->key_file, m->key_file);
	if (m->audit_key != NULL)
		(void)printf(
		    "audit key %s: %s\n", s->audit_key_file, m->audit_key);
	return CLI_OK;
}

/* An existing one is kept, but it must be usable. */
static enum rg_err
make_key(const struct settings *s, const char **what, struct err *e)
{
	enum rg_err r = seal_keys_create(s->key_file, e);
	struct seal_keys *keys = NULL;

	*what = r == RG_OK ? "created" : "ready";
	if (r == RG_E_EXISTS)
		r = seal_keys_load(s->key_file, &keys, e);
	seal_keys_free(&keys);
	return r;
}

static enum rg_err
check_audit_key(const struct settings *s, struct err *e)
{
	struct keypair *key = NULL;
	enum rg_err r = keypair_load(s->audit_key_file, &key, e);

	keypair_free(&key);
	return r;
}

static enum rg_err
make_audit_key(const struct settings *s, const char **what, struct err *e)
{
	enum rg_err r;

	if (s->audit_key_file == NULL)
		return RG_OK;
	r = keypair_create(s->audit_key_file, e);
	*what = r == RG_OK ? "created" : "ready";
	return r == RG_E_EXISTS ? check_audit_key(s, e) : r;
}

int
cmd_init(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct made m = {0};
	enum rg_err r;
	int status;

	if ((status = cli_load(cli)) != CLI_OK)
		return status;
	m.database =
	    access(cli->settings->database, F_OK) == 0 ? "ready" : "created";
	if ((r = store_init(cli->settings->database, &e)) != RG_OK ||
	    (r = make_key(cli->settings, &m.key_file, &e)) != RG_OK ||
	    (r = make_audit_key(cli->settings, &m.audit_key, &e)) != RG_OK)
		return cli_fail(r, &e);
	return report(cli, &m);
}

int
cmd_config_check(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if ((r = store_check(gate_store(cli->gate), &e)) != RG_OK ||
	    (r = gate_role_token_check(cli->gate, cli->ctx.now, &e)) != RG_OK ||
	    (cli->settings->audit_key_file != NULL &&
		(r = check_audit_key(cli->settings, &e)) != RG_OK))
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(json_pack(
		    "{s:s, s:s}", "status", "ok", "config", cli->config));
	(void)printf("%s: ok\n", cli->config);
	return CLI_OK;
}
