/* SPDX-License-Identifier: ISC */
/*
 * Copies of the database, taken while it is used, and putting one back. The key
 * file is not in them: without it nobody can use what is sealed in the database
 * (keys of role tokens, refresh tokens).
 */
#ifndef RG_GATE_BACKUP_H
#define RG_GATE_BACKUP_H

#include "gate.h"

/*
 * Makes `file` (RG_E_EXISTS when there is one): the database as of one moment,
 * mode 0600, read back, its audit chain verified. Only whole ones ever have
 * this name; an interrupted one is `file`.part. Audited before the copy, so
 * that it has the row; a failure is another row. *chain tells the head that is
 * in it.
 */
enum rg_err gate_backup(struct gate *, const char *file,
    const struct gate_context *, struct audit_chain *chain, struct err *e);

struct gate_restored {
	struct audit_head head;	    /* of the backup */
	struct audit_head replaced; /* of what was there; seq 0: nothing */
};

/*
 * Makes the database what `file` holds, of this schema version or an older one,
 * which is migrated. All sessions are ended, since the backup may have some
 * that were revoked after it; that, and from what to what, is an audit row.
 * Nothing is changed unless all of it is good:
 *
 *     RG_E_STORE_BUSY   a process has the database open
 *     RG_E_EXISTS       the database has audit rows that `file` has not; with
 *                       `force` they are lost
 *     RG_E_STORE_CORRUPT, RG_E_AUDIT_CHAIN, RG_E_STORE_SCHEMA, RG_E_FILE_MODE
 */
enum rg_err gate_restore(const struct settings *, const char *file, bool force,
    const struct gate_context *, struct gate_restored *out, struct err *e);

#endif
