/* SPDX-License-Identifier: ISC */
#include "base/version.h"

#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <openssl/crypto.h>

static int
print_library(struct dl_phdr_info *info, size_t size, void *ctx)
{
	char real[PATH_MAX];

	(void)size;
	(void)ctx;
	/* The program itself has no name here, the kernel's page no file. */
	if (info->dlpi_name != NULL && info->dlpi_name[0] == '/')
		(void)printf("library: %s\n",
		    realpath(info->dlpi_name, real) != NULL ? real
							    : info->dlpi_name);
	return 0;
}

void
version_print(const char *program, bool verbose)
{
	(void)printf("%s " RG_VERSION "\n", program);
	if (!verbose)
		return;
	(void)printf("compiler: %s\n", __VERSION__);
#ifdef RG_NO_SANDBOX
	(void)puts("sandbox: not in this build");
#else
	(void)puts("sandbox: seccomp, Landlock");
#endif
	(void)printf("openssl: %s\njansson: %s\n",
	    OpenSSL_version(OPENSSL_VERSION), jansson_version_str());
	(void)dl_iterate_phdr(print_library, NULL);
}
