/* SPDX-License-Identifier: ISC */
#include "oidc/provider.h"

#include <string.h>

bool
provider_is_of(const struct provider *p, const char *issuer, const char *tenant)
{
	if (p->entra != NULL)
		return entra_is_ours(p->entra, issuer, tenant);
	return strcmp(p->issuer, issuer) == 0;
}
