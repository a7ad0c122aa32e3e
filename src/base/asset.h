/* SPDX-License-Identifier: ISC */
/* Files of sql/ and www/ that the build puts into the program. */
#ifndef RG_BASE_ASSET_H
#define RG_BASE_ASSET_H

#include <stddef.h>

struct asset {
	const char *name; /* path in the source tree, "sql/0001-init.sql" */
	const char *data; /* NUL behind the last byte */
	size_t len;
};

/* All of them, sorted by name; ends with a NULL name. */
extern const struct asset assets[];

/* NULL when there is none of that name. */
const struct asset *asset_find(const char *name);

#endif
