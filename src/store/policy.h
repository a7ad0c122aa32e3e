/* SPDX-License-Identifier: ISC */
/*
 * Roles, their permissions, and mappings. Triggers raise the policy version
 * with every change, so that a snapshot in memory knows when it is old.
 */
#ifndef RG_STORE_POLICY_H
#define RG_STORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

enum rg_err store_policy_version(struct store *, int64_t *version);

/*
 * What was changed after version `since`, up to `version`, in the open
 * transaction: each mapping's id once (the mapping may be gone), 0 before them
 * where roles were. RG_E_NOT_FOUND when that is not on record: then all must be
 * read. Else what `fn` returns, which ends it if not RG_OK.
 */
typedef enum rg_err policy_change_fn(void *ctx, int64_t mapping);
enum rg_err store_each_policy_change(struct store *, int64_t since,
    int64_t version, policy_change_fn *, void *ctx);

struct role_row {
	const char *name;
	const char *description;
	const char *const *permissions; /* sorted */
	size_t permission_count;
	bool is_admin;
};

struct mapping_row {
	int64_t id;
	const char *provider;
	const char *tenant; /* NULL: any */
	const char *kind;   /* "group", "app_role", "claim", ... */
	const char *claim;  /* the path, for kind "claim"; else NULL */
	const char *value;
	const char *role;  /* NULL: it denies */
	const char *label; /* "" if none */
	const char *note;  /* "" if none */
	bool enabled;
	int64_t expires_at; /* 0: never */
	const char *created_by;
	int64_t created_at;
};

/* Called per row, in order of name or id; what it gets is borrowed for the
 * call. Anything but RG_OK stops the iteration and is returned. */
typedef enum rg_err role_fn(void *ctx, const struct role_row *);
typedef enum rg_err mapping_fn(void *ctx, const struct mapping_row *);

enum rg_err store_each_role(struct store *, role_fn *, void *ctx);
enum rg_err store_each_mapping(struct store *, mapping_fn *, void *ctx);

/* Those that lead to a role with is_admin and "*", and those that deny. */
enum rg_err store_each_admin_mapping(struct store *, mapping_fn *, void *ctx);

/*
 * Writers: inside the transaction of their audit row, RG_E_INTERNAL without
 * one. RG_E_INVALID for a value that the schema refuses (sql/0001-init.sql).
 * After a failure the caller rolls back.
 */

/* RG_E_EXISTS when there is a role of that name. */
enum rg_err store_role_add(struct store *, const struct role_row *);

/*
 * Sets description, permissions and is_admin of the role with this name.
 * RG_E_NOT_FOUND; RG_E_INVALID for the built-in "admin".
 */
enum rg_err store_role_update(struct store *, const struct role_row *);

/* RG_E_NOT_FOUND; RG_E_EXISTS when mappings or grants still lead to it;
 * RG_E_INVALID for the built-in "admin". */
enum rg_err store_role_remove(struct store *, const char *name);

/* `id` of the row is ignored; the new one is stored in *id. RG_E_NOT_FOUND
 * when the role does not exist, RG_E_EXISTS for the same mapping twice. */
enum rg_err
store_mapping_add(struct store *, const struct mapping_row *, int64_t *id);

/*
 * Calls `fn` with one mapping, or just tells whether there is one (NULL).
 * RG_E_NOT_FOUND, or what `fn` returns.
 */
enum rg_err
store_mapping_find(struct store *, int64_t id, mapping_fn *fn, void *ctx);

/*
 * Sets role, label, note, enabled and expires_at of the mapping with this id.
 * What it matches is its identity and never changes: sessions note up to which
 * id their groups were asked for. RG_E_NOT_FOUND when there is no such mapping
 * or role, RG_E_EXISTS when it would be the same as another.
 */
enum rg_err store_mapping_update(struct store *, const struct mapping_row *);

/* RG_E_NOT_FOUND. The id is never given to another mapping. */
enum rg_err store_mapping_remove(struct store *, int64_t id);

/* The highest id that a mapping has or had; 0 when there was none. */
enum rg_err store_mapping_last_id(struct store *, int64_t *id);

#endif
