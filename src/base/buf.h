/* SPDX-License-Identifier: ISC */
/*
 * A growing byte buffer. A failed or over-limit append makes the buffer
 * `failed` and all later appends no-ops, so that a writer checks once, at the
 * end, with buf_ok(). Contents are wiped before memory is given back.
 */
#ifndef RG_BASE_BUF_H
#define RG_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p;    /* NUL-terminated whenever len > 0 or buf_str was called */
	size_t len; /* bytes in use, without the NUL */
	size_t cap; /* bytes allocated */
	size_t limit; /* 0 = none; an append beyond it fails */
	bool failed;
};

#define BUF_INIT                                                               \
	{                                                                      \
		0                                                              \
	}

/* A buffer that refuses to hold more than `limit` bytes. */
#define BUF_LIMITED(n)                                                         \
	{                                                                      \
		.limit = (n)                                                   \
	}

void buf_put(struct buf *, const void *, size_t);
void buf_puts(struct buf *, const char *);
void buf_putc(struct buf *, char);
void buf_printf(struct buf *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *, const char *, va_list)
    __attribute__((format(printf, 2, 0)));

/* Empties it and forgets a failure; keeps the allocation, wiped. */
void buf_reset(struct buf *);

/* True when no append has failed. */
bool buf_ok(const struct buf *);

/* The contents as a C string ("" when empty or failed); valid until changed. */
const char *buf_str(const struct buf *);

/*
 * Hands the allocation to the caller, who frees it with free(); NULL when the
 * buffer had failed. The buffer is empty afterwards.
 */
char *buf_steal(struct buf *);

/* Wipes and frees the contents; the buffer can be used again. */
void buf_clear(struct buf *);

#endif
