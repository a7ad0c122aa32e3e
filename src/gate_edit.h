/* SPDX-License-Identifier: ISC */
/*
 * What every edit is made of: shared by gate_admin_*.c and gate_plan_apply.c,
 * and by nobody else.
 */
#ifndef RG_GATE_EDIT_H
#define RG_GATE_EDIT_H

#include "gate_admin.h"
#include "gate_admins.h"
#include "gate_internal.h"

#define EDIT_NAME_CHARS "._:/-"
#define EDIT_NAME_MAX 64
#define EDIT_TEXT_MAX 200
#define EDIT_VALUE_MAX 256
#define EDIT_TIME_MAX 253402300799 /* the year 9999, as in sql/ */

/*
 * One edit, in a transaction of its own:
 *
 *     struct gate_edit_run t = {.doing = "adding the role"};
 *
 *     while (gate_edit_next(g, edit, &t, e))
 *             t.r = gate_role_insert(g, row, edit, e);
 *     return t.r;
 */
struct gate_edit_run {
	const char *doing; /* for who reads that it failed */
	enum rg_err r;	   /* what became of it */
	bool begun;
	bool again;
	struct gate_admins admins; /* who could be admin before */
};

/*
 * True: the transaction is open, and the step is to be made. It is committed
 * when `r` is RG_OK then and somebody can still be admin, or `force` says that
 * nobody need (which is audited); else it is rolled back, and `e` says why
 * unless the step did.
 *
 * The step is made a second time, from the beginning, where whether somebody
 * can still be admin was not to be found out while others wait for the lock:
 * the first was rolled back, and now it is known, most likely.
 */
bool gate_edit_next(struct gate *, const struct gate_edit *,
    struct gate_edit_run *, struct err *e);

/* RG_E_PRECONDITION when if_match names no version that is like `now`. */
enum rg_err
gate_edit_match(const struct gate_edit *, json_t *now, struct err *e);

/*
 * RG_E_AUTHORITY when the permissions, or is_admin, are more than who edits
 * has; of a role by its name RG_E_NOT_FOUND too. NULL is no role.
 */
enum rg_err gate_edit_covers(
    const struct gate_edit *, const struct role_row *role, struct err *e);
enum rg_err gate_edit_covers_name(
    struct gate *, const struct gate_edit *, const char *role, struct err *e);

/* "label: expected one line of at most 200 bytes" */
enum rg_err
gate_edit_line(const char *field, const char *value, size_t max, struct err *e);

/* Whether a time is "never" (0) or to come. */
enum rg_err
gate_edit_time(const char *field, int64_t when, int64_t now, struct err *e);

/* How the audit names it: "mapping:3". */
#define EDIT_SUBJECT_MAX 32
void gate_edit_subject(
    const char *what, int64_t id, char out[static EDIT_SUBJECT_MAX]);

/*
 * The insides of the edits, for whoever makes several in one transaction
 * (gate_plan_apply.c). GUIDs of rows are in lower case.
 */
enum rg_err gate_role_check(const struct role_row *, struct err *e);
enum rg_err gate_role_insert(struct gate *, const struct role_row *,
    const struct gate_edit *, struct err *e);
enum rg_err gate_role_update(struct gate *, const char *name,
    const struct gate_role_change *, const struct gate_edit *, struct err *e);
enum rg_err gate_role_delete(
    struct gate *, const char *name, const struct gate_edit *, struct err *e);
enum rg_err gate_mapping_check(
    struct gate *, const struct mapping_row *, int64_t now, struct err *e);
enum rg_err gate_mapping_insert(struct gate *, struct mapping_row *,
    const struct gate_edit *, int64_t *id, struct err *e);
enum rg_err gate_mapping_update(struct gate *, int64_t id,
    const struct gate_mapping_change *, const struct gate_edit *,
    struct err *e);
enum rg_err gate_mapping_delete(
    struct gate *, int64_t id, const struct gate_edit *, struct err *e);

#endif
