/* SPDX-License-Identifier: ISC */
/* audit verify: segments, database, and what was noted earlier. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/statement.h"
#include "cli/cli.h"

/* "SEQ:HASH" */
static bool
parse_head(const char *s, struct audit_head *head)
{
	char *end;

	errno = 0;
	head->seq = strtoll(s, &end, 10);
	if (errno != 0 || end == s || head->seq < 0 || *end != ':' ||
	    strlen(end + 1) != HASH_HEX_LEN)
		return false;
	memcpy(head->hash, end + 1, HASH_HEX_LEN + 1);
	return true;
}

/* --key, else the public half of audit_key_file. */
static enum rg_err
load_key(struct cli *cli, struct keypair **key, struct err *e)
{
	const char *path = cli_option(cli, "key");

	if (path != NULL)
		return keypair_load_public(path, key, e);
	if (cli->settings->audit_key_file == NULL)
		return err_set(e, RG_E_CONF,
		    "no key: give --key FILE, or set audit_key_file");
	return keypair_load(cli->settings->audit_key_file, key, e);
}

static enum rg_err
read_checkpoint(const char *path, const struct keypair *key,
    struct audit_head *head, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf text = BUF_INIT, at = BUF_INIT;
	struct err why = {RG_OK, ""};
	char *seq = NULL, *hash = NULL;

	if ((r = file_read(path, STATEMENT_MAX, &text, e)) != RG_OK)
		goto out;
	if ((r = statement_verify(key, GATE_CHECKPOINT, &text, &why)) !=
	    RG_OK) {
		(void)err_set(e, r, "%s: %s", path, why.detail);
		goto out;
	}
	seq = statement_get(&text, "seq");
	hash = statement_get(&text, "hash");
	buf_printf(
	    &at, "%s:%s", seq == NULL ? "" : seq, hash == NULL ? "" : hash);
	r = parse_head(buf_str(&at), head)
		? RG_OK
		: err_set(e, RG_E_INVALID, "%s is incomplete", path);
out:
	free(seq);
	free(hash);
	buf_clear(&at);
	buf_clear(&text);
	return r;
}

static int
report(const struct cli *cli, const struct audit_chain *chain)
{
	int64_t first = chain->at.seq - chain->count + 1;

	if (cli->json)
		return cli_print_json_own(json_pack("{s:s, s:I, s:I, s:I, s:s}",
		    "status", "ok", "rows", (json_int_t)chain->count,
		    "first_seq", (json_int_t)first, "seq",
		    (json_int_t)chain->at.seq, "hash", chain->at.hash));
	(void)printf("ok, %lld rows", (long long)chain->count);
	if (first > 1)
		(void)printf(" from %lld on (older ones were archived)",
		    (long long)first);
	(void)printf(
	    ", head %lld:%s\n", (long long)chain->at.seq, chain->at.hash);
	return CLI_OK;
}

int
cmd_audit_verify(struct cli *cli)
{
	struct audit_head expect;
	struct audit_chain chain;
	struct keypair *key = NULL;
	struct err e = {RG_OK, ""};
	const char *head = cli_option(cli, "head");
	const char *checkpoint = cli_option(cli, "checkpoint");
	const char *folder = cli_option(cli, "segments");
	bool noted = head != NULL || checkpoint != NULL;
	enum rg_err r = RG_OK;
	int status;

	if (head != NULL && checkpoint != NULL)
		return cli_usage("give either --head or --checkpoint");
	if (head != NULL && !parse_head(head, &expect))
		return cli_usage("--head: expected SEQ:HASH as audit verify "
				 "printed it");
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (checkpoint != NULL || folder != NULL)
		r = load_key(cli, &key, &e);
	if (r == RG_OK && checkpoint != NULL)
		r = read_checkpoint(checkpoint, key, &expect, &e);
	if (r == RG_OK)
		r = gate_audit_verify(
		    cli->gate, noted ? &expect : NULL, folder, key, &chain, &e);
	status = r == RG_OK ? report(cli, &chain) : cli_fail(r, &e);
	keypair_free(&key);
	return status;
}
