/* SPDX-License-Identifier: ISC */
/*
 * Settings for a gate over the database of store_util.h, with a key file beside
 * it. To be included after <cmocka.h>.
 */
#ifndef RG_TESTS_GATE_UTIL_H
#define RG_TESTS_GATE_UTIL_H

#include "base/seal.h"
#include "settings.h"
#include "store_util.h"

/* What a test wants beyond it, it sets itself. Valid until the next call. */
static inline struct settings
settings_for(struct fixture *db)
{
	static char conf[] = "rolegate.conf", prefix[] = "/auth";
	static char url[] = "https://app.example/auth";
	static char key_file[UTIL_PATH_MAX];
	struct err e = {RG_OK, ""};

	util_path(key_file, db->folder, "key");
	assert_int_equal(seal_keys_create(key_file, &e), RG_OK);
	return (struct settings){.path = conf,
	    .public_url = url,
	    .prefix = prefix,
	    .database = db->path,
	    .database_timeout_ms = 1000,
	    .key_file = key_file,
	    .sign_in_workers = 1};
}

#endif
