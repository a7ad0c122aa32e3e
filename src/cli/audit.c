/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"

static enum rg_err
print_json(void *ctx, const struct audit_row *a)
{
	char when[32];
	int status;

	(void)ctx;
	clock_format(a->time, when);
	status = cli_print_json_own(json_pack(
	    "{s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:o?, s:s, s:s}", "seq",
	    (json_int_t)a->seq, "time", when, "time_s", (json_int_t)a->time,
	    "event", a->event, "actor", a->actor, "subject", a->subject,
	    "client", a->client, "request_id", a->request_id, "detail",
	    json_loads(a->detail, 0, NULL), "prev_hash", a->prev_hash, "hash",
	    a->hash));
	return status == CLI_OK ? RG_OK : RG_E_NOMEM;
}

static enum rg_err
print(void *ctx, const struct audit_row *a)
{
	char when[32];

	(void)ctx;
	clock_format(a->time, when);
	(void)printf("%6lld  %s  %-16s ", (long long)a->seq, when, a->event);
	cli_print(a->subject[0] != '\0' ? a->subject : "-");
	if (a->actor[0] != '\0' && strcmp(a->actor, a->subject) != 0) {
		(void)fputs("  by ", stdout);
		cli_print(a->actor);
	}
	if (a->client[0] != '\0')
		(void)printf("  from %s", a->client);
	if (a->request_id[0] != '\0')
		(void)printf("  request %s", a->request_id);
	(void)fputs("  ", stdout);
	cli_print(a->detail);
	(void)putchar('\n');
	return RG_OK;
}

static bool
when(const struct cli *cli, const char *name, int64_t *out)
{
	const char *text = cli_option(cli, name);

	return text == NULL || cli_parse_when(text, cli->ctx.now, -1, out);
}

int
cli_audit_filter(const struct cli *cli, struct audit_filter *f)
{
	f->event = cli_option(cli, "event");
	f->subject = cli_option(cli, "subject");
	f->actor = cli_option(cli, "actor");
	f->request_id = cli_option(cli, "request");
	if (!when(cli, "since", &f->since) || !when(cli, "until", &f->until))
		return cli_usage("--since, --until: expected a time such as "
				 "2026-12-31T00:00:00Z or 7d");
	return CLI_OK;
}

int
cmd_audit_list(struct cli *cli)
{
	struct audit_filter f = {0};
	const char *limit = cli_option(cli, "limit");
	enum rg_err r;
	char *end;
	int status;

	if ((status = cli_audit_filter(cli, &f)) != CLI_OK)
		return status;
	if (limit != NULL) {
		errno = 0;
		f.limit = strtoll(limit, &end, 10);
		if (errno != 0 || *end != '\0' || f.limit <= 0)
			return cli_usage("--limit: expected a number");
	}
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	r = store_audit_each(
	    gate_store(cli->gate), &f, cli->json ? print_json : print, NULL);
	return cli_end_list_own(r, NULL);
}
