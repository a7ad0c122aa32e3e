/* SPDX-License-Identifier: ISC */
/*
 * One mapping and one person: does it apply, and if not, why not. Private to
 * access/; decide.c puts the verdicts together. It borrows what it is given.
 */
#ifndef RG_ACCESS_JUDGE_H
#define RG_ACCESS_JUDGE_H

#include "access/claim.h"
#include "access/decide.h"

struct judge {
	const struct access_policy *policy;
	const struct access_subject *subject;
	struct access_groups groups; /* as they count now */
	json_t *app; /* the calling client as a claim, or NULL */
};

enum rg_err judge_begin(struct judge *, const struct access_policy *,
    const struct access_subject *);
void judge_end(struct judge *);

/*
 * Where values of this kind come from: a string, an array, or NULL for
 * nothing. `claim` is the path for ACCESS_CLAIM.
 */
const json_t *
judge_values_of(const struct judge *, enum access_kind, const char *claim);

/* For a mapping of the subject's provider whose value the person has. */
enum access_outcome
judge_present(const struct judge *, const struct access_mapping *);

/* For any mapping; false when it has nothing to do with the person. */
bool judge_mapping(const struct judge *, const struct access_mapping *,
    enum access_outcome *outcome);

/* True when roles that nobody knows of may be missing. */
bool judge_is_unsure(const struct judge *);

/*
 * True when a mapping that denies applies if the person has a value that is
 * not known. Then there is no access: nobody may pass for want of knowledge.
 */
bool judge_may_be_denied(const struct judge *);

/*
 * Why what is known does not answer all mappings, though the groups were
 * complete when they were asked for; else NULL.
 */
const char *judge_doubt(const struct judge *);

#endif
