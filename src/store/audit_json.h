/* SPDX-License-Identifier: ISC */
/*
 * An audit row as a line of JSON, in exports and archived segments:
 *
 *     {"seq":1,"time":1700000000,"when":"2023-11-14T22:13:20Z","event":...,
 *      "actor":...,"subject":...,"client":...,"request_id":...,
 *      "detail":"{...}","prev_hash":...,"hash":...}
 *
 * All but "when" are what the hash is over (audit.h). That is why "detail" is a
 * string and not an object: its very bytes count.
 */
#ifndef RG_STORE_AUDIT_JSON_H
#define RG_STORE_AUDIT_JSON_H

#include <jansson.h>

#include "store/audit.h"

/* Appends the line and its newline; RG_E_INVALID when it is not UTF-8. */
enum rg_err audit_json_put(struct buf *out, const struct audit_row *);

/*
 * Reads a line. On RG_OK the row's texts are borrowed from *line, which is a
 * new reference; RG_E_JSON for anything else than such a line.
 */
enum rg_err audit_json_parse(
    const char *text, size_t len, json_t **line, struct audit_row *);

#endif
