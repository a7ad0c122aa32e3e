/* SPDX-License-Identifier: ISC */
/*
 * Whether anybody has written, without a system call: SQLite's own sign of it,
 * the header of the WAL index (sqlite.org/walformat.html, section 2.1). Each
 * commit changes it, with a counter of transactions, the number of frames and
 * a checksum over them, and does so before COMMIT returns in whichever process.
 * SQLite compares the same 48 bytes when a transaction begins, to know whether
 * the pages it has are still good (walIndexTryHdr() in wal.c); what is saved
 * are its locks.
 */
#include "store/db.h"

#include <stdatomic.h>
#include <string.h>

#include <sqlite3.h>

#define REGION_SIZE 32768 /* of the WAL index; the header begins the first */
#define VERSION 3007000	  /* of its format, which has not changed since */

struct header {
	uint32_t version;
	uint32_t unused;
	uint32_t changes;
	uint8_t initialised;
	uint8_t rest[DB_STAMP_LEN - 13];
};

_Static_assert(sizeof(struct header) == DB_STAMP_LEN, "walformat.html");

/* The memory stays mapped while the connection is open; NULL without WAL. */
static const volatile uint32_t *
mapped(struct store *s)
{
	sqlite3_file *file = NULL;
	void volatile *p = NULL;

	if (sqlite3_file_control(db_handle(s), "main",
		SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
	    file == NULL || file->pMethods == NULL ||
	    file->pMethods->iVersion < 2 ||
	    file->pMethods->xShmMap(file, 0, REGION_SIZE, 0, &p) != SQLITE_OK)
		return NULL;
	return p;
}

static void
copy(uint32_t *out, const volatile uint32_t *p)
{
	size_t i;

	for (i = 0; i < DB_STAMP_LEN / sizeof(*out); i++)
		out[i] = p[i];
}

bool
db_stamp(struct store *s, uint8_t out[static DB_STAMP_LEN])
{
	const volatile uint32_t *p = mapped(s);
	uint32_t first[DB_STAMP_LEN / sizeof(uint32_t)];
	uint32_t second[DB_STAMP_LEN / sizeof(uint32_t)];
	struct header h;

	if (p == NULL)
		return false;
	/* There are two; a writer writes the second one first. */
	copy(first, p);
	atomic_thread_fence(memory_order_seq_cst);
	copy(second, p + DB_STAMP_LEN / sizeof(*p));
	memcpy(&h, first, sizeof(h));
	if (memcmp(first, second, sizeof(first)) != 0 || h.initialised == 0 ||
	    h.version != VERSION)
		return false;
	memcpy(out, first, sizeof(first));
	return true;
}
