/* SPDX-License-Identifier: ISC */
#include "entra/cloud.h"

#include <stddef.h>

const char *const entra_cloud_names[] = {
    "global", "usgov", "usgov-dod", "china", NULL};

/* The two US clouds share the sign-in and differ in Graph. */
const struct entra_cloud entra_clouds[] = {
    {"global", "https://login.microsoftonline.com", "https://sts.windows.net",
	"graph.microsoft.com", "microsoftonline.com"},
    {"usgov", "https://login.microsoftonline.us", NULL, "graph.microsoft.us",
	"microsoftonline.us"},
    {"usgov-dod", "https://login.microsoftonline.us", NULL,
	"dod-graph.microsoft.us", "microsoftonline.us"},
    {"china", "https://login.partner.microsoftonline.cn", NULL,
	"microsoftgraph.chinacloudapi.cn", "partner.microsoftonline.cn"},
    {NULL, NULL, NULL, NULL, NULL},
};
