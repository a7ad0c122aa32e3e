/* SPDX-License-Identifier: ISC */
/* The system calls that a worker can't make: seccomp(2), by libseccomp. */
#ifndef RG_CGI_SANDBOX_SYSCALLS_H
#define RG_CGI_SANDBOX_SYSCALLS_H

#include <stdbool.h>

#include "base/err.h"

bool sandbox_syscalls_possible(void);

/*
 * From now on they fail with EPERM. A list of what is forbidden, not of what is
 * allowed: the C library and OpenSSL of another release may need others, and a
 * worker that can't resolve a name serves nobody. (rolegate.service has a list
 * of what is allowed, systemd's own, besides.) RG_E_CONF.
 */
enum rg_err sandbox_syscalls(struct err *e);

#endif
