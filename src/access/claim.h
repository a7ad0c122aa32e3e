/* SPDX-License-Identifier: ISC */
/* Looking into claims. Pure. */
#ifndef RG_ACCESS_CLAIM_H
#define RG_ACCESS_CLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define CLAIM_ROOM 512 /* a longer name or value can't be compared */

/*
 * The claim at `path`, or NULL. A top-level claim of exactly that name comes
 * first (names may hold dots: "https://example.com/roles"); otherwise dots
 * descend into objects ("realm_access.roles" of Keycloak). A dot that is part
 * of a name is written "\." as in Keycloak's mappers: the client "my.app" is
 * "resource_access.my\.app.roles". Names are never guessed: with a client
 * "my.app.roles" somebody else could give out the roles of "my.app". Nothing
 * is at a path with a name that is longer than CLAIM_ROOM allows.
 */
const json_t *claim_at(const json_t *claims, const char *path);

/* The first name of `path`, "" when it is too long. */
void claim_root(const char *path, char name[static CLAIM_ROOM]);

/* Goes through the values of a claim. */
struct claim_values {
	const json_t *claim;
	void *member; /* of an object */
	size_t next;  /* in the array */
	char room[CLAIM_ROOM];
};

void claim_values(struct claim_values *, const json_t *claim);

/*
 * The next value: of an array its items, of anything else the claim itself.
 * Strings as they are; true, false and integers as their JSON text; "" for what
 * can't be compared. Of an object of arrays (or strings), such as
 * {"shop": ["clerk"]}, the items with the member before them, "shop:clerk":
 * a clerk of the shop is not one of the bank. A member whose own name has a
 * colon could pretend to be another one's item and has no values. NULL after
 * the last. Good until the next call.
 */
const char *claim_next(struct claim_values *);

/* Equal exactly, but GUIDs without regard to case. */
bool claim_same(const char *a, const char *b);

/* True when one of the claim's values is `value`. */
bool claim_has(const json_t *claim, const char *value);

#endif
