/* SPDX-License-Identifier: ISC */
/*
 * What every target shares. A target is one file with one function, that
 * libFuzzer calls with inputs of its making, and main.c with those of the
 * corpus. It may keep what it made at its first call.
 */
#ifndef RG_TESTS_FUZZ_H
#define RG_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0, always: an input that is wrong in libFuzzer's eyes there is none. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, also in a build without assert(3). */
#define FUZZ_CHECK(what)                                                       \
	do {                                                                   \
		if (!(what)) {                                                 \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
			    __LINE__, #what);                                  \
			abort();                                               \
		}                                                              \
	} while (0)

/* The bytes as a string of the heap's, so that a read past the NUL shows. */
static inline char *
fuzz_text(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	FUZZ_CHECK(s != NULL);
	if (size > 0)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

/* The same without a NUL, for functions that are told a length. */
static inline char *
fuzz_bytes(const uint8_t *data, size_t size)
{
	char *s = malloc(size == 0 ? 1 : size);

	FUZZ_CHECK(s != NULL);
	if (size > 0)
		memcpy(s, data, size);
	return s;
}

#endif
