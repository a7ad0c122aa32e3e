/* SPDX-License-Identifier: ISC */
/* Audit rows in the formats that others read. */
#ifndef RG_CLI_AUDIT_FORMAT_H
#define RG_CLI_AUDIT_FORMAT_H

#include "base/buf.h"
#include "store/audit.h"

struct audit_format {
	const char *name;
	const char *header; /* printed first; "" if none */
	enum rg_err (*put)(struct buf *out, const struct audit_row *);
};

/* "jsonl", "csv" or "cef"; NULL for anything else. */
const struct audit_format *audit_format_find(const char *name);

#endif
