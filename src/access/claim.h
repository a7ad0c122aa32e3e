/* SPDX-License-Identifier: ISC */
/* Looking into claims. Pure. */
#ifndef RG_ACCESS_CLAIM_H
#define RG_ACCESS_CLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/*
 * The claim at `path`, or NULL. A top-level claim of exactly that name comes
 * first (names may hold dots: "https://example.com/roles"); otherwise dots
 * descend into objects ("realm_access.roles" of Keycloak).
 */
const json_t *claim_at(const json_t *claims, const char *path);

/*
 * The n-th value of a claim: of an array its n-th item, of anything else the
 * claim itself. Strings as they are; true, false and integers as their JSON
 * text, made in `room`; "" for what can't be compared. NULL beyond the last.
 */
#define CLAIM_ROOM 32
const char *
claim_value(const json_t *claim, size_t n, char room[static CLAIM_ROOM]);

/* Equal exactly, but GUIDs without regard to case. */
bool claim_same(const char *a, const char *b);

/* True when one of the claim's values is `value`. */
bool claim_has(const json_t *claim, const char *value);

#endif
