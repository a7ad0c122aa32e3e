/* SPDX-License-Identifier: ISC */
/*
 * rolegate with a hole, for sandbox.test.mjs: /healthz?do=...&what=... does
 * what somebody could want who has taken a worker over, and says how it went.
 * Only build/MODE/hook/rolegate is linked with it (the Makefile: --wrap).
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/form.h"
#include "cgi/worker.h"

endpoint_fn __real_endpoint_healthz, __wrap_endpoint_healthz;

static int
opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd;
}

static int
run(const char *program)
{
	char name[] = "program", *argv[] = {name, NULL};
	char *envp[] = {NULL};

	/* in this very process: what it would answer is then lost */
	return execve(program, argv, envp);
}

static int
forked(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	return pid < 0 ? -1 : 0;
}

static int
new_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

/* Of a file that the worker has written itself. */
static int
code_of_file(const char *path)
{
	static const char code[4096];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), why = errno;
	void *p = MAP_FAILED;

	if (fd < 0)
		return 0; /* which is a failure of the test */
	if (write(fd, code, sizeof(code)) == (ssize_t)sizeof(code)) {
		p = mmap(NULL, sizeof(code), PROT_READ | PROT_EXEC, MAP_PRIVATE,
		    fd, 0);
		why = errno;
	}
	(void)close(fd);
	errno = why;
	return p == MAP_FAILED ? -1 : 0;
}

static int
server(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = listen(fd, 1), why = errno;

	(void)close(fd);
	errno = why;
	return n;
}

static int
raw_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int
core_file(void)
{
	struct rlimit limit = {1, 1};

	(void)getrlimit(RLIMIT_CORE, &limit);
	errno = EPERM;
	return limit.rlim_max == 0 ? -1 : 0;
}

/* To the parent, by the ways that kill(2) is not. */
static int
thread_signal(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int
limit_of_parent(void)
{
	struct rlimit limit;

	return prlimit(getppid(), RLIMIT_CPU, NULL, &limit);
}

static int
owner(int command)
{
	int ends[2], n, why;

	if (pipe(ends) != 0)
		return 0; /* which is a failure of the test */
	n = fcntl(ends[0], command, getppid());
	why = errno;
	(void)close(ends[0]);
	(void)close(ends[1]);
	errno = why;
	return n;
}

/* 32 bits more than the kernel looks at. */
static int
typed(void)
{
	return (int)syscall(
	    SYS_ioctl, 0, (1UL << 32) | (unsigned long)TIOCSTI, "x");
}

/* As libcurl does it. */
static void *
resolver(void *name)
{
	struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG}, *list = NULL;

	if (getaddrinfo(name, "443", &hints, &list) != 0)
		return NULL;
	freeaddrinfo(list);
	return name;
}

static int
resolved(const char *name)
{
	char copy[64];
	void *found = NULL;
	pthread_t thread;

	(void)snprintf(copy, sizeof(copy), "%s", name);
	errno = pthread_create(&thread, NULL, resolver, copy);
	if (errno != 0)
		return -1;
	(void)pthread_join(thread, &found);
	return found == NULL ? -1 : 0;
}

static void *
wait_for_ever(void *unused)
{
	for (;;)
		(void)pause();
	return unused;
}

/* As some libcurl do with a lookup that takes too long. */
static int
cancelled(void)
{
	void *end = NULL;
	pthread_t thread;

	errno = pthread_create(&thread, NULL, wait_for_ever, NULL);
	if (errno != 0)
		return -1;
	(void)pthread_cancel(thread);
	(void)pthread_join(thread, &end);
	return end == PTHREAD_CANCELED ? 0 : -1;
}

static int
attempt(const char *todo, const char *what)
{
	if (strcmp(todo, "read") == 0)
		return opened(what, O_RDONLY);
	if (strcmp(todo, "write") == 0)
		return opened(what, O_WRONLY | O_CREAT);
	if (strcmp(todo, "exec") == 0)
		return run(what);
	if (strcmp(todo, "fork") == 0)
		return forked();
	if (strcmp(todo, "kill") == 0)
		return kill(getppid(), 0);
	if (strcmp(todo, "tgkill") == 0)
		return thread_signal();
	if (strcmp(todo, "limit") == 0)
		return limit_of_parent();
	if (strcmp(todo, "owner") == 0)
		return owner(F_SETOWN);
	if (strcmp(todo, "signal") == 0)
		return owner(F_SETSIG);
	if (strcmp(todo, "typed") == 0)
		return typed();
	if (strcmp(todo, "shared") == 0)
		return shmget(IPC_PRIVATE, 4096, 0600);
	if (strcmp(todo, "truncate") == 0)
		return truncate(what, 0);
	if (strcmp(todo, "trace") == 0)
		return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
	if (strcmp(todo, "code") == 0)
		return new_code();
	if (strcmp(todo, "code of a file") == 0)
		return code_of_file(what);
	if (strcmp(todo, "listen") == 0)
		return server();
	if (strcmp(todo, "packet") == 0)
		return raw_socket();
	if (strcmp(todo, "core") == 0)
		return core_file();
	if (strcmp(todo, "resolve") == 0)
		return resolved(what);
	if (strcmp(todo, "cancel") == 0)
		return cancelled();
	if (strcmp(todo, "chmod") == 0)
		return chmod(what, 0777);
	errno = EINVAL;
	return -1;
}

void
__wrap_endpoint_healthz(
    struct worker *w, const struct request *q, struct response *s)
{
	const char *todo = form_nth(q->query, "do", 0);
	const char *what = form_nth(q->query, "what", 0);
	int n;

	if (todo == NULL) {
		__real_endpoint_healthz(w, q, s);
		return;
	}
	errno = 0;
	n = attempt(todo, what == NULL ? "" : what);
	response_json_own(s, 200,
	    json_pack("{s:b, s:s, s:i}", "done", n >= 0, "error",
		n >= 0 ? "" : strerror(errno), "pid", (int)getpid()));
}
