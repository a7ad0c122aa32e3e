/* SPDX-License-Identifier: ISC */
/*
 * Archived parts of the audit: for each segment two files in one folder,
 *
 *     audit-000000000001-000000050000.jsonl     rows as in an export
 *     audit-000000000001-000000050000.manifest  a signed statement about it
 *
 * Whoever has the public key can verify them without rolegate. The manifest is
 * written last: a segment without one is not finished, and its rows are still
 * in the database.
 */
#ifndef RG_GATE_SEGMENT_H
#define RG_GATE_SEGMENT_H

#include "base/keypair.h"
#include "store/audit.h"

#define SEGMENT_KIND "rolegate-audit-segment-v1"
#define SEGMENT_ROWS 50000	 /* at most; some 30 MB ... */
#define SEGMENT_BYTES (32 << 20) /* ... and no row more behind so many */
#define SEGMENT_NAME_MAX 64

struct segment {
	char name[SEGMENT_NAME_MAX]; /* of the file with the rows */
	char sha256[HASH_HEX_LEN + 1];
	struct audit_head before; /* the row before the first one */
	struct audit_head last;
};

/*
 * Writes both files for `text`, whose rows are good and begin behind
 * seg->before and end with seg->last; sets name and sha256. When it returns
 * RG_OK they are on the disk and were read back. RG_E_FILE.
 */
enum rg_err
segment_write(const char *dir, const struct buf *text, const char *origin,
    int64_t now, const struct keypair *, struct segment *seg, struct err *e);

/*
 * Renames what begins behind row `seq`, the last that was archived, to
 * "*.unrecorded": left by one who was interrupted before the database knew, or
 * newer than a database that was restored. Beside new segments of the same rows
 * they could not be verified; they are never removed. RG_E_FILE.
 */
enum rg_err segments_set_aside(const char *dir, int64_t seq, struct err *e);

/*
 * Verifies all segments of a folder in order, as a part of `chain`. A folder
 * whose first segment does not begin with row 1 begins the chain there. What is
 * wrong is in `e`, with the file's name: RG_E_AUDIT_CHAIN, RG_E_SIGNATURE,
 * RG_E_INVALID, RG_E_FILE.
 */
enum rg_err segments_verify(const char *dir, const struct keypair *,
    struct audit_chain *chain, struct err *e);

#endif
