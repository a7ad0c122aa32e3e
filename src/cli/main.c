/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "cli/cli.h"

struct command {
	const char *noun;
	const char *verb; /* NULL: the noun alone */
	command_fn *run;
	const char *synopsis;
	/* Names of its options; "!" behind one that takes no value, "*" behind
	 * one that may be repeated. */
	const char *options[10];
	int args; /* how many arguments it takes */
	const char *text;
};

static const struct command commands[] = {
    {"init", NULL, cmd_init, "init", {NULL}, 0,
	"Makes the database and the key files that the configuration names, "
	"or\nmigrates an older database.\n\n"
	"  rolegatectl init --config /etc/rolegate/rolegate.conf\n"},
    {"config", "check", cmd_config_check, "config check", {NULL}, 0,
	"Checks the configuration, the secrets' file modes, the key file and\n"
	"the database, as rolegate does when it starts.\n\n"
	"  rolegatectl config check\n"},
    {"doctor", NULL, cmd_doctor, "doctor", {NULL}, 0,
	"Checks configuration, files, database, each provider (asking it for "
	"its\nkeys and the time), client credentials and mappings, and says "
	"what to do.\n\n"
	"  rolegatectl doctor\n"
	"  rolegatectl doctor --json\n"},
    {"maintain", NULL, cmd_maintain, "maintain", {NULL}, 0,
	"Renews the claims of sessions that are due, where refresh = on. For "
	"a timer,\nwhen a web server starts rolegate; rolegate with workers of "
	"its own does it\nby itself.\n\n  rolegatectl maintain\n"},
    {"backup", NULL, cmd_backup, "backup FILE", {NULL}, 1,
	"Copies the database, as of one moment, into a new FILE while it is "
	"used; reads\nit back and verifies its audit. The key file is not in "
	"it.\n\n  rolegatectl backup /srv/backup/rolegate-monday.db\n"},
    {"restore", NULL, cmd_restore, "restore FILE [--force]", {"force!"}, 1,
	"Makes the database what FILE, a backup, holds, if it is whole and "
	"nobody has\nthe database open. All sessions end. --force: even if "
	"the database has audit\nrows that FILE has not, of later sign-ins "
	"and edits.\n\n"
	"  systemctl stop rolegate.service rolegate.socket\n"
	"  rolegatectl restore /srv/backup/rolegate-monday.db\n"},
    {"role", "add", cmd_role_add,
	"role add NAME [--permission P]... [--description TEXT] [--admin]",
	{"permission*", "description", "admin!"}, 1,
	"Makes a role. --admin makes it an administrator's role.\n\n"
	"  rolegatectl role add analyst --permission reports.read\n"},
    {"role", "list", cmd_role_list, "role list", {NULL}, 0,
	"Lists the roles with their permissions.\n\n"
	"  rolegatectl role list --json\n"},
    {"role", "set", cmd_role_set,
	"role set NAME [--permission P]... [--no-permissions]\n"
	"        [--description TEXT] [--admin|--no-admin] [--force]",
	{"permission*", "no-permissions!", "description", "admin!", "no-admin!",
	    "force!"},
	1,
	"Changes a role. Permissions that are given replace those it has.\n"
	"--force: even if nobody is left who can be admin.\n\n"
	"  rolegatectl role set analyst --permission reports.read \\\n"
	"      --permission reports.export\n"},
    {"role", "remove", cmd_role_remove, "role remove NAME", {NULL}, 1,
	"Removes a role that no mapping and no grant leads to.\n\n"
	"  rolegatectl role remove analyst\n"},
    {"map", "add", cmd_map_add,
	"map add --provider P --kind KIND [--claim PATH] --value V\n"
	"        --role R|--deny [--tenant GUID] [--label TEXT] [--note TEXT]\n"
	"        [--expires WHEN]",
	{"provider", "kind", "claim", "value", "role", "tenant", "label",
	    "note", "expires", "deny!"},
	0,
	"Maps a value to a role, or denies access to whoever has it. KIND is "
	"group,\ngroup_name, app_role, directory_role, claim or app. It counts "
	"at the next\nrequest of everybody who is signed in.\n\n"
	"  rolegatectl map add --provider entra --kind group \\\n"
	"      --value 8f1a2b3c-0d4e-4f5a-9b6c-7d8e9f0a1b2c --role analyst \\\n"
	"      --label data-analysts\n"
	"  rolegatectl map add --provider keycloak --kind claim \\\n"
	"      --claim realm_access.roles --value reporting --role analyst\n"},
    {"map", "list", cmd_map_list, "map list", {NULL}, 0,
	"Lists the mappings.\n\n  rolegatectl map list\n"},
    {"map", "set", cmd_map_set,
	"map set ID [--role R] [--label TEXT] [--note TEXT]\n"
	"        [--enable|--disable] [--expires WHEN|never] [--force]",
	{"role", "label", "note", "enable!", "disable!", "expires", "force!"},
	1,
	"Changes a mapping, but not what it matches. --force: even if nobody "
	"is left\nwho can be admin.\n\n"
	"  rolegatectl map set 3 --disable --note 'until the audit is over'\n"},
    {"map", "remove", cmd_map_remove, "map remove ID [--force]", {"force!"}, 1,
	"Removes a mapping; the role is gone at the next request. --force: "
	"even if\nnobody is left who can be admin.\n\n"
	"  rolegatectl map remove 3\n"},
    {"map", "apply", cmd_map_apply,
	"map apply --file FILE [--dry-run] [--force]",
	{"file", "dry-run!", "force!"}, 0,
	"Makes roles and mappings what FILE says, all or nothing: adds, "
	"changes and\nremoves. Prints the plan first, and who gains or loses "
	"which role by it;\n--dry-run leaves it at that. --force: even if "
	"nobody is left who can be admin.\n\n"
	"  rolegatectl map export > mappings.json\n"
	"  rolegatectl map apply --file mappings.json --dry-run\n"},
    {"map", "export", cmd_map_export, "map export", {NULL}, 0,
	"Prints all roles and mappings as a document for map apply.\n\n"
	"  rolegatectl map export > mappings.json\n"},
    {"map", "import-contextforge", cmd_map_import,
	"map import-contextforge --file ENV [--entra P] [--keycloak P]\n"
	"        [--generic P]",
	{"file", "entra", "keycloak", "generic"}, 0,
	"Turns the SSO settings of a ContextForge .env file into a document "
	"for map\napply. Changes nothing; says on stderr what became of each "
	"setting. The\noptions name our providers.\n\n"
	"  rolegatectl map import-contextforge --file .env > mappings.json\n"},
    {"grant", "add", cmd_grant_add,
	"grant add SUBJECT --role R [--reason TEXT] [--expires WHEN]",
	{"role", "reason", "expires"}, 1,
	"Gives a role to one person, apart from all mappings.\n\n"
	"  rolegatectl grant add entra:TENANT:OID --role analyst \\\n"
	"      --reason 'ticket 7' --expires 30d\n"},
    {"grant", "list", cmd_grant_list,
	"grant list [--subject SUBJECT] [--role R]", {"subject", "role"}, 0,
	"Lists the grants.\n\n  rolegatectl grant list --role admin\n"},
    {"grant", "set", cmd_grant_set,
	"grant set ID [--reason TEXT] [--expires WHEN|never] [--force]",
	{"reason", "expires", "force!"}, 1,
	"Changes why a role was given, or until when. --force: even if nobody "
	"is left\nwho can be admin.\n\n"
	"  rolegatectl grant set 2 --expires 30d\n"},
    {"grant", "remove", cmd_grant_remove, "grant remove ID [--force]",
	{"force!"}, 1,
	"Takes a grant back; the role is gone at the next request. --force: "
	"even if\nnobody is left who can be admin.\n\n"
	"  rolegatectl grant remove 2\n"},
    {"principal", "list", cmd_principal_list,
	"principal list [--search TEXT] [--provider P] [--disabled]",
	{"search", "provider", "disabled!"}, 0,
	"Lists who has signed in, with the roles last recorded.\n\n"
	"  rolegatectl principal list --search ana\n"},
    {"principal", "disable", cmd_principal_disable,
	"principal disable SUBJECT [--force]", {"force!"}, 1,
	"Ends all sessions of a person and refuses every sign-in. --force: "
	"even if\nnobody is left who can be admin.\n\n"
	"  rolegatectl principal disable entra:TENANT:OID\n"},
    {"principal", "enable", cmd_principal_enable, "principal enable SUBJECT",
	{NULL}, 1,
	"Lets a person sign in again.\n\n"
	"  rolegatectl principal enable entra:TENANT:OID\n"},
    {"explain", NULL, cmd_explain, "explain SUBJECT", {NULL}, 1,
	"Says which roles a person has and why, from the claims and groups of "
	"the\nlast sign-in; and what nearly gave one.\n\n"
	"  rolegatectl explain entra:TENANT:OID\n"},
    {"key", "rotate", cmd_key_rotate, "key rotate [--now]", {"now!"}, 0,
	"Makes a new key for role tokens. It is published at once and signs in "
	"ten\nminutes; --now: at once. The old one stays published until its "
	"last token is\ndead.\n\n"
	"  rolegatectl key rotate\n"},
    {"key", "list", cmd_key_list, "key list", {NULL}, 0,
	"Lists the keys of role tokens.\n\n  rolegatectl key list\n"},
    {"key-file", "rotate", cmd_key_file_rotate, "key-file rotate [--now]",
	{"now!"}, 0,
	"Puts a new key into the key file and seals what is in the database "
	"anew.\nRunning processes take it up by themselves. Old keys open "
	"sign-ins under way\nuntil these are too old, and then no more; --now: "
	"no more at once, for a key\nthat leaked.\n\n"
	"  rolegatectl key-file rotate\n"},
    {"session", "list", cmd_session_list, "session list", {NULL}, 0,
	"Lists who is signed in.\n\n  rolegatectl session list\n"},
    {"session", "revoke", cmd_session_revoke,
	"session revoke ID | --subject SUBJECT | --all", {"subject", "all!"},
	-1,
	"Ends one session, all of a person, or those of everybody, at once.\n\n"
	"  rolegatectl session revoke 3svtqk8zj1pqx0aybn7mvw\n"
	"  rolegatectl session revoke --subject keycloak:4f9d2c\n"},
    {"audit", "list", cmd_audit_list,
	"audit list [--since WHEN] [--until WHEN] [--event NAME] [--subject "
	"S]\n"
	"        [--actor A] [--request ID] [--limit N]",
	{"since", "until", "event", "subject", "actor", "request", "limit"}, 0,
	"Prints audit events, oldest first. NAME may end in a dot: \"role.\" "
	"means\nall that begin so. ID is the reference that an error page "
	"shows.\n\n"
	"  rolegatectl audit list --since 1d --event sign_in.refused\n"
	"  rolegatectl audit list --request 8j2m4k6n\n"
	"  rolegatectl audit list --json --limit 100\n"},
    {"audit", "verify", cmd_audit_verify,
	"audit verify [--head SEQ:HASH | --checkpoint FILE] [--key FILE]\n"
	"        [--segments DIR]",
	{"head", "checkpoint", "key", "segments"}, 0,
	"Recomputes the hash chain, of archived segments too, and prints its "
	"head.\nKeep checkpoints elsewhere and give one back to prove that "
	"nothing before it\nwas rewritten or cut off.\n\n"
	"  rolegatectl audit verify --checkpoint monday.checkpoint\n"
	"  rolegatectl audit verify --segments /srv/audit --key audit.pub\n"},
    {"audit", "key", cmd_audit_key, "audit key", {NULL}, 0,
	"Prints the public key that verifies checkpoints and segments.\n\n"
	"  rolegatectl audit key > audit.pub\n"},
    {"audit", "checkpoint", cmd_audit_checkpoint, "audit checkpoint", {NULL}, 0,
	"Verifies the audit and prints its head, signed. Keep it on another "
	"machine.\n\n  rolegatectl audit checkpoint > monday.checkpoint\n"},
    {"audit", "archive", cmd_audit_archive,
	"audit archive --before WHEN --to DIR", {"before", "to"}, 0,
	"Moves older rows into signed segment files, which stay verifiable. "
	"DIR "
	"must\nexist.\n\n"
	"  rolegatectl audit archive --before 365d --to /srv/audit\n"},
    {"audit", "export", cmd_audit_export,
	"audit export [--format jsonl|csv|cef] [--after SEQ[:HASH]] "
	"[--follow]\n"
	"        [--since WHEN] [--until WHEN] [--event NAME] [--subject S]\n"
	"        [--actor A] [--request ID]",
	{"format", "after", "follow!", "since", "until", "event", "subject",
	    "actor", "request"},
	0,
	"Prints audit rows for other programs, oldest first, from behind row "
	"SEQ on.\nWith --follow it goes on with those to come, until TERM or "
	"until nobody\nreads. JSON lines can be verified (see "
	"rolegatectl(8)).\n\n"
	"  rolegatectl audit export --format cef --after 1200 --follow\n"},
    {"counters", NULL, cmd_counters, "counters [--since WHEN]", {"since"}, 0,
	"Prints how often what happened: in all, or by minute since WHEN (up "
	"to 48\nhours ago). Anonymous denials are here and not in the "
	"audit.\n\n"
	"  rolegatectl counters --since 1h\n"},
    {"contextforge", "sync", cmd_contextforge_sync,
	"contextforge sync [--subject SUBJECT] [--dry-run]",
	{"subject", "dry-run!"}, 0,
	"Gives people the roles at the ContextForge gateway that "
	"[contextforge.NAME]\nsections say, and takes away what was given so "
	"before and is no longer due.\n--dry-run only says what would be "
	"done.\n\n"
	"  rolegatectl contextforge sync --dry-run\n"
	"  rolegatectl contextforge sync --subject keycloak:4f9d2c\n"},
    {"contextforge", "token", cmd_contextforge_token,
	"contextforge token SUBJECT", {NULL}, 1,
	"Prints a short-lived session token of a person, which the "
	"ContextForge "
	"gateway\ntakes for its own (jwt_secret_file). Whoever has it acts as "
	"that person.\n\n"
	"  rolegatectl contextforge token entra:TENANT:OID\n"},
    {"jws", "verify", cmd_jws_verify, "jws verify --jwk FILE [--alg A] < TOKEN",
	{"jwk", "alg"}, 0,
	"Verifies a compact JWS with one key and prints the payload. Needs "
	"no\nconfiguration.\n\n"
	"  rolegatectl jws verify --jwk key.json < token\n"},
    {"token", "check", cmd_token_check,
	"token check [--provider P] [--nonce N] < TOKEN", {"provider", "nonce"},
	0,
	"Checks an ID token as at sign-in, signature and claims, and prints "
	"the\nclaims.\n\n"
	"  rolegatectl token check --provider entra < id_token\n"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
print_help(FILE *to)
{
	size_t i;

	(void)fputs(
	    "Usage: rolegatectl [--config FILE] [--json] COMMAND\n\n", to);
	for (i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(to, "  %s\n", commands[i].synopsis);
	(void)fputs("\nrolegatectl help COMMAND explains one. The "
		    "configuration is --config,\nelse $ROLEGATE_CONFIG, "
		    "else " SETTINGS_DEFAULT_PATH ".\n\n"
		    "Exit status: 0 done or valid, 1 refused or failed, 2 "
		    "wrong usage.\n",
	    to);
}

/* A command that is none, or half of one: then what it can go on with. */
static int
no_such_command(const char *noun, const char *verb)
{
	char verbs[256] = "";
	size_t i, len = 0;

	for (i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = &commands[i];

		if (c->verb == NULL || strcmp(c->noun, noun) != 0)
			continue;
		(void)snprintf(verbs + len, sizeof(verbs) - len, "%s%s",
		    len > 0 ? ", " : "", c->verb);
		len = strlen(verbs);
	}
	if (len == 0)
		return cli_usage("no such command: %s", noun);
	if (verb == NULL)
		return cli_usage("%s what? One of: %s", noun, verbs);
	return cli_usage(
	    "no such command: %s %s; one of: %s", noun, verb, verbs);
}

static int
print_help_of(const char *noun, const char *verb)
{
	size_t i, shown = 0;

	for (i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->noun, noun) != 0 ||
		    (verb != NULL && c->verb != NULL &&
			strcmp(c->verb, verb) != 0))
			continue;
		(void)printf("%sUsage: rolegatectl %s\n\n%s",
		    shown++ > 0 ? "\n" : "", c->synopsis, c->text);
	}
	return shown > 0 ? CLI_OK : no_such_command(noun, verb);
}

static const struct command *
find_command(const char *noun, const char *verb)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].noun, noun) == 0 &&
		    (commands[i].verb == NULL ||
			(verb != NULL && strcmp(commands[i].verb, verb) == 0)))
			return &commands[i];
	return NULL;
}

/* Keeps an option; false when it was given before and may not be again. */
static bool
keep_option(struct cli *cli, const char *name, const char *spec)
{
	if (cli->option_count == CLI_MAX_OPTIONS ||
	    (strchr(spec, '*') == NULL && cli_option(cli, name) != NULL))
		return false;
	cli->options[cli->option_count].name = name;
	cli->options[cli->option_count++].value = optarg == NULL ? "" : optarg;
	return true;
}

/* --config, --json and --help are taken everywhere. */
enum {
	OPT_CONFIG = 256,
	OPT_JSON,
	OPT_HELP,
	OPT_OWN
};

static int
parse(struct cli *cli, const struct command *c, int argc, char **argv)
{
	struct option longs[16] = {
	    {"config", required_argument, NULL, OPT_CONFIG},
	    {"json", no_argument, NULL, OPT_JSON},
	    {"help", no_argument, NULL, OPT_HELP}};
	static char names[10][32];
	int i, opt, n = 3;

	for (i = 0; i < 10 && c->options[i] != NULL; i++, n++) {
		size_t len = strcspn(c->options[i], "!*");

		(void)snprintf(names[i], sizeof(names[i]), "%.*s", (int)len,
		    c->options[i]);
		longs[n].name = names[i];
		longs[n].has_arg =
		    c->options[i][len] == '!' ? no_argument : required_argument;
		longs[n].val = OPT_OWN + i;
	}
	optind = 1;
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == OPT_CONFIG)
			cli->config = optarg;
		else if (opt == OPT_JSON)
			cli->json = true;
		else if (opt == OPT_HELP)
			exit(print_help_of(c->noun, c->verb));
		else if (opt < OPT_OWN)
			return cli_usage("%s", c->synopsis);
		else if (!keep_option(cli, names[opt - OPT_OWN],
			     c->options[opt - OPT_OWN]))
			return cli_usage(
			    "--%s: given too often", names[opt - OPT_OWN]);
	}
	cli->args = argv + optind;
	cli->arg_count = argc - optind;
	if (c->args >= 0 && cli->arg_count != c->args)
		return cli_usage("%s", c->synopsis);
	return CLI_OK;
}

/* Options that stand before the command. */
static int
parse_leading(struct cli *cli, int argc, char **argv, int *at)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0)
			cli->json = true;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			cli->config = argv[++i];
		else if (strncmp(argv[i], "--config=", 9) == 0)
			cli->config = argv[i] + 9;
		else if (strcmp(argv[i], "--version") == 0) {
			version_print("rolegatectl",
			    i + 1 < argc &&
				strcmp(argv[i + 1], "--verbose") == 0);
			exit(CLI_OK);
		} else if (strcmp(argv[i], "--help") == 0) {
			print_help(stdout);
			exit(CLI_OK);
		} else {
			return cli_usage("unknown option %s", argv[i]);
		}
	}
	*at = i;
	return CLI_OK;
}

int
main(int argc, char **argv)
{
	struct cli cli = {0};
	const struct command *c;
	int at = 0, status, words;

	json_object_seed(0);
	log_set_level(LOG_WARN);
	if ((status = parse_leading(&cli, argc, argv, &at)) != CLI_OK)
		return status;
	if (at == argc) {
		print_help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[at], "help") == 0) {
		if (at + 1 < argc)
			return print_help_of(
			    argv[at + 1], at + 2 < argc ? argv[at + 2] : NULL);
		print_help(stdout);
		return CLI_OK;
	}
	c = find_command(argv[at], at + 1 < argc ? argv[at + 1] : NULL);
	if (c == NULL)
		return no_such_command(
		    argv[at], at + 1 < argc ? argv[at + 1] : NULL);
	/* The last word of the command becomes argv[0] for getopt. */
	words = c->verb == NULL ? 0 : 1;
	status = parse(&cli, c, argc - at - words, argv + at + words);
	if (status != CLI_OK)
		return status;
	cli.config = settings_path(cli.config);
	cli.ctx.now = clock_now();
	status = c->run(&cli);
	gate_free(&cli.gate);
	settings_free(&cli.settings);
	if (fflush(stdout) != 0)
		status = CLI_FAILED;
	return status;
}
