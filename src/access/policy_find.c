/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "access/policy_internal.h"
#include "base/text.h"

/* The order of the index; `n` says how many members count. */
static int
key(const struct access_mapping *a, const struct access_mapping *b, int n)
{
	int order = strcmp(a->provider, b->provider);

	if (order == 0)
		order = (a->kind > b->kind) - (a->kind < b->kind);
	if (order == 0 && a->kind == ACCESS_CLAIM)
		order = strcmp(a->claim, b->claim);
	if (order == 0 && n > 3)
		order = strcmp(a->value, b->value);
	if (order == 0 && n > 4)
		order = (a->id > b->id) - (a->id < b->id);
	return order;
}

static int
by_key(const void *a, const void *b)
{
	return key(*(const struct access_mapping *const *)a,
	    *(const struct access_mapping *const *)b, 5);
}

enum rg_err
access_policy_seal(struct access_policy *p)
{
	size_t i;

	free(p->sorted);
	free(p->denies);
	p->deny_count = 0;
	p->sorted = calloc(p->mapping_count + 1, sizeof(*p->sorted));
	p->denies = calloc(p->mapping_count + 1, sizeof(*p->denies));
	if (p->sorted == NULL || p->denies == NULL)
		return RG_E_NOMEM;
	for (i = 0; i < p->mapping_count; i++) {
		p->sorted[i] = &p->mappings[i]->m;
		if (p->sorted[i]->role == NULL)
			p->denies[p->deny_count++] = p->sorted[i];
	}
	qsort(p->sorted, p->mapping_count, sizeof(*p->sorted), by_key);
	p->sealed = true;
	return RG_OK;
}

size_t
policy_place(const struct access_policy *p, const struct access_mapping *m)
{
	size_t low = 0, high = p->mapping_count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (key(p->sorted[mid], m, 5) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The part of a sorted list that equals `like` in its first `n` members. */
static struct access_range
equal_range(
    const struct access_range *in, const struct access_mapping *like, int n)
{
	struct access_range out;
	size_t low = 0, high = in->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (key(in->at[mid], like, n) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	out.at = in->at + low;
	high = in->count;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (key(in->at[mid], like, n) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	out.count = (size_t)(in->at + low - out.at);
	return out;
}

struct access_range
access_policy_range(const struct access_policy *p, const char *provider,
    enum access_kind kind, const char *claim)
{
	struct access_mapping like = {0};
	struct access_range all = {p->sorted, p->mapping_count};

	assert(p->sealed);
	like.provider = provider;
	like.kind = kind;
	like.claim = claim;
	return equal_range(&all, &like, 3);
}

struct access_range
access_range_find(const struct access_range *in, const char *value)
{
	struct access_mapping like = {0};
	char guid[TEXT_GUID_LEN + 1];

	if (in->count == 0)
		return *in;
	like = *in->at[0];
	like.value = value;
	if (text_is_guid(value)) {
		memcpy(guid, value, sizeof(guid));
		text_lower(guid);
		like.value = guid;
	}
	return equal_range(in, &like, 4);
}

const char *
access_policy_claim_after(
    const struct access_policy *p, const char *provider, const char *claim)
{
	struct access_mapping like = {0};
	struct access_range all = {p->sorted, p->mapping_count}, at;
	const struct access_mapping *m;

	assert(p->sealed);
	like.provider = provider;
	like.kind = ACCESS_CLAIM;
	like.claim = claim == NULL ? "" : claim; /* no path is empty */
	at = equal_range(&all, &like, 3);
	if (at.at + at.count == all.at + all.count)
		return NULL;
	m = at.at[at.count];
	if (m->kind != ACCESS_CLAIM || strcmp(m->provider, provider) != 0)
		return NULL;
	return m->claim;
}
