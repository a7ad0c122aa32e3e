/* SPDX-License-Identifier: ISC */
#ifndef RG_BASE_VERSION_H
#define RG_BASE_VERSION_H

#include <stdbool.h>

#define RG_VERSION "0.1.0"

/*
 * Prints name and version on stdout; when `verbose`, how it was built and every
 * shared library that is linked in, by the file that is really loaded: what to
 * say in a report, and what to look for when a library has a hole.
 */
void version_print(const char *program, bool verbose);

#endif
