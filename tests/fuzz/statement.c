/* SPDX-License-Identifier: ISC */
/*
 * Manifests of archived audit segments and signed checkpoints: under a key that
 * signs nothing here (RFC 8032 section 7.1, test 1), none is good.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/statement.h"
#include "fuzz.h"

static struct keypair *
load_key(void)
{
	static const char pem[] =
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
	    "-----END PUBLIC KEY-----\n";
	struct keypair *key = NULL;
	struct err e = {RG_OK, ""};
	char path[32];
	int fd = memfd_create("key", 0);

	FUZZ_CHECK(fd >= 0);
	FUZZ_CHECK(write(fd, pem, sizeof(pem) - 1) == sizeof(pem) - 1);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FUZZ_CHECK(keypair_load_public(path, &key, &e) == RG_OK);
	(void)close(fd);
	return key;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keypair *key;
	static const char *const names[] = {
	    "origin", "file", "sha256", "first_seq", "key", "signature", ""};
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};
	char *value;
	size_t i;

	if (key == NULL)
		key = load_key();
	buf_put(&text, data, size);
	buf_putc(&text, '\0'); /* file_read() does this too */
	text.len--;
	FUZZ_CHECK(statement_verify(
		       key, "rolegate-audit-segment-v1", &text, &e) != RG_OK);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = statement_get(&text, names[i]);
		FUZZ_CHECK(value == NULL || strchr(value, '\n') == NULL);
		free(value);
	}
	buf_clear(&text);
	return 0;
}
