/* SPDX-License-Identifier: ISC */
#include "cli/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/env_file.h"
#include "gate_plan.h"

/* Room for what we say, and for a value, which has at most 256 bytes. */
#define NOTE_MAX 1000

const char *
import_get(const struct import *im, const char *setting)
{
	const json_t *line = json_object_get(im->unexpanded, setting);

	if (line != NULL && im->e->code == RG_OK)
		(void)err_set(im->e, RG_E_INVALID,
		    "%s:%d: %s: variables like ${NAME} are not expanded here: "
		    "write what they stand for into a copy",
		    im->path, (int)json_integer_value(line), setting);
	return json_str(im->env, setting);
}

void
import_append(const struct import *im, json_t *list, json_t *item)
{
	if (json_array_append_new(list, item) != 0 && im->e->code == RG_OK)
		(void)err_set(im->e, RG_E_NOMEM, "%s", im->path);
}

bool
import_is(const struct import *im, const char *setting, bool value)
{
	static const char *const words[2][6] = {
	    {"false", "0", "no", "off", "n", "f"},
	    {"true", "1", "yes", "on", "y", "t"}};
	const char *s = import_get(im, setting);
	size_t i;

	for (i = 0; s != NULL && i < 6; i++)
		if (strcasecmp(s, words[value][i]) == 0)
			return true;
	return false;
}

void
import_report(struct import *im, const char *setting, const char *became,
    const char *fmt, ...)
{
	char note[NOTE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(note, sizeof(note), fmt, ap);
	va_end(ap);
	text_mend(note);
	import_append(im, im->report,
	    json_pack("{s:s, s:s, s:s}", "setting", setting, "became", became,
		"note", note));
}

/* What a value has of control characters is not for a terminal. */
static void
put(const char *text)
{
	for (; *text != '\0'; text++)
		(void)fputc((unsigned char)*text < 0x20 ? '?' : *text, stderr);
}

static void
print_report(const struct import *im)
{
	size_t i;

	for (i = 0; i < json_array_size(im->report); i++) {
		const json_t *item = json_array_get(im->report, i);

		put(json_str(item, "setting"));
		put(": ");
		put(json_str(item, "became"));
		if (json_str(item, "note")[0] != '\0') {
			put(" (");
			put(json_str(item, "note"));
			put(")");
		}
		(void)fputc('\n', stderr);
	}
}

static int
print_document(struct cli *cli, struct import *im)
{
	json_t *doc = json_pack("{s:s, s:O, s:O}", "schema",
	    GATE_DOCUMENT_SCHEMA, "roles", im->roles, "mappings", im->mappings);
	int status = CLI_FAILED;

	if (cli->json)
		return cli_print_json_own(json_pack(
		    "{s:o, s:O}", "document", doc, "report", im->report));
	print_report(im);
	if (doc != NULL && json_dumpf(doc, stdout, JSON_INDENT(2)) == 0 &&
	    putchar('\n') != EOF)
		status = CLI_OK;
	json_decref(doc);
	return status;
}

/* The option, else what ContextForge calls it, else `def`. */
static char *
name_of(
    struct cli *cli, const char *option, const char *theirs, const char *def)
{
	const char *s = cli_option(cli, option);

	if (s == NULL)
		s = theirs != NULL ? theirs : def;
	return strdup(s);
}

static bool
are_names(struct cli *cli)
{
	static const char *const options[] = {"entra", "keycloak", "generic"};
	const char *s;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		s = cli_option(cli, options[i]);
		if (s != NULL && !text_is_name(s, "-", 32)) {
			(void)cli_usage("--%s: a provider's name has 1 to 32 "
					"letters, digits or -",
			    options[i]);
			return false;
		}
	}
	return true;
}

static void
import_clear(struct import *im)
{
	json_decref(im->env);
	json_decref(im->unexpanded);
	json_decref(im->roles);
	json_decref(im->mappings);
	json_decref(im->report);
	free(im->entra);
	free(im->keycloak);
	free(im->generic);
}

int
cmd_map_import(struct cli *cli)
{
	const char *path = cli_option(cli, "file");
	struct err e = {RG_OK, ""};
	struct import im = {.path = path, .e = &e};
	int status = CLI_FAILED;
	enum rg_err r;

	if (path == NULL)
		return cli_usage("map import-contextforge needs --file");
	if (!are_names(cli))
		return CLI_USAGE;
	if ((r = env_file_read(path, &im.env, &im.unexpanded, &e)) != RG_OK)
		return cli_fail(r, &e);
	im.entra = name_of(cli, "entra", NULL, "entra");
	im.keycloak = name_of(cli, "keycloak", NULL, "keycloak");
	im.generic = name_of(cli, "generic",
	    import_get(&im, "SSO_GENERIC_PROVIDER_ID"), "generic");
	im.roles = json_array();
	im.mappings = json_array();
	im.report = json_array();
	if (im.entra != NULL && im.keycloak != NULL && im.generic != NULL) {
		import_mappings(&im);
		import_rest(&im);
		status = e.code == RG_OK ? print_document(cli, &im)
					 : cli_fail(e.code, &e);
	} else {
		status = cli_fail(RG_E_NOMEM, NULL);
	}
	import_clear(&im);
	return status;
}
