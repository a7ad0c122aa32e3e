/* SPDX-License-Identifier: ISC */
/* What of several representations a client likes best (RFC 9110, 12.5). */
#ifndef RG_BASE_ACCEPT_H
#define RG_BASE_ACCEPT_H

#include <stddef.h>

/*
 * Which of `tags` an Accept-Language header asks for most: an index, 0 where it
 * asks for none, so that the first is what everybody gets. Found by lookup (RFC
 * 4647 section 3.4): "de-CH" is content with "de". Of equal wishes the first
 * counts; what is no language range or weight is passed over.
 */
size_t
accept_language(const char *header, const char *const *tags, size_t count);

#endif
