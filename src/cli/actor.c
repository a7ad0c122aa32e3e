/* SPDX-License-Identifier: ISC */
/* Who administers, for the audit. */
#include "cli/actor.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"

#define UNSET 4294967295UL /* (uid_t)-1: no login is behind this process */
#define NAME_MAX_LEN 64

/*
 * The user who logged in, whatever sudo(8) and su(1) did since: once set, only
 * CAP_AUDIT_CONTROL changes it. False in a service or a container, which
 * nobody has logged in to.
 */
static bool
login_uid(unsigned long *uid)
{
	FILE *f = fopen("/proc/self/loginuid", "re");
	char text[16] = "", *end = text;

	if (f == NULL)
		return false;
	if (fgets(text, sizeof(text), f) != NULL)
		*uid = strtoul(text, &end, 10);
	(void)fclose(f);
	return end != text && *uid < UNSET;
}

/* The name, or the number of a user that has none here. */
static void
name_of(unsigned long uid, char out[static NAME_MAX_LEN + 1])
{
	const struct passwd *pw = getpwuid((uid_t)uid);

	if (pw != NULL && text_is_line(pw->pw_name, NAME_MAX_LEN))
		(void)snprintf(out, NAME_MAX_LEN + 1, "%s", pw->pw_name);
	else
		(void)snprintf(out, NAME_MAX_LEN + 1, "%lu", uid);
}

void
cli_put_actor(char out[static CLI_ACTOR_MAX], const char *user,
    const char *login, const char *sudo_user)
{
	if (login != NULL)
		(void)snprintf(out, CLI_ACTOR_MAX, "cli:%s", login);
	else if (sudo_user != NULL && sudo_user[0] != '\0' &&
		 text_is_line(sudo_user, NAME_MAX_LEN))
		(void)snprintf(
		    out, CLI_ACTOR_MAX, "cli:%s (sudo: %s)", user, sudo_user);
	else
		(void)snprintf(out, CLI_ACTOR_MAX, "cli:%s", user);
}

void
cli_find_actor(struct cli *cli)
{
	char user[NAME_MAX_LEN + 1], login[NAME_MAX_LEN + 1];
	unsigned long uid = UNSET;
	bool logged_in = login_uid(&uid);

	name_of(geteuid(), user);
	if (logged_in)
		name_of(uid, login);
	cli_put_actor(
	    cli->actor, user, logged_in ? login : NULL, getenv("SUDO_USER"));
	cli->ctx.actor = cli->actor;
	cli->ctx.client = "";
	cli->ctx.request_id = "";
}
