/* SPDX-License-Identifier: ISC */
/* rolegate: options, configuration, and the life of a worker. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/version.h"
#include "cgi/client.h"
#include "cgi/handover.h"
#include "cgi/plain.h"
#include "cgi/sandbox.h"
#include "cgi/server.h"
#include "cgi/worker.h"

#define OPEN_RETRY_MS 1000
#define KEEP_BUSY_MS 10 /* between two renewals */
#define KEEP_REST_MS 5000

struct program {
	const char *config;
	const char *listen; /* --listen, which wins over the file; or NULL */
	struct settings *settings;
	struct server_options options;
};

static const char help[] =
    "Usage: rolegate [--config FILE] [--listen ADDRESS] [--check]\n"
    "\n"
    "Signs people in with OpenID Connect and tells a web server or gateway\n"
    "their roles. Speaks FastCGI, or CGI when a web server runs it so.\n"
    "\n"
    "  --config FILE     instead of $ROLEGATE_CONFIG or " SETTINGS_DEFAULT_PATH
    "\n"
    "  --listen ADDRESS  unix:/path, 127.0.0.1:PORT or [::1]:PORT\n"
    "  --check           check configuration, secrets and database, and exit\n"
    "  --migrate         the same, but migrate an older database first\n"
    "  --version         print the version and exit; with --verbose also the\n"
    "                    libraries that are linked in\n"
    "  --help            print this and exit\n"
    "\n"
    "Examples:\n"
    "  rolegate --check --config /etc/rolegate/rolegate.conf\n"
    "  rolegate --listen unix:/run/rolegate/rolegate.sock\n"
    "\n"
    "Exit status: 0 good, 1 failed (the reason is on stderr), 2 wrong usage,\n"
    "3 the database is of an older rolegate.\n"
    "See rolegate(8) and rolegate.conf(5).\n";

/* Descriptors 0 to 2 must be open, or a database could become stdout. */
static void
fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			abort();
	} while (fd <= 2);
	(void)close(fd);
}

static void
say_sandbox(const struct settings *s)
{
	struct buf words = BUF_INIT;

	if (sandbox_check(s, &words, NULL) == RG_OK && !plain_is_cgi())
		log_info("server.sandbox", "%s", buf_str(&words));
	buf_clear(&words);
}

static void
use_settings(struct program *prog)
{
	const struct settings *s = prog->settings;
	struct server_options *o = &prog->options;
	size_t i;

	o->listen = prog->listen != NULL ? prog->listen : s->listen;
	o->listen_authorizer = s->listen_authorizer;
	o->listen_first = prog->listen != NULL;
	o->socket_mode = s->socket_mode;
	o->socket_owner = s->socket_owner;
	o->socket_group = s->socket_group;
	o->peer_user = s->peer_user;
	o->workers = s->workers;
	o->read_timeout_ms = s->read_timeout_ms;
	o->idle_timeout_ms = s->idle_timeout_ms;
	o->keeper = false;
	for (i = 0; i < s->provider_count; i++)
		o->keeper |= s->providers[i].refresh;
	log_set_level(s->log_level);
	say_sandbox(s);
}

/* Settings and everything they name, tried once. */
static enum rg_err
check(const char *path, bool migrate, struct settings **out, struct err *e)
{
	enum rg_err r;
	struct gate *gate = NULL;
	struct buf words = BUF_INIT;

	if ((r = settings_load(path, out, e)) != RG_OK)
		return r;
	if ((r = sandbox_check(*out, &words, e)) == RG_OK &&
	    (!migrate || (r = gate_migrate(*out, clock_now(), e)) == RG_OK) &&
	    (r = gate_open(*out, &gate, e)) == RG_OK &&
	    (r = gate_check_schema(gate, e)) == RG_OK)
		r = gate_role_token_check(gate, clock_now(), e);
	gate_free(&gate);
	if (r != RG_OK)
		settings_free(out);
	buf_clear(&words);
	return r;
}

/*
 * What was in order at the start may be broken when a worker is replaced. Then
 * it says so to everybody who asks, and looks now and then whether it has been
 * repaired; a worker that ended instead would leave requests without answer.
 */
static void
open_gate(struct worker *w)
{
	struct err e = {RG_OK, ""};
	int64_t now = clock_mono_ms();
	bool again = w->tried != 0;

	if (w->gate != NULL || (again && now - w->tried < OPEN_RETRY_MS))
		return;
	w->tried = now;
	if (gate_open(w->settings, &w->gate, &e) == RG_OK) {
		if (again)
			log_info("worker.open", "repaired");
		else
			log_debug("worker.open", "ready");
	} else if (strcmp(e.detail, w->unopened.detail) != 0) {
		/* Once: strangers decide how often it is tried. */
		log_error("worker.open", "error=%s detail=%s", err_name(e.code),
		    log_quote(e.detail));
		w->unopened = e;
	}
}

static void *
worker_open(void *ctx)
{
	struct program *prog = ctx;
	struct worker *w = calloc(1, sizeof(*w));
	struct err e = {RG_OK, ""};

	if (w == NULL)
		return NULL;
	w->settings = prog->settings;
	w->style.secure = prog->settings->secure;
	/* Fails closed: not without what the settings ask for. */
	if (sandbox_enter(w->settings, &e) != RG_OK) {
		log_error("worker.sandbox", "error=%s detail=%s",
		    err_name(e.code), log_quote(e.detail));
		free(w);
		return NULL;
	}
	w->answers = answers_new();
	open_gate(w);
	return w;
}

/*
 * What came of the request. Neither the path nor anything else of the client
 * gets into it: the endpoint is a path of ours, or none.
 */
static void
count(struct worker *w, int status, enum rg_err refused, int64_t now)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "%s:%d",
	    w->endpoint == NULL ? "other" : w->endpoint, status);
	gate_count(w->gate, "requests", what, now);
	if (refused != RG_OK)
		gate_count(w->gate, "refused", err_name(refused), now);
}

/* The same question in the same moment gets the same answer: answers.h. */
static bool
answer_again(struct worker *w, struct answers_moment *moment,
    enum fcgi_role role, char *const *params, struct buf *out)
{
	w->endpoint = answers_find(w->answers, moment, role, params, out);
	if (w->endpoint == NULL)
		return false;
	log_debug("request", "answered again, endpoint=%s", w->endpoint);
	count(w, 200, RG_OK, moment->now);
	return true;
}

static int
worker_idle(void *state)
{
	struct worker *w = state;

	return w->gate == NULL ? -1 : gate_idle(w->gate);
}

/* Renews what is due, then rests: sooner again when something was. */
static int
worker_keep(void *state)
{
	struct worker *w = state;
	struct gate_context ctx = {.request_id = "", .client = "", .actor = ""};
	enum rg_err r = RG_E_NOT_FOUND;

	open_gate(w);
	ctx.now = clock_now();
	if (w->gate != NULL) {
		r = gate_refresh_next(w->gate, &ctx);
		(void)gate_idle(w->gate);
	}
	return r == RG_OK ? KEEP_BUSY_MS : KEEP_REST_MS;
}

static void
worker_close(void *state)
{
	struct worker *w = state;

	gate_free(&w->gate);
	answers_free(&w->answers);
	free(w);
}

static void
worker_serve(void *state, char *const *params, enum fcgi_role role,
    request_read_fn *fn, void *read_ctx, struct buf *out)
{
	struct worker *w = state;
	struct request *q = NULL;
	struct response s = RESPONSE_INIT;
	int64_t began = clock_mono_ms();
	struct answers_moment moment = {.now = clock_now()};
	enum rg_err r;
	int64_t now;
	bool is_told;

	is_told = w->answers != NULL && w->gate != NULL &&
		  gate_stamp(w->gate, moment.database);
	if (is_told && answer_again(w, &moment, role, params, out))
		goto out;
	r = request_read(params, role, fn, read_ctx, &q);
	if (q == NULL) {
		response_error(&s, 500, "internal", "Out of memory.", "-");
		response_write(&s, false, out);
		goto out;
	}
	client_behind_proxy(q, params, w->settings);
	log_set_request(q->id);
	open_gate(w);
	w->endpoint = role == ROLE_AUTHORIZER ? "authorizer" : NULL;
	if (role == ROLE_AUTHORIZER)
		authorizer(w, q, &s, r);
	else if (r != RG_OK)
		route_unreadable(w, q, &s, r);
	else
		route(w, q, &s);
	log_debug("request", "path=%s status=%d ms=%lld",
	    role == ROLE_AUTHORIZER ? "(authorizer)" : log_quote(q->path),
	    s.status, (long long)(clock_mono_ms() - began));
	response_write(&s, q->method == METHOD_HEAD, out);
	now = clock_now();
	if (is_told && s.repeatable && s.status == 200 && now == moment.now)
		answers_keep(w->answers, &moment, w->endpoint, out);
	count(w, s.status, s.refused, now);
out:
	response_clear(&s);
	request_free(&q);
	log_set_request(NULL);
}

static enum rg_err
program_reload(void *ctx, struct err *e)
{
	struct program *prog = ctx;
	struct settings *fresh = NULL;
	enum rg_err r;

	if ((r = check(prog->config, false, &fresh, e)) != RG_OK)
		return r;
	settings_free(&prog->settings);
	prog->settings = fresh;
	use_settings(prog);
	return RG_OK;
}

/*
 * Where this program is, whatever is there then: its own path as it was
 * started, if that is absolute (it may be a link that is turned), else the
 * file. NULL when that can't be found out.
 */
static const char *
own_path(const char *started)
{
	return started[0] == '/' ? started : realpath("/proc/self/exe", NULL);
}

static int
usage(void)
{
	(void)fprintf(stderr, "rolegate: wrong usage; see rolegate --help\n");
	return 2;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"listen", required_argument, NULL, 'l'},
	    {"check", no_argument, NULL, 'n'},
	    {"migrate", no_argument, NULL, 'm'},
	    {"version", no_argument, NULL, 'v'},
	    {"verbose", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct program prog = {0};
	struct server_app app = {0};
	struct err e = {RG_OK, ""};
	const char *config = NULL;
	bool check_only = false, migrate = false;
	bool version = false, verbose = false;
	int c, status;

	fill_standard_fds();
	/*
	 * RFC 3875 section 4.4: a CGI program gets words of the query as
	 * arguments, so these would be a stranger's. ROLEGATE_CONFIG it is.
	 */
	if (getenv("GATEWAY_INTERFACE") != NULL)
		argc = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			config = optarg;
			break;
		case 'l':
			prog.listen = optarg;
			break;
		case 'n':
			check_only = true;
			break;
		case 'm':
			check_only = migrate = true;
			break;
		case 'v':
			version = true;
			break;
		case 'V':
			verbose = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return 0;
		default:
			return usage();
		}
	}
	if (optind != argc || (verbose && !version))
		return usage();
	if (version) {
		version_print("rolegate", verbose);
		return 0;
	}
	sandbox_no_leaks();
	json_object_seed(0);
	prog.config = settings_path(config);
	if (check(prog.config, migrate, &prog.settings, &e) != RG_OK) {
		(void)fprintf(
		    stderr, "rolegate: %s (%s)\n", e.detail, err_name(e.code));
		return e.code == RG_E_STORE_OLD ? CHECK_OLD : 1;
	}
	if (check_only) {
		settings_free(&prog.settings);
		return 0;
	}
	use_settings(&prog);
	prog.options.program = own_path(argv[0]);
	prog.options.argv = argv;
	app.open = worker_open;
	app.serve = worker_serve;
	app.idle = worker_idle;
	app.keep = worker_keep;
	app.close = worker_close;
	app.reload = program_reload;
	app.ctx = &prog;
	status = server_run(&prog.options, &app);
	settings_free(&prog.settings);
	return status;
}
