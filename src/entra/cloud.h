/* SPDX-License-Identifier: ISC */
/*
 * Microsoft's clouds. Accounts, keys and Graph of one are strangers to the
 * others (learn.microsoft.com, "Microsoft Entra authentication and national
 * clouds", "Microsoft Graph national cloud deployments"). Pure.
 */
#ifndef RG_ENTRA_CLOUD_H
#define RG_ENTRA_CLOUD_H

struct entra_cloud {
	const char *name;      /* in the configuration */
	const char *authority; /* origin of sign-in and of v2.0 issuers */
	/*
	 * Origin of v1.0 issuers. NULL where Microsoft documents none: the
	 * configuration has to say it, or v1.0 tokens are refused.
	 */
	const char *authority_v1;
	const char *graph;    /* host of Microsoft Graph */
	const char *instance; /* cloud_instance_name of its metadata and keys */
};

/* "global", "usgov", "usgov-dod", "china", NULL: in the order of clouds. */
extern const char *const entra_cloud_names[];
extern const struct entra_cloud entra_clouds[];

#endif
