/* SPDX-License-Identifier: ISC */
/*
 * At most N processes at a time, whoever started them: a slot is a byte of a
 * file under an open-file-description lock, which the kernel gives back when
 * its holder dies, however it dies.
 */
#ifndef RG_BASE_SLOTS_H
#define RG_BASE_SLOTS_H

#include "base/err.h"

struct slots;

/* `path` is created if missing. After fork(2): a handle is not inherited. */
enum rg_err
slots_open(const char *path, int count, struct slots **out, struct err *e);
void slots_free(struct slots **);

/*
 * Takes a slot without waiting: RG_OK, or RG_E_OVERLOADED when all are taken.
 * One process holds at most one.
 */
enum rg_err slots_take(struct slots *);
void slots_give(struct slots *);

#endif
