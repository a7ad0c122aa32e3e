/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "access/policy_internal.h"

/* Lists of pointers: they are read by the type that each of them has. */
#define TAKE_OUT(list, count, at)                                              \
	memmove(&(list)[at], &(list)[(at) + 1],                                \
	    ((count) - (at)-1) * sizeof(*(list)))
#define MAKE_ROOM(list, count, at)                                             \
	memmove(&(list)[(at) + 1], &(list)[at],                                \
	    ((count) - (at)) * sizeof(*(list)))

void
access_policy_set_version(struct access_policy *p, int64_t version)
{
	p->version = version;
}

/* ---- roles -------------------------------------------------------------- */

void
access_policy_drop_roles(struct access_policy *p)
{
	size_t i;

	for (i = 0; i < p->role_count; i++)
		p->roles[i]->dropped = true;
}

/* Mappings point to the role, so it is the same one with other contents. */
enum rg_err
access_policy_set_role(struct access_policy *p, const char *name,
    const char *const *permissions, size_t permission_count, bool is_admin)
{
	struct access_role *fresh, old, *role;
	bool found;
	size_t at = policy_role_place(p, name, &found);

	if (!found)
		return access_policy_add_role(
		    p, name, permissions, permission_count, is_admin);
	role = p->roles[at];
	if (policy_role_new(
		name, permissions, permission_count, is_admin, &fresh) != RG_OK)
		return RG_E_NOMEM;
	old = *role;
	*role = *fresh;
	*fresh = old;
	policy_role_free(&fresh);
	return RG_OK;
}

static bool
is_led_to(const struct access_policy *p, const struct access_role *role)
{
	size_t i;

	for (i = 0; i < p->mapping_count; i++)
		if (p->mappings[i]->m.role == role)
			return true;
	return false;
}

enum rg_err
access_policy_end_roles(struct access_policy *p)
{
	size_t i = 0;

	while (i < p->role_count) {
		if (!p->roles[i]->dropped) {
			i++;
			continue;
		}
		if (is_led_to(p, p->roles[i]))
			return RG_E_NOT_FOUND;
		policy_role_free(&p->roles[i]);
		TAKE_OUT(p->roles, p->role_count, i);
		p->role_count--;
	}
	return RG_OK;
}

/* ---- mappings ----------------------------------------------------------- */

/* Where the mapping with this id is, or where it belongs. */
static size_t
place_by_id(const struct access_policy *p, int64_t id)
{
	size_t low = 0, high = p->mapping_count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (p->mappings[mid]->m.id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t
place_of_deny(const struct access_policy *p, int64_t id)
{
	size_t i = 0;

	while (i < p->deny_count && p->denies[i]->id < id)
		i++;
	return i;
}

void
access_policy_drop_mapping(struct access_policy *p, int64_t id)
{
	size_t at = place_by_id(p, id), n;
	struct held *h;

	assert(p->sealed);
	if (at == p->mapping_count || p->mappings[at]->m.id != id)
		return;
	h = p->mappings[at];
	n = policy_place(p, &h->m);
	TAKE_OUT(p->sorted, p->mapping_count, n);
	if (h->m.role == NULL) {
		n = place_of_deny(p, id);
		TAKE_OUT(p->denies, p->deny_count, n);
		p->deny_count--;
	}
	TAKE_OUT(p->mappings, p->mapping_count, at);
	p->mapping_count--;
	policy_held_free(&h);
}

/* Room for one more in each list. */
static enum rg_err
grow(struct access_policy *p)
{
	size_t n = p->mapping_count + 1;
	struct held **mappings;
	const struct access_mapping **sorted, **denies;

	if ((mappings = reallocarray(p->mappings, n, sizeof(*mappings))) !=
	    NULL)
		p->mappings = mappings;
	if ((sorted = reallocarray(p->sorted, n, sizeof(*sorted))) != NULL)
		p->sorted = sorted;
	if ((denies = reallocarray(p->denies, n, sizeof(*denies))) != NULL)
		p->denies = denies;
	return mappings == NULL || sorted == NULL || denies == NULL ? RG_E_NOMEM
								    : RG_OK;
}

enum rg_err
access_policy_set_mapping(struct access_policy *p,
    const struct access_mapping *from, const char *role)
{
	struct held *h;
	enum rg_err r;
	size_t at;

	access_policy_drop_mapping(p, from->id);
	if ((r = grow(p)) != RG_OK ||
	    (r = policy_hold(p, from, role, &h)) != RG_OK)
		return r;
	at = policy_place(p, &h->m);
	MAKE_ROOM(p->sorted, p->mapping_count, at);
	p->sorted[at] = &h->m;
	if (h->m.role == NULL) {
		at = place_of_deny(p, h->m.id);
		MAKE_ROOM(p->denies, p->deny_count, at);
		p->denies[at] = &h->m;
		p->deny_count++;
	}
	at = place_by_id(p, h->m.id);
	MAKE_ROOM(p->mappings, p->mapping_count, at);
	p->mappings[at] = h;
	p->mapping_count++;
	return RG_OK;
}
