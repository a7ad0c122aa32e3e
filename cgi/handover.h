/* SPDX-License-Identifier: ISC */
/*
 * An upgrade without a closed door: the parent becomes the program that is on
 * disk now, under the same process id, and hands itself the sockets and the
 * workers over in one variable of its environment. Who supervises it sees
 * nothing of that.
 */
#ifndef RG_CGI_HANDOVER_H
#define RG_CGI_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "cgi/listen.h"

#define HANDOVER_WORKERS 1024

struct handover {
	int fds[LISTENERS];  /* -1: none */
	bool own[LISTENERS]; /* made by us: a path is removed at the end */
	pid_t workers[HANDOVER_WORKERS];
	size_t count;
};

/*
 * False when nothing was handed over to this very process. The variable is
 * gone afterwards, so that nobody inherits it.
 */
bool handover_take(struct handover *out);

/*
 * What `rolegate --check` exits with when the database is of an older rolegate
 * and nothing else is wrong so far: --migrate would migrate it.
 */
#define CHECK_OLD 3

/*
 * Starts `program` with the arguments `argv` and `flag`, --check or --migrate;
 * the process id, or -1. What it finds wrong it says on stderr.
 */
pid_t handover_try(const char *program, char *const *argv, char *flag);

/* Becomes `program`. Returns only if that failed, with everything as it was. */
enum rg_err handover_become(const char *program, char *const *argv,
    const struct listener *, const struct handover *, struct err *);

#endif
