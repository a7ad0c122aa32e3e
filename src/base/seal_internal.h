/* SPDX-License-Identifier: ISC */
/* Shared by seal*.c and by nobody else. */
#ifndef RG_BASE_SEAL_INTERNAL_H
#define RG_BASE_SEAL_INTERNAL_H

#include <sys/stat.h>

#include "base/seal.h"

#define SEAL_ID_LEN 4
#define SEAL_KEY_LEN 32

struct seal_keys {
	struct stat file; /* that they were read from */
	size_t count;
	struct {
		uint8_t id[SEAL_ID_LEN]; /* first bytes of SHA-256(key) */
		uint8_t key[SEAL_KEY_LEN];
		int64_t until; /* it opens before then; 0: without end */
	} k[SEAL_MAX_KEYS];
};

#endif
