/* SPDX-License-Identifier: ISC */
#include "store/backup.h"

#include <unistd.h>

#include "base/file.h"
#include "store/db_copy.h"
#include "store/store.h"

#define BUSY_MS 1000

enum rg_err
store_copy(const char *from, const char *to, struct err *e)
{
	enum rg_err r;

	if ((r = file_create_secret(to, "", 0, e)) != RG_OK)
		return r;
	if ((r = db_copy(from, to, e)) != RG_OK)
		(void)unlink(to);
	return r;
}

enum rg_err
store_replace(const char *from, const char *to, struct err *e)
{
	enum rg_err r = file_create_secret(to, "", 0, e);
	bool made = r == RG_OK;

	if (r != RG_OK && r != RG_E_EXISTS)
		return r;
	err_clear(e);
	if ((r = db_copy(from, to, e)) != RG_OK && made)
		(void)unlink(to);
	return r;
}

enum rg_err
store_copy_check(const char *path, struct audit_chain *chain, struct err *e)
{
	enum rg_err r;
	struct store *s = NULL;

	if ((r = store_open(path, BUSY_MS, &s, e)) == RG_OK &&
	    (r = store_check(s, e)) == RG_OK)
		r = store_audit_chain_end(s, chain, e);
	store_free(&s);
	return r == RG_OK ? db_one_file(path, e) : r;
}
