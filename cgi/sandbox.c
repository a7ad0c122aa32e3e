/* SPDX-License-Identifier: ISC */
#include "cgi/sandbox.h"

#include <errno.h>
#include <execinfo.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "cgi/sandbox_files.h"
#include "cgi/sandbox_syscalls.h"

/*
 * In a sanitizer's build the leak checker traces us and reports go to files.
 * The Makefile says so.
 */
#ifdef RG_NO_SANDBOX
static const bool possible = false;
#else
static const bool possible = true;
#endif

void
sandbox_no_leaks(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef RG_SANITIZED /* LeakSanitizer needs ptrace */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/*
 * Root keeps only what its own files may need: a database of another user, and
 * that SQLite gives -wal and -shm to its owner. capabilities(7).
 */
static bool
drop_capabilities(void)
{
	const uint32_t keep =
	    1U << CAP_DAC_OVERRIDE | 1U << CAP_CHOWN | 1U << CAP_FOWNER;
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct had[2], data[2];
	int cap;

	/* Needs a right itself; who has it not can't gain any either. */
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (cap > 31 || (keep & 1U << cap) == 0)
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &head, had) != 0)
		return false;
	memcpy(data, had, sizeof(data));
	data[0].effective &= keep;
	data[0].permitted &= keep;
	data[0].inheritable = 0;
	memset(&data[1], 0, sizeof(data[1]));
	/* The package's unit refuses the call to who has none to give up. */
	if (memcmp(data, had, sizeof(data)) == 0)
		return true;
	return syscall(SYS_capset, &head, data) == 0;
}

enum rg_err
sandbox_check(const struct settings *s, struct buf *words, struct err *e)
{
	int landlock = possible ? sandbox_files_version() : 0;
	bool seccomp = possible && sandbox_syscalls_possible();

	if (s->sandbox == SANDBOX_OFF) {
		buf_puts(words, "sandbox=off");
		return RG_OK;
	}
	buf_printf(words, "sandbox=%s seccomp=%s landlock=%d",
	    s->sandbox == SANDBOX_ON ? "on" : "require", seccomp ? "yes" : "no",
	    landlock);
	if (s->sandbox == SANDBOX_REQUIRE && (landlock == 0 || !seccomp))
		return err_set(e, RG_E_CONF,
		    "%s: sandbox = require, but this %s has no %s", s->path,
		    possible ? "kernel" : "build",
		    !seccomp ? "seccomp" : "Landlock");
	return RG_OK;
}

/*
 * The C library loads what nsswitch.conf(5) names for hosts when a name is
 * first looked up, and no code can be loaded then. A label of 64 characters
 * goes through all of it, and not into the network (RFC 1035 section 2.3.4).
 * And it loads libgcc_s when a thread is first cancelled, or a stack is looked
 * at, and aborts if it can't; some libcurl cancel their resolver.
 */
static void
load_libraries(void)
{
	struct addrinfo *list = NULL;
	char name[65];
	void *frame;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (getaddrinfo(name, NULL, NULL, &list) == 0)
		freeaddrinfo(list);
	(void)backtrace(&frame, 1);
}

enum rg_err
sandbox_enter(const struct settings *s, struct err *e)
{
	static bool inside;
	enum rg_err r = RG_OK;

	if (inside || !possible || s->sandbox == SANDBOX_OFF)
		return RG_OK;
	if (!drop_capabilities())
		r = err_set(e, RG_E_CONF, "capabilities: %s", strerror(errno));
	if (r == RG_OK && sandbox_files_version() > 0)
		r = sandbox_files(s, e);
	if (r == RG_OK && sandbox_syscalls_possible()) {
		load_libraries();
		r = sandbox_syscalls(e);
	}
	inside = r == RG_OK;
	return r;
}
