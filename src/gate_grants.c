/* SPDX-License-Identifier: ISC */
/* Grants as a decision takes them. */
#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>

#include "store/grant.h"

struct taking {
	struct access_grant *list;
	size_t count;
};

static enum rg_err
take_grant(void *ctx, const struct grant_row *row)
{
	struct taking *t = ctx;
	struct access_grant *grown, *g;

	grown = reallocarray(t->list, t->count + 1, sizeof(*grown));
	if (grown == NULL)
		return RG_E_NOMEM;
	t->list = grown;
	g = &grown[t->count++];
	g->id = row->id;
	g->expires_at = row->expires_at;
	g->role = strdup(row->role);
	g->reason = strdup(row->reason);
	g->created_by = strdup(row->created_by);
	return g->role == NULL || g->reason == NULL || g->created_by == NULL
		   ? RG_E_NOMEM
		   : RG_OK;
}

enum rg_err
gate_grants_load(struct gate *g, int64_t principal_id,
    struct access_grant **list, size_t *count)
{
	struct taking t = {NULL, 0};
	enum rg_err r;

	r = store_each_grant(g->store, principal_id, take_grant, &t);
	if (r != RG_OK)
		gate_grants_clear(&t.list, &t.count);
	*list = t.list;
	*count = t.count;
	return r;
}

void
gate_grants_clear(struct access_grant **list, size_t *count)
{
	size_t i;

	for (i = 0; i < *count; i++) {
		free((char *)(uintptr_t)(*list)[i].role);
		free((char *)(uintptr_t)(*list)[i].reason);
		free((char *)(uintptr_t)(*list)[i].created_by);
	}
	free(*list);
	*list = NULL;
	*count = 0;
}
