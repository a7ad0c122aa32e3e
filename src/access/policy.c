/* SPDX-License-Identifier: ISC */
#include "access/policy_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const kind_names[] = {
    "group", "group_name", "app_role", "directory_role", "claim", "app"};

const char *
access_kind_name(enum access_kind kind)
{
	return kind_names[kind];
}

int
access_kind_parse(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (strcmp(name, kind_names[i]) == 0)
			return (int)i;
	return -1;
}

struct access_policy *
access_policy_new(int64_t version)
{
	struct access_policy *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->version = version;
	return p;
}

void
policy_role_free(struct access_role **rp)
{
	struct access_role *r = *rp;
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->permission_count; i++)
		free(r->permissions[i]);
	free(r->permissions);
	free(r->name);
	free(r);
	*rp = NULL;
}

void
policy_held_free(struct held **hp)
{
	if (*hp != NULL)
		free((*hp)->text);
	free(*hp);
	*hp = NULL;
}

void
access_policy_free(struct access_policy **pp)
{
	struct access_policy *p = *pp;
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->mapping_count; i++)
		policy_held_free(&p->mappings[i]);
	for (i = 0; i < p->role_count; i++)
		policy_role_free(&p->roles[i]);
	free(p->sorted);
	free(p->denies);
	free(p->mappings);
	free(p->roles);
	free(p);
	*pp = NULL;
}

int64_t
access_policy_version(const struct access_policy *p)
{
	return p->version;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum rg_err
copy_permissions(
    struct access_role *r, const char *const *permissions, size_t count)
{
	size_t i, kept = 0;

	if (count == 0)
		return RG_OK;
	if ((r->permissions = calloc(count, sizeof(char *))) == NULL)
		return RG_E_NOMEM;
	for (i = 0; i < count; i++) {
		r->permissions[i] = strdup(permissions[i]);
		if (r->permissions[i] == NULL)
			return RG_E_NOMEM;
		r->permission_count++;
	}
	qsort(r->permissions, count, sizeof(char *), compare);
	for (i = 0; i < count; i++) {
		if (kept > 0 &&
		    strcmp(r->permissions[kept - 1], r->permissions[i]) == 0)
			free(r->permissions[i]);
		else
			r->permissions[kept++] = r->permissions[i];
	}
	r->permission_count = kept;
	return RG_OK;
}

/* Where the role is, or where it belongs, in the list sorted by name. */
size_t
policy_role_place(const struct access_policy *p, const char *name, bool *found)
{
	size_t low = 0, high = p->role_count, mid;
	int order;

	*found = false;
	while (low < high) {
		mid = low + (high - low) / 2;
		order = strcmp(p->roles[mid]->name, name);
		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

enum rg_err
policy_role_new(const char *name, const char *const *permissions, size_t count,
    bool is_admin, struct access_role **out)
{
	struct access_role *role = calloc(1, sizeof(*role));

	if (role == NULL || (role->name = strdup(name)) == NULL ||
	    copy_permissions(role, permissions, count) != RG_OK) {
		policy_role_free(&role);
		return RG_E_NOMEM;
	}
	role->is_admin = is_admin;
	*out = role;
	return RG_OK;
}

enum rg_err
access_policy_add_role(struct access_policy *p, const char *name,
    const char *const *permissions, size_t permission_count, bool is_admin)
{
	struct access_role *role, **grown;
	bool found;
	size_t at = policy_role_place(p, name, &found);

	if (found)
		return RG_E_EXISTS;
	grown = reallocarray(p->roles, p->role_count + 1, sizeof(*grown));
	if (grown == NULL)
		return RG_E_NOMEM;
	p->roles = grown;
	if (policy_role_new(
		name, permissions, permission_count, is_admin, &role) != RG_OK)
		return RG_E_NOMEM;
	memmove(
	    &grown[at + 1], &grown[at], (p->role_count - at) * sizeof(*grown));
	grown[at] = role;
	p->role_count++;
	return RG_OK;
}

/* Moves one string into the block; NULL stays NULL. */
static void
keep(const char **s, char **to)
{
	size_t n;

	if (*s == NULL)
		return;
	n = strlen(*s) + 1;
	memcpy(*to, *s, n);
	*s = *to;
	*to += n;
}

static size_t
size_of(const char *s)
{
	return s == NULL ? 0 : strlen(s) + 1;
}

enum rg_err
policy_hold(const struct access_policy *p, const struct access_mapping *from,
    const char *role, struct held **out)
{
	enum rg_err r = RG_E_NOMEM;
	struct held *h = NULL;
	char *to, *value;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		goto out;
	h->m = *from;
	if (role == NULL) {
		h->m.role = NULL;
	} else if ((h->m.role = access_policy_role(p, role)) == NULL) {
		r = RG_E_NOT_FOUND;
		goto out;
	}
	h->text = to = malloc(size_of(from->provider) + size_of(from->tenant) +
			      size_of(from->claim) + size_of(from->value) +
			      size_of(from->label) + 1);
	if (to == NULL)
		goto out;
	keep(&h->m.provider, &to);
	keep(&h->m.tenant, &to);
	keep(&h->m.claim, &to);
	value = to;
	keep(&h->m.value, &to);
	if (text_is_guid(value))
		text_lower(value);
	keep(&h->m.label, &to);
	*out = h;
	h = NULL;
	r = RG_OK;
out:
	policy_held_free(&h);
	return r;
}

enum rg_err
access_policy_add_mapping(struct access_policy *p,
    const struct access_mapping *from, const char *role)
{
	struct held **grown;
	enum rg_err r;

	grown = reallocarray(p->mappings, p->mapping_count + 1, sizeof(*grown));
	if (grown == NULL)
		return RG_E_NOMEM;
	p->mappings = grown;
	r = policy_hold(p, from, role, &grown[p->mapping_count]);
	if (r == RG_OK)
		p->mapping_count++;
	return r;
}

const struct access_role *
access_policy_role(const struct access_policy *p, const char *name)
{
	bool found;
	size_t at = policy_role_place(p, name, &found);

	return found ? p->roles[at] : NULL;
}

const struct access_mapping *
access_policy_mapping(const struct access_policy *p, size_t n)
{
	return n < p->mapping_count ? &p->mappings[n]->m : NULL;
}

size_t
access_policy_mapping_count(const struct access_policy *p)
{
	return p->mapping_count;
}

const struct access_mapping *
access_policy_deny(const struct access_policy *p, size_t n)
{
	return n < p->deny_count ? p->denies[n] : NULL;
}
