/* SPDX-License-Identifier: ISC */
#include "cgi/prefork.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cgi/child.h"
#include "cgi/slow.h"

#define STOP_MS 6000	    /* then they are killed */
#define QUICK_DEATH_MS 1000 /* dead within this: wait before another */
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000
#define PROCS_MAX 1024

struct proc {
	pid_t pid; /* 0: to be started when `due` */
	int64_t started;
	int64_t due;
	int backoff_ms;
	bool leaving; /* told to end; not replaced */
	bool keeper;  /* serves nothing: runs app->keep */
};

struct parent {
	struct listener *listeners; /* LISTENERS of them */
	const struct server_options *options;
	const struct server_app *app;
	char *addresses[LISTENERS]; /* what is served; NULL: none */
	struct proc *procs;
	size_t count;
	int nudge;     /* eventfd: see nudge() */
	pid_t checker; /* --check of what is to take over; 0: none */
	bool draining; /* the database is migrated when no child is left */
	sigset_t signals;
};

static void
run_child(struct parent *p, const struct proc *c, pid_t parent)
{
	int i;

	/* Not PDEATHSIG alone: the parent may be dead already. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		exit(CHILD_NOT_OPENED);
	if (c->keeper) {
		/* Nobody must wait for an answer from here. */
		for (i = 0; i < LISTENERS; i++)
			if (p->listeners[i].fd >= 0)
				(void)close(p->listeners[i].fd);
		exit(child_keep(p->app));
	}
	exit(child_run(p->listeners, p->options, p->app, p->nudge));
}

static void
start(struct parent *p, struct proc *c)
{
	pid_t self = getpid(), pid;

	c->started = clock_mono_ms();
	pid = fork();
	if (pid == 0)
		run_child(p, c, self);
	if (pid < 0) {
		log_error("worker.fork", "errno=%d", errno);
		c->due = c->started + QUICK_DEATH_MS;
		return;
	}
	c->pid = pid;
	log_info("worker.start", "pid=%ld", (long)pid);
}

static void
start_due(struct parent *p)
{
	int64_t now = clock_mono_ms();
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->procs[i].pid == 0 && !p->procs[i].leaving &&
		    p->procs[i].due <= now)
			start(p, &p->procs[i]);
}

/* Room for the processes of the options, which are to be started now. */
static bool
add(struct parent *p)
{
	bool keeper = p->options->keeper && p->app->keep != NULL;
	int more = p->options->workers + (keeper ? 1 : 0);
	size_t count = p->count + (size_t)more;
	struct proc *procs;

	if (more < 1 || count > PROCS_MAX || !slow_open(p->options->workers))
		return false;
	procs = reallocarray(p->procs, count, sizeof(*procs));
	if (procs == NULL)
		return false;
	memset(procs + p->count, 0, (size_t)more * sizeof(*procs));
	procs[count - 1].keeper = keeper;
	p->procs = procs;
	p->count = count;
	return true;
}

static void
drop(struct parent *p, size_t i)
{
	p->procs[i] = p->procs[p->count - 1];
	p->count--;
}

static const char *
exit_words(int status)
{
	if (WIFSIGNALED(status))
		return "killed";
	switch (WEXITSTATUS(status)) {
	case CHILD_ENDED:
		return "ended";
	case CHILD_NOT_OPENED:
		return "could not open";
	case CHILD_CUT:
		return "cut a request short";
	default:
		return "failed";
	}
}

static void
buried(struct parent *p, size_t i, int status)
{
	struct proc *c = &p->procs[i];
	int64_t now = clock_mono_ms();

	log_event(c->leaving ? LOG_INFO : LOG_ERROR, "worker.end",
	    "pid=%ld signal=%d status=%d reason=\"%s\"", (long)c->pid,
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 0, exit_words(status));
	if (c->leaving) {
		drop(p, i);
		return;
	}
	if (now - c->started >= QUICK_DEATH_MS)
		c->backoff_ms = 0;
	else if (c->backoff_ms == 0)
		c->backoff_ms = BACKOFF_MIN_MS;
	else if (c->backoff_ms < BACKOFF_MAX_MS / 2)
		c->backoff_ms *= 2;
	else
		c->backoff_ms = BACKOFF_MAX_MS;
	c->pid = 0;
	c->due = now + c->backoff_ms;
}

/*
 * The kernel tells one waiting child about a connection (EPOLLEXCLUSIVE). If
 * that child ended before it accepted, nobody else knows: tell all to look.
 */
static void
nudge(const struct parent *p)
{
	const uint64_t one = 1;

	if (write(p->nudge, &one, sizeof(one)) < 0)
		log_error("server.nudge", "errno=%d", errno);
}

/* Those that this process started when it was another program. */
static void
dismiss_inherited(struct parent *p, const struct handover *before)
{
	size_t i;
	struct proc *procs;

	procs =
	    reallocarray(p->procs, p->count + before->count, sizeof(*procs));
	if (procs == NULL) {
		/* They are not waited for; TERM ends them all the same. */
		for (i = 0; i < before->count; i++)
			(void)kill(before->workers[i], SIGTERM);
		return;
	}
	p->procs = procs;
	for (i = 0; i < before->count; i++) {
		procs[p->count++] = (struct proc){.pid = before->workers[i],
		    .started = clock_mono_ms(),
		    .leaving = true};
		(void)kill(before->workers[i], SIGTERM);
	}
}

static void
upgrade_refused(const char *why)
{
	log_error("server.upgrade_refused", "detail=%s", log_quote(why));
}

/* Tells the first `count` to end; forgets those that do not run. */
static void
dismiss(struct parent *p, size_t count)
{
	size_t i = count;

	while (i-- > 0) {
		if (p->procs[i].pid == 0) {
			drop(p, i);
			continue;
		}
		p->procs[i].leaving = true;
		(void)kill(p->procs[i].pid, SIGTERM);
	}
}

/* Those that were told to end for it are replaced by others of this program. */
static void
give_up(struct parent *p, const char *why)
{
	upgrade_refused(why);
	if (!p->draining)
		return;
	p->draining = false;
	/* Without any there is nothing left to do here. */
	if (!add(p))
		(void)kill(getpid(), SIGTERM);
}

static void
try_program(struct parent *p, char *flag)
{
	const struct server_options *o = p->options;
	pid_t pid;

	if (o->program == NULL)
		give_up(p, "where the program is, is not known");
	else if ((pid = handover_try(o->program, o->argv, flag)) < 0)
		give_up(p, "it can't be started");
	else
		p->checker = pid;
}

/*
 * Workers of this version must not read what the next one makes of the database
 * (and would refuse to: db_pin()). So they finish first, and connections wait
 * in the sockets for those of the new one. Before them the keeper, and whoever
 * is leaving already: nobody waits for these, and a keeper waits as long as a
 * provider lets it.
 */
static void
drain(struct parent *p)
{
	size_t i;

	log_info("server.upgrade",
	    "detail=\"the database is migrated when the workers have ended\"");
	p->draining = true;
	for (i = 0; i < p->count; i++) {
		if (!p->procs[i].keeper)
			continue;
		p->procs[i].leaving = true;
		if (p->procs[i].pid != 0)
			(void)kill(p->procs[i].pid, SIGTERM);
	}
}

static bool
is_one_leaving(const struct parent *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->procs[i].leaving && p->procs[i].pid != 0)
			return true;
	return false;
}

static void
go_on_upgrading(struct parent *p)
{
	static char migrate[] = "--migrate";

	if (!p->draining || p->checker != 0 || is_one_leaving(p))
		return;
	dismiss(p, p->count);
	if (p->count == 0)
		try_program(p, migrate);
}

static void
begin_upgrade(struct parent *p)
{
	static char check[] = "--check";

	if (p->checker == 0 && !p->draining)
		try_program(p, check);
}

static void
end_upgrade(struct parent *p, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	struct err e = {RG_OK, ""};
	static struct handover h;
	size_t i;

	p->checker = 0;
	if (code == CHECK_OLD && !p->draining) {
		drain(p);
		return;
	}
	if (code != 0) {
		give_up(p, p->draining ? "--migrate of the new program failed"
				       : "--check of the new program failed");
		return;
	}
	h.count = 0;
	for (i = 0; i < p->count && h.count < HANDOVER_WORKERS; i++)
		if (p->procs[i].pid != 0)
			h.workers[h.count++] = p->procs[i].pid;
	log_info(
	    "server.upgrade", "program=%s", log_quote(p->options->program));
	(void)handover_become(
	    p->options->program, p->options->argv, p->listeners, &h, &e);
	give_up(p, e.detail);
}

static void
reap(struct parent *p)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		slow_bury(pid);
		if (pid == p->checker)
			end_upgrade(p, status);
		for (i = 0; i < p->count; i++)
			if (p->procs[i].pid == pid) {
				buried(p, i, status);
				nudge(p);
				break;
			}
	}
}

/* A setting that takes no effect must not look as if it did. */
static void
compare_address(const char *was, const char *now, const char *key)
{
	const char *served = was == NULL ? "none" : log_quote(was);
	const char *configured = now == NULL ? "none" : log_quote(now);

	if (strcmp(served, configured) != 0)
		log_warn("server.listen_unchanged",
		    "served=%s configured=%s detail=\"a new %s needs a "
		    "restart\"",
		    served, configured, key);
}

static void
compare_addresses(const struct parent *p)
{
	compare_address(p->addresses[0], p->options->listen, "listen");
	compare_address(p->addresses[1], p->options->listen_authorizer,
	    "listen_authorizer");
}

/* One that was handed over may not be where the configuration says now. */
static void
remember_addresses(struct parent *p)
{
	const char *const configured[LISTENERS] = {
	    p->options->listen, p->options->listen_authorizer};
	char where[LISTEN_ADDRESS_MAX];
	const char *address;
	int i;

	for (i = 0; i < LISTENERS; i++) {
		address = p->listeners[i].fd < 0 ? NULL : configured[i];
		if (p->listeners[i].is_ours)
			address =
			    listen_address(&p->listeners[i], address, where);
		p->addresses[i] = address == NULL ? NULL : strdup(address);
	}
	compare_addresses(p);
}

/* New children first, so that somebody always takes connections. */
static void
reload(struct parent *p)
{
	struct err e = {RG_OK, ""};
	struct listener fresh[LISTENERS];
	size_t i, old = p->count;

	if (p->app->reload != NULL &&
	    p->app->reload(p->app->ctx, &e) != RG_OK) {
		log_error("server.reload_refused", "error=%s detail=%s",
		    err_name(e.code), log_quote(e.detail));
		return;
	}
	memcpy(fresh, p->listeners, sizeof(fresh));
	for (i = 0; i < LISTENERS; i++) {
		if (listen_peer(p->options, &fresh[i], &e) == RG_OK)
			continue;
		log_error("server.reload_refused", "error=%s detail=%s",
		    err_name(e.code), log_quote(e.detail));
		return;
	}
	if (!add(p)) {
		log_error("server.reload_refused",
		    "detail=\"too many workers are still ending\"");
		return;
	}
	compare_addresses(p);
	memcpy(p->listeners, fresh, sizeof(fresh));
	start_due(p);
	dismiss(p, old);
	log_info("server.reloaded", "workers=%d", p->options->workers);
}

/* Milliseconds until a child is due; -1 when none waits. */
static int64_t
next_due(const struct parent *p)
{
	int64_t now = clock_mono_ms(), left, least = -1;
	size_t i;

	for (i = 0; i < p->count; i++) {
		if (p->procs[i].pid != 0 || p->procs[i].leaving)
			continue;
		left = p->procs[i].due > now ? p->procs[i].due - now : 0;
		if (least < 0 || left < least)
			least = left;
	}
	return least;
}

/* The next signal, or 0 after `ms` (for ever if below 0). */
static int
next_signal(const struct parent *p, int64_t ms)
{
	struct timespec t;
	int sig;

	if (ms < 0) {
		sig = sigwaitinfo(&p->signals, NULL);
	} else {
		t.tv_sec = (time_t)(ms / 1000);
		t.tv_nsec = (long)(ms % 1000) * 1000000L;
		sig = sigtimedwait(&p->signals, NULL, &t);
	}
	return sig < 0 ? 0 : sig;
}

static void
stop(struct parent *p)
{
	int64_t until = clock_mono_ms() + STOP_MS, left;
	size_t i;

	/* What it finds makes us another program no more: the end is asked for
	 * once, and that one would not know of it. */
	if (p->checker != 0)
		(void)kill(p->checker, SIGTERM);
	p->checker = 0;
	for (i = 0; i < LISTENERS; i++)
		listen_close(&p->listeners[i]);
	dismiss(p, p->count);
	while (p->count > 0) {
		if ((left = until - clock_mono_ms()) <= 0)
			break;
		(void)next_signal(p, left);
		reap(p);
	}
	for (i = 0; i < p->count; i++) {
		log_warn("worker.kill", "pid=%ld", (long)p->procs[i].pid);
		(void)kill(p->procs[i].pid, SIGKILL);
		(void)waitpid(p->procs[i].pid, NULL, 0);
	}
}

void
prefork_block_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGHUP);
	(void)sigaddset(set, SIGUSR1);
	(void)sigaddset(set, SIGUSR2);
	(void)sigaddset(set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, set, NULL);
	/* An ignored CHLD, inherited so, would leave nothing to wait for. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
}

int
prefork_run(struct listener *l, const struct server_options *o,
    const struct server_app *app, const struct handover *before)
{
	struct parent p = {.listeners = l, .options = o, .app = app};
	int sig = 0;

	remember_addresses(&p);
	prefork_block_signals(&p.signals);
	p.nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p.nudge < 0 || !add(&p)) {
		log_error("server.start", "workers=%d", o->workers);
		return 1;
	}
	start_due(&p);
	dismiss_inherited(&p, before);
	for (;;) {
		start_due(&p);
		sig = next_signal(&p, next_due(&p));
		if (sig == SIGTERM || sig == SIGINT)
			break;
		/* Whoever comes next reads the configuration anyway. */
		if (sig == SIGHUP && !p.draining)
			reload(&p);
		if (sig == SIGUSR2)
			begin_upgrade(&p);
		reap(&p);
		go_on_upgrading(&p);
	}
	stop(&p);
	free(p.procs);
	free(p.addresses[0]);
	free(p.addresses[1]);
	(void)close(p.nudge);
	return 0;
}
