/* SPDX-License-Identifier: ISC */
#include "cgi/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cgi/child.h"
#include "cgi/handover.h"
#include "cgi/listen.h"
#include "cgi/plain.h"
#include "cgi/prefork.h"

#define ACTIVATED_FD 3 /* sd_listen_fds(3): the first one */

enum mode {
	MODE_HANDED_OVER, /* by ourselves, before USR2 */
	MODE_ACTIVATED,	  /* by systemd: LISTEN_FDS */
	MODE_SPAWNED,	  /* by a web server: fd 0 is the listening socket */
	MODE_CGI,
	MODE_OWN_SOCKET,
	MODE_NONE
};

static const char *const mode_names[] = {
    "handed over", "activated", "spawned", "cgi", "own", "none"};

/* sd_listen_fds(3): LISTEN_FDS is meant for the process LISTEN_PID only. */
static int
activated(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	char self[24];

	(void)snprintf(self, sizeof(self), "%ld", (long)getpid());
	if (pid == NULL || fds == NULL || strcmp(pid, self) != 0)
		return 0;
	return strcmp(fds, "1") == 0 ? 1 : -1;
}

/*
 * How the process was started says more than a configuration file that several
 * ways of starting may share; only --listen says yet more.
 */
static enum mode
choose(const struct server_options *o, struct handover *h)
{
	if (handover_take(h))
		return MODE_HANDED_OVER;
	if (activated() != 0)
		return MODE_ACTIVATED;
	if (o->listen != NULL && o->listen_first)
		return MODE_OWN_SOCKET;
	if (listen_is_listening(STDIN_FILENO))
		return MODE_SPAWNED;
	if (plain_is_cgi())
		return MODE_CGI;
	return o->listen != NULL ? MODE_OWN_SOCKET : MODE_NONE;
}

static enum rg_err
get_listener(enum mode mode, const struct server_options *o, struct listener *l,
    struct err *e)
{
	if (mode == MODE_OWN_SOCKET)
		return listen_open(o, l, e);
	if (mode == MODE_SPAWNED)
		return listen_adopt(STDIN_FILENO, o, l, e);
	if (activated() < 0)
		return err_set(
		    e, RG_E_CONF, "LISTEN_FDS: exactly one socket is served");
	return listen_adopt(ACTIVATED_FD, o, l, e);
}

static enum rg_err
get_handed_over(const struct handover *h, const struct server_options *o,
    struct listener *l, struct err *e)
{
	enum rg_err r = RG_OK;
	int i;

	for (i = 0; r == RG_OK && i < LISTENERS; i++) {
		if (h->fds[i] < 0)
			continue;
		/* Nobody else makes the second one. */
		r = h->own[i] || i == 1
			? listen_adopt_own(h->fds[i], o, &l[i], e)
			: listen_adopt(h->fds[i], o, &l[i], e);
		(void)close(h->fds[i]);
		l[i].authorizer_only = i == 1;
	}
	/* Whoever was served before must be, whatever comes of a new one. */
	if (r == RG_OK && l[1].fd < 0 &&
	    listen_open_authorizer(o, &l[1], e) != RG_OK)
		log_error("server.listen_authorizer", "error=%s detail=%s",
		    err_name(e->code), log_quote(e->detail));
	return r;
}

/* All sockets that are to be served. */
static enum rg_err
get_listeners(enum mode mode, const struct handover *h,
    const struct server_options *o, struct listener *l, struct err *e)
{
	enum rg_err r;

	if (mode == MODE_HANDED_OVER)
		return get_handed_over(h, o, l, e);
	r = get_listener(mode, o, &l[0], e);
	if (r == RG_OK && mode != MODE_SPAWNED)
		r = listen_open_authorizer(o, &l[1], e);
	return r;
}

int
server_run(const struct server_options *o, const struct server_app *app)
{
	struct listener l[LISTENERS] = {{.fd = -1}, {.fd = -1}};
	struct err e = {RG_OK, ""};
	static struct handover before;
	enum mode mode = choose(o, &before);
	sigset_t held;
	int status;

	if (mode == MODE_CGI)
		return plain_serve(o, app);
	if (mode == MODE_NONE) {
		log_error("server.start",
		    "no socket: set listen, or let a web server start it");
		return 1;
	}
	if (mode != MODE_SPAWNED)
		prefork_block_signals(&held);
	if (get_listeners(mode, &before, o, l, &e) != RG_OK) {
		listen_close(&l[0]);
		log_error("server.start", "error=%s detail=%s",
		    err_name(e.code), log_quote(e.detail));
		return 1;
	}
	log_info("server.start", "mode=%s listen=\"%s\" workers=%d pid=%ld",
	    mode_names[mode], mode == MODE_OWN_SOCKET ? o->listen : "inherited",
	    mode == MODE_SPAWNED ? 1 : o->workers, (long)getpid());
	if (mode == MODE_SPAWNED && o->listen_authorizer != NULL)
		log_warn("server.start",
		    "listen_authorizer=\"%s\" is not "
		    "served: a web server started this process",
		    o->listen_authorizer);
	/* A server that spawns us decides itself how many it wants. */
	if (mode == MODE_SPAWNED)
		status = child_run(l, o, app, -1);
	else
		status = prefork_run(l, o, app, &before);
	listen_close(&l[0]);
	listen_close(&l[1]);
	log_info("server.stop", "status=%d", status);
	return status;
}
