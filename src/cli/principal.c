/* SPDX-License-Identifier: ISC */
/* Who has signed in here, and why they may do what. */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli.h"

static void
print(const json_t *p)
{
	const json_t *roles = json_object_get(p, "roles");
	int64_t seen = 0;
	char when[32];
	size_t i;

	(void)json_int(p, "last_seen", &seen);
	clock_format(seen, when);
	cli_print(json_str(p, "subject"));
	(void)fputs("  ", stdout);
	cli_print(json_str(p, "username"));
	(void)printf("  seen %s ", when);
	for (i = 0; i < json_array_size(roles); i++)
		(void)printf(
		    " %s", json_string_value(json_array_get(roles, i)));
	if (json_is_true(json_object_get(p, "disabled")))
		(void)fputs("  DISABLED", stdout);
	(void)putchar('\n');
}

int
cmd_principal_list(struct cli *cli)
{
	struct gate_people people = {cli_option(cli, "provider"),
	    cli_option(cli, "search"),
	    cli_option(cli, "disabled") != NULL ? 1 : -1};
	struct gate_page page = {.limit = GATE_PAGE_MAX};
	json_t *all = cli->json ? json_array() : NULL;
	char after[GATE_CURSOR_MAX] = "";
	struct err e = {RG_OK, ""};
	enum rg_err r;
	int status;
	size_t i;

	if ((status = cli_open(cli)) != CLI_OK)
		goto out;
	do {
		page.after = after;
		r = gate_principal_list(cli->gate, &people, &page, &e);
		for (i = 0; r == RG_OK && i < json_array_size(page.items); i++)
			if (!cli->json)
				print(json_array_get(page.items, i));
		if (cli->json && r == RG_OK)
			(void)json_array_extend(all, page.items);
		json_decref(page.items);
		(void)snprintf(after, sizeof(after), "%s", page.next);
	} while (r == RG_OK && after[0] != '\0');
	if (r != RG_OK)
		status = cli_fail(r, &e);
	else if (cli->json)
		status = cli_print_json_own(json_incref(all));
out:
	json_decref(all);
	return status;
}

static int
set_disabled(struct cli *cli, bool disabled)
{
	struct err e = {RG_OK, ""};
	struct gate_edit edit;
	int64_t id;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	edit = cli_edit(cli);
	if ((r = gate_principal_find(cli->gate, cli->args[0], &id, &e)) !=
		RG_OK ||
	    (r = gate_principal_disable(cli->gate, id, disabled, &edit, &e)) !=
		RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(json_pack("{s:s, s:b}", "subject",
		    cli->args[0], "disabled", disabled));
	cli_print(cli->args[0]);
	(void)puts(disabled ? " is disabled, and signed out" : " is enabled");
	return CLI_OK;
}

int
cmd_principal_disable(struct cli *cli)
{
	return set_disabled(cli, true);
}

int
cmd_principal_enable(struct cli *cli)
{
	return set_disabled(cli, false);
}

static void
print_reason(const json_t *r)
{
	const json_t *m = json_object_get(r, "mapping");
	const json_t *g = json_object_get(r, "grant");
	const char *role = json_str(r, "role");
	int64_t id = 0;

	(void)printf("  %-12s ", json_str(r, "outcome"));
	if (m != NULL) {
		(void)json_int(m, "id", &id);
		(void)printf("%s: mapping %lld (", role == NULL ? "-" : role,
		    (long long)id);
		cli_print(json_str(m, "kind"));
		(void)putchar(' ');
		cli_print(json_str(m, "value"));
		if (json_str(m, "label")[0] != '\0') {
			(void)fputs(", ", stdout);
			cli_print(json_str(m, "label"));
		}
		(void)fputs(") in ", stdout);
		cli_print(json_str(m, "claim") == NULL ? "the client"
						       : json_str(m, "claim"));
		(void)printf(" from %s", json_str(r, "source"));
	} else if (g != NULL) {
		(void)json_int(g, "id", &id);
		(void)printf("%s: grant %lld by ",
		    role == NULL ? json_str(g, "role") : role, (long long)id);
		cli_print(json_str(g, "created_by"));
		if (json_str(g, "reason")[0] != '\0') {
			(void)fputs(", ", stdout);
			cli_print(json_str(g, "reason"));
		}
	} else {
		(void)printf("%s: default_role", role == NULL ? "-" : role);
	}
	(void)putchar('\n');
}

static void
print_list(const char *name, const json_t *list)
{
	size_t i;

	(void)printf("%s:", name);
	for (i = 0; i < json_array_size(list); i++)
		(void)printf(" %s", json_string_value(json_array_get(list, i)));
	(void)puts(json_array_size(list) == 0 ? " none" : "");
}

static void
print_explanation(const json_t *x)
{
	const json_t *groups = json_object_get(x, "groups");
	const json_t *reasons = json_object_get(x, "reasons");
	const char *reason = json_str(groups, "reason");
	size_t i;

	cli_print(json_str(json_object_get(x, "principal"), "subject"));
	(void)putchar('\n');
	if (json_is_true(json_object_get(x, "disabled")))
		(void)puts("DISABLED: has no access");
	if (json_is_true(json_object_get(x, "denied")))
		(void)puts("DENIED by a mapping: has no access");
	print_list("roles", json_object_get(x, "roles"));
	print_list("permissions", json_object_get(x, "permissions"));
	(void)printf("groups: %s, from %s", json_str(groups, "state"),
	    json_str(groups, "source"));
	if (reason != NULL)
		(void)printf(" (%s)", reason);
	(void)puts("\nwhy:");
	for (i = 0; i < json_array_size(reasons); i++)
		print_reason(json_array_get(reasons, i));
}

int
cmd_explain(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	json_t *x = NULL;
	int64_t id;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if ((r = gate_principal_find(cli->gate, cli->args[0], &id, &e)) !=
		RG_OK ||
	    (r = gate_explain_principal(cli->gate, id, cli->ctx.now, &x, &e)) !=
		RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(x);
	print_explanation(x);
	json_decref(x);
	return CLI_OK;
}
