/* SPDX-License-Identifier: ISC */
/*
 * What a process that serves requests can't do, even when somebody else has
 * taken it over: run a program, fork, trace or signal another process, listen,
 * make memory or a file executable, use kernel interfaces that it never needs
 * (seccomp); open a file outside of what it works with, and write anywhere but
 * beside the database (Landlock, Linux 5.13); use a right of root's
 * (capabilities). It is for workers: the parent, which never reads a request,
 * has none of it, so that it can start others and read a new configuration.
 */
#ifndef RG_CGI_SANDBOX_H
#define RG_CGI_SANDBOX_H

#include "base/err.h"
#include "settings.h"

/*
 * At start, before anything else: no core dumps, no debugger of the same user,
 * and no program that we run gets more rights than we have.
 */
void sandbox_no_leaks(void);

/*
 * Appends what sandbox_enter() is going to do here, for the log. RG_E_CONF when
 * the settings require what this kernel or build has not.
 */
enum rg_err
sandbox_check(const struct settings *, struct buf *words, struct err *e);

/*
 * Closes the sandbox around this process, for good; once is enough. With
 * sandbox = on, what the kernel has not is left out. RG_E_CONF otherwise.
 */
enum rg_err sandbox_enter(const struct settings *, struct err *e);

#endif
