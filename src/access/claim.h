/* SPDX-License-Identifier: ISC */
/* Looking into claims. Pure. */
#ifndef RG_ACCESS_CLAIM_H
#define RG_ACCESS_CLAIM_H

#include <stdbool.h>

#include <jansson.h>

/*
 * The claim at `path`, or NULL. A top-level claim of exactly that name comes
 * first (names may hold dots: "https://example.com/roles"); otherwise dots
 * descend into objects ("realm_access.roles" of Keycloak).
 */
const json_t *claim_at(const json_t *claims, const char *path);

/*
 * True when the claim is the string `value` or an array that has it. true,
 * false and integers compare by their JSON text. Exact, but GUIDs without
 * regard to case.
 */
bool claim_has(const json_t *claim, const char *value);

#endif
