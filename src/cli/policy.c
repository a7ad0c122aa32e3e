/* SPDX-License-Identifier: ISC */
/* map apply and map export: roles and mappings as one document. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "gate_plan.h"

#define FILE_MAX (256 << 20)
#define LISTED 20

static void
print_mapping(const json_t *m)
{
	const char *claim = json_str(m, "claim"), *role = json_str(m, "role");
	const char *label = json_str(m, "label");

	cli_print(json_str(m, "provider"));
	(void)putchar(' ');
	cli_print(json_str(m, "kind"));
	(void)putchar(' ');
	if (claim != NULL) {
		cli_print(claim);
		(void)putchar('=');
	}
	cli_print(json_str(m, "value"));
	(void)fputs(role == NULL ? " denies" : " -> ", stdout);
	cli_print(role == NULL ? "" : role);
	if (label != NULL && label[0] != '\0') {
		(void)fputs("  # ", stdout);
		cli_print(label);
	}
}

/* Which members differ: "label, enabled". */
static void
print_changes(const json_t *old, const json_t *now)
{
	static const char *const members[] = {"description", "permissions",
	    "is_admin", "label", "note", "enabled", "expires_at"};
	const char *sep = "  (";
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *a = json_object_get(old, members[i]);
		const json_t *b = json_object_get(now, members[i]);

		if (a == NULL || (b != NULL && json_equal(a, b)))
			continue;
		(void)printf("%s%s", sep, members[i]);
		sep = ", ";
	}
	if (sep[0] == ',')
		(void)putchar(')');
}

static enum rg_err
print_step(void *ctx, const char *what, const json_t *old, const json_t *now)
{
	const json_t *one = now == NULL ? old : now;

	(void)ctx;
	(void)printf("%s %s ",
	    old == NULL	  ? "+"
	    : now == NULL ? "-"
			  : "~",
	    what);
	if (strcmp(what, "role") == 0)
		cli_print(json_str(one, "name"));
	else
		print_mapping(one);
	if (old != NULL && now != NULL)
		print_changes(old, now);
	(void)putchar('\n');
	return RG_OK;
}

static enum rg_err
collect_step(void *ctx, const char *what, const json_t *old, const json_t *now)
{
	return json_array_append_new(
		   ctx, json_pack("{s:s, s:s, s:O?, s:O?}", "do",
			    old == NULL	  ? "add"
			    : now == NULL ? "remove"
					  : "change",
			    "what", what, "old", old, "new", now)) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

static void
print_names(const char *sign, const json_t *names)
{
	size_t i;

	for (i = 0; i < json_array_size(names); i++) {
		(void)printf(" %s", sign);
		cli_print(json_string_value(json_array_get(names, i)));
	}
}

static void
print_people(const json_t *what_if)
{
	const json_t *p = json_object_get(what_if, "people");
	const json_t *list = json_object_get(what_if, "changed");
	int64_t n[7] = {0};
	static const char *const names[] = {"total", "gain", "lose", "unknown",
	    "skipped", "admins_before", "admins_after"};
	size_t i;

	for (i = 0; i < 7; i++)
		(void)json_int(p, names[i], &n[i]);
	(void)printf("of %lld people %lld gain and %lld lose a role; the "
		     "groups of %lld are not known; %lld were skipped "
		     "(disabled, without claims on record, or of a provider "
		     "that is gone); admins: %lld before, %lld after\n",
	    (long long)n[0], (long long)n[1], (long long)n[2], (long long)n[3],
	    (long long)n[4], (long long)n[5], (long long)n[6]);
	for (i = 0; i < json_array_size(list); i++) {
		const json_t *person = json_array_get(list, i);

		(void)fputs("  ", stdout);
		cli_print(json_str(person, "subject"));
		(void)putchar(' ');
		cli_print(json_str(person, "username"));
		print_names("+", json_object_get(person, "gained"));
		print_names("-", json_object_get(person, "lost"));
		if (json_is_true(json_object_get(person, "groups_unknown")))
			(void)fputs("  (groups not known)", stdout);
		(void)putchar('\n');
	}
	if (json_is_true(json_object_get(what_if, "truncated")))
		(void)puts("  and more");
}

static int
read_document(const char *path, json_t **out)
{
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};
	int status = CLI_FAILED;
	enum rg_err r;

	*out = NULL;
	r = file_read(path, FILE_MAX, &text, &e);
	if (r == RG_OK &&
	    (r = json_load_strict(buf_str(&text), text.len, out)) != RG_OK)
		(void)err_set(&e, r, "%s: %s", path, err_text(r));
	status = r == RG_OK ? CLI_OK : cli_fail(r, &e);
	buf_clear(&text);
	return status;
}

/* The plan, who it concerns, and what became of it. */
static int
print_plan(struct cli *cli, const struct gate_plan *plan, json_t *what_if,
    bool applied)
{
	struct gate_plan_counts n = gate_plan_counts(plan);
	json_t *steps;

	if (cli->json) {
		steps = json_array();
		(void)gate_plan_each(plan, collect_step, steps);
		return cli_print_json_own(json_pack("{s:o, s:O, s:b}", "steps",
		    steps, "what_if", what_if, "applied", applied));
	}
	if (!applied) {
		(void)gate_plan_each(plan, print_step, NULL);
		(void)printf("%lld to add, %lld to change, %lld to remove\n",
		    (long long)n.add, (long long)n.change, (long long)n.remove);
		print_people(what_if);
		(void)fflush(stdout);
	} else {
		(void)puts("applied");
	}
	return CLI_OK;
}

static int
apply(struct cli *cli, const struct gate_plan *plan, json_t *what_if)
{
	struct gate_edit edit = cli_edit(cli);
	struct err e = {RG_OK, ""};
	bool dry = cli_option(cli, "dry-run") != NULL;
	enum rg_err r;
	int status = CLI_OK;

	if (!cli->json || dry)
		status = print_plan(cli, plan, what_if, false);
	if (dry || status != CLI_OK)
		return status;
	if ((r = gate_plan_apply(cli->gate, plan, &edit, &e)) != RG_OK)
		return cli_fail(r, &e);
	return print_plan(cli, plan, what_if, true);
}

int
cmd_map_apply(struct cli *cli)
{
	struct progress progress;
	struct gate_what_if_query query = {0, LISTED, progress_show, &progress};
	const char *path = cli_option(cli, "file");
	json_t *document = NULL, *what_if = NULL;
	struct gate_plan *plan = NULL;
	struct err e = {RG_OK, ""};
	enum rg_err r;
	int status;

	if (path == NULL)
		return cli_usage("map apply needs --file");
	if ((status = cli_open(cli)) != CLI_OK ||
	    (status = read_document(path, &document)) != CLI_OK)
		return status;
	query.now = cli->ctx.now;
	progress_begin(&progress, "people");
	r = gate_plan_make(cli->gate, document, cli->ctx.now, &plan, &e);
	if (r == RG_OK)
		r = gate_what_if(cli->gate, plan, &query, &what_if, &e);
	progress_hide(&progress);
	status = r == RG_OK ? apply(cli, plan, what_if) : cli_fail(r, &e);
	json_decref(what_if);
	gate_plan_free(&plan);
	json_decref(document);
	return status;
}

int
cmd_map_export(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	json_t *document;
	enum rg_err r;
	int status = CLI_FAILED;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if ((r = gate_policy_export(cli->gate, &document, &e)) != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(document);
	/* For people, who keep it in a repository: one member a line. */
	if (json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
	    putchar('\n') != EOF)
		status = CLI_OK;
	json_decref(document);
	return status;
}
