/* SPDX-License-Identifier: ISC */
#include "cgi/sandbox_syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define DENY SCMP_ACT_ERRNO(EPERM)

/* By name: libseccomp knows which of them this machine has. */
static const char *const denied[] = {
    /* other programs and processes */
    "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv",
    "process_vm_writev", "process_madvise", "kcmp", "kill", "tkill",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal", "setns", "unshare",
    /* to be served by us */
    "listen",
    /* who and where we are */
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid",
    "setgroups", "setfsuid", "setfsgid", "chroot", "pivot_root", "personality",
    /* memory that is shared, or executable, under another name */
    "shmget", "shmat", "shmctl",
    /* what Landlock does not judge; truncate(2) not before Linux 6.2 */
    "truncate", "truncate64", "chmod", "fchmodat", "fchmodat2", "chown",
    "lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr",
    "lremovexattr", "fremovexattr", "mknod", "mknodat", "name_to_handle_at",
    "open_by_handle_at", "memfd_create", "memfd_secret",
    /* the kernel's own affairs, and its parts that are attacked most */
    "mount", "umount", "umount2", "fsopen", "fsmount", "fsconfig", "fspick",
    "move_mount", "open_tree", "mount_setattr", "swapon", "swapoff", "reboot",
    "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "acct", "quotactl", "quotactl_fd", "syslog", "bpf",
    "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "add_key", "request_key", "keyctl", "iopl", "ioperm",
    "modify_ldt", "vhangup", "settimeofday", "clock_settime", "clock_adjtime",
    "adjtimex", "stime", "sethostname", "setdomainname", "fanotify_init",
    "lookup_dcookie", "nfsservctl", "uselib", "ustat", "sysfs", "_sysctl",
    "vm86", "vm86old", "remap_file_pages", "mbind", "migrate_pages",
    "move_pages", "set_mempolicy"};

bool
sandbox_syscalls_possible(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

static int
deny_names(scmp_filter_ctx f)
{
	size_t i;
	int nr, rc = 0;

	for (i = 0; rc == 0 && i < sizeof(denied) / sizeof(denied[0]); i++) {
		nr = seccomp_syscall_resolve_name(denied[i]);
		/* Of a newer kernel than libseccomp, or not of this machine. */
		if (nr != __NR_SCMP_ERROR && nr >= 0)
			rc = seccomp_rule_add(f, DENY, nr, 0);
	}
	return rc;
}

/* Threads, but no processes: libcurl resolves names in a thread. */
static int
deny_processes(scmp_filter_ctx f)
{
	int rc;

	/* Its flags can't be seen; the C library then uses clone(2). */
	rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (rc == 0)
		rc = seccomp_rule_add(f, DENY, SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	return rc;
}

/*
 * Signals and limits for ourselves only. Only abort(3) needs the former, only
 * getrlimit(2) the latter. A file can be made to signal anybody, too (fcntl(2),
 * F_SETOWN), and a terminal to take what is typed (ioctl_tty(2), TIOCSTI). The
 * kernel looks at 32 bits of a command, so the others are not compared.
 */
static int
deny_others(scmp_filter_ctx f)
{
	static const struct {
		int call;
		scmp_datum_t command;
	} commands[] = {{SCMP_SYS(fcntl), F_SETOWN},
	    {SCMP_SYS(fcntl), F_SETOWN_EX}, {SCMP_SYS(fcntl), F_SETSIG},
	    {SCMP_SYS(ioctl), FIOSETOWN}, {SCMP_SYS(ioctl), SIOCSPGRP},
	    {SCMP_SYS(ioctl), TIOCSTI}, {SCMP_SYS(ioctl), TIOCLINUX}};
	size_t i;
	int rc;

	rc = seccomp_rule_add(f, DENY, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, DENY, SCMP_SYS(prlimit64), 1,
		    SCMP_A0(SCMP_CMP_NE, 0, 0));
	for (i = 0; rc == 0 && i < sizeof(commands) / sizeof(commands[0]); i++)
		rc = seccomp_rule_add(f, DENY, commands[i].call, 1,
		    SCMP_A1(
			SCMP_CMP_MASKED_EQ, 0xffffffff, commands[i].command));
	return rc;
}

/*
 * Code is what was loaded until now: no memory becomes any, nor does a file,
 * which could be one that was written beside the database.
 */
static int
deny_new_code(scmp_filter_ctx f)
{
	const int calls[] = {
	    SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(pkey_mprotect)};
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		rc = seccomp_rule_add(f, DENY, calls[i], 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	return rc;
}

/* Local, TCP and UDP; of netlink, what getaddrinfo(3) asks for addresses. */
static int
deny_families(scmp_filter_ctx f)
{
	int family, rc = 0;

	for (family = 0; rc == 0 && family <= AF_NETLINK; family++)
		if (family != AF_UNIX && family != AF_INET &&
		    family != AF_INET6 && family != AF_NETLINK)
			rc = seccomp_rule_add(f, DENY, SCMP_SYS(socket), 1,
			    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, DENY, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_GT, AF_NETLINK, 0));
	if (rc == 0)
		rc = seccomp_rule_add(f, DENY, SCMP_SYS(socket), 2,
		    SCMP_A0(SCMP_CMP_EQ, AF_NETLINK, 0),
		    SCMP_A2(SCMP_CMP_NE, NETLINK_ROUTE, 0));
	return rc;
}

enum rg_err
sandbox_syscalls(struct err *e)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int rc = -ENOMEM;

	if (f != NULL && (rc = deny_names(f)) == 0 &&
	    (rc = deny_processes(f)) == 0 && (rc = deny_others(f)) == 0 &&
	    (rc = deny_new_code(f)) == 0 && (rc = deny_families(f)) == 0)
		rc = seccomp_load(f);
	seccomp_release(f);
	return rc == 0 ? RG_OK
		       : err_set(e, RG_E_CONF, "seccomp: %s", strerror(-rc));
}
