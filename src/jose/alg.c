/* SPDX-License-Identifier: ISC */
#include "jose/internal.h"

#include <string.h>

static const struct alg_info algs[] = {
    [JOSE_RS256] = {"RS256", "RSA", NULL, "SHA256", false},
    [JOSE_RS384] = {"RS384", "RSA", NULL, "SHA384", false},
    [JOSE_RS512] = {"RS512", "RSA", NULL, "SHA512", false},
    [JOSE_PS256] = {"PS256", "RSA", NULL, "SHA256", true},
    [JOSE_PS384] = {"PS384", "RSA", NULL, "SHA384", true},
    [JOSE_PS512] = {"PS512", "RSA", NULL, "SHA512", true},
    [JOSE_ES256] = {"ES256", "EC", "P-256", "SHA256", false},
    [JOSE_ES384] = {"ES384", "EC", "P-384", "SHA384", false},
    [JOSE_ES512] = {"ES512", "EC", "P-521", "SHA512", false},
    [JOSE_EDDSA] = {"EdDSA", "OKP", "Ed25519", NULL, false},
};

_Static_assert(sizeof(algs) / sizeof(algs[0]) == JOSE__MAX, "algorithms");

const struct alg_info *
alg_info(enum jose_alg alg)
{
	return &algs[alg];
}

const char *
jose_alg_name(enum jose_alg alg)
{
	return (unsigned)alg < JOSE__MAX ? algs[alg].name : "?";
}

int
jose_alg_parse(const char *name)
{
	int i;

	for (i = 0; i < JOSE__MAX; i++) {
		if (strcmp(algs[i].name, name) == 0)
			return i;
	}
	return -1;
}

bool
jose_printable(const char *s, size_t max)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if (i == max || s[i] < 0x20 || s[i] > 0x7e)
			return false;
	}
	return i > 0;
}
