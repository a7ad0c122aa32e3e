/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli.h"

const char *
cli_option_nth(const struct cli *cli, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < cli->option_count; i++)
		if (strcmp(cli->options[i].name, name) == 0 && n-- == 0)
			return cli->options[i].value;
	return NULL;
}

const char *
cli_option(const struct cli *cli, const char *name)
{
	return cli_option_nth(cli, name, 0);
}

int
cli_fail(enum rg_err code, const struct err *e)
{
	const char *detail = e == NULL ? "" : e->detail;
	size_t n = strlen(detail);

	(void)fputs("rolegatectl: ", stderr);
	/* "doing something: " with nothing behind it: say it in our words. */
	if (n == 0 || (n > 2 && strcmp(detail + n - 2, ": ") == 0))
		(void)fprintf(stderr, "%s%s", detail, err_text(code));
	else
		for (; *detail != '\0'; detail++)
			(void)fputc(
			    (unsigned char)*detail < 0x20 ? '?' : *detail,
			    stderr);
	(void)fprintf(stderr, " (%s)\n", err_name(code));
	return CLI_FAILED;
}

int
cli_usage(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("rolegatectl: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputs("\nSee rolegatectl help.\n", stderr);
	return CLI_USAGE;
}

int
cli_load(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	enum rg_err r;

	if ((r = settings_load(cli->config, &cli->settings, &e)) != RG_OK)
		return cli_fail(r, &e);
	return CLI_OK;
}

int
cli_open(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	enum rg_err r;
	int status;

	if ((status = cli_load(cli)) != CLI_OK)
		return status;
	if ((r = gate_open(cli->settings, &cli->gate, &e)) != RG_OK)
		return cli_fail(r, &e);
	cli_find_actor(cli);
	return CLI_OK;
}

int
cli_expiry(const struct cli *cli, int64_t *when)
{
	const char *s = cli_option(cli, "expires");

	*when = 0;
	if (s == NULL ||
	    (cli_parse_when(s, cli->ctx.now, 1, when) && *when > cli->ctx.now))
		return CLI_OK;
	return cli_usage("--expires: expected a time to come, such as "
			 "2026-12-31T00:00:00Z or 30d");
}

int
cli_new_expiry(const struct cli *cli, int64_t *when)
{
	const char *s = cli_option(cli, "expires");

	*when = s == NULL ? -1 : 0;
	if (s == NULL || strcmp(s, "never") == 0)
		return CLI_OK;
	return cli_expiry(cli, when);
}

int
cli_number(const struct cli *cli, const char *what, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(cli->args[0], &end, 10);
	if (errno == 0 && *end == '\0' && *number > 0)
		return CLI_OK;
	return cli_usage("expected the number that %s list shows, got %s", what,
	    cli->args[0]);
}

struct gate_edit
cli_edit(const struct cli *cli)
{
	struct gate_edit edit = {.ctx = &cli->ctx};

	edit.force = cli_option(cli, "force") != NULL;
	return edit;
}

int
cli_print_json_own(json_t *value)
{
	int status = CLI_FAILED;

	if (value != NULL &&
	    json_dumpf(value, stdout,
		JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) == 0 &&
	    fputc('\n', stdout) != EOF)
		status = CLI_OK;
	json_decref(value);
	return status;
}

int
cli_end_list_own(enum rg_err r, json_t *list)
{
	if (r != RG_OK) {
		json_decref(list);
		return cli_fail(r, NULL);
	}
	return list == NULL ? CLI_OK : cli_print_json_own(list);
}

/*
 * The length of a character that a terminal obeys or that turns the direction
 * of text (C0, C1, and the bidi controls of UAX #9); 0 for all others.
 */
static size_t
control_length(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	if (p[0] < 0x20 || p[0] == 0x7f)
		return 1;
	if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
		return 2;
	if (p[0] == 0xe2 && p[1] == 0x80 &&
	    (p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xaa && p[2] <= 0xae)))
		return 3;
	if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
		return 3;
	return 0;
}

void
cli_print(const char *s)
{
	size_t n;

	while (*s != '\0') {
		if ((n = control_length(s)) == 0)
			(void)putchar(*s++);
		for (; n > 0; n--)
			(void)printf("\\x%02x", (unsigned char)*s++);
	}
}

enum rg_err
cli_read_stdin(struct buf *out, struct err *e)
{
	char chunk[4096];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), stdin)) > 0) {
		buf_put(out, chunk, n);
		if (out->len > CLI_MAX_INPUT)
			return err_set(e, RG_E_TOO_LARGE,
			    "more than %d bytes on standard input",
			    CLI_MAX_INPUT);
	}
	if (ferror(stdin) || !buf_ok(out))
		return err_set(
		    e, RG_E_FILE, "standard input: %s", strerror(errno));
	while (out->len > 0 && strchr(" \t\r\n", out->p[out->len - 1]) != NULL)
		out->p[--out->len] = '\0';
	return RG_OK;
}

bool
cli_parse_when(const char *s, int64_t now, int sign, int64_t *out)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	struct tm tm = {0};
	char *end;
	int64_t n;
	size_t i;

	end = strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL || *end != '\0') {
		memset(&tm, 0, sizeof(tm));
		end = strptime(s, "%Y-%m-%d", &tm);
	}
	if (end != NULL && *end == '\0') {
		*out = timegm(&tm);
		return true;
	}
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0 || end == s || n < 0 || n > 100000 || end[0] == '\0' ||
	    end[1] != '\0')
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == *end) {
			*out = clock_add(now, sign * n * units[i].seconds);
			return true;
		}
	}
	return false;
}
