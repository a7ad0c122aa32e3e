/* SPDX-License-Identifier: ISC */
/* The files that a worker can open: Landlock, landlock(7). */
#ifndef RG_CGI_SANDBOX_FILES_H
#define RG_CGI_SANDBOX_FILES_H

#include "base/err.h"
#include "settings.h"

/* The version of the kernel's interface, 0 when there is none. */
int sandbox_files_version(void);

/*
 * From now on: to read, what names are looked up and certificates are checked
 * with, and the folders of the files that the settings name (since those are
 * replaced by renaming others, a single file would be lost); to write, the
 * folder of the database. RG_E_CONF.
 */
enum rg_err sandbox_files(const struct settings *, struct err *e);

#endif
