/* SPDX-License-Identifier: ISC */
#include "base/asset.h"

#include <string.h>

const struct asset *
asset_find(const char *name)
{
	const struct asset *a;

	for (a = assets; a->name != NULL; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}
