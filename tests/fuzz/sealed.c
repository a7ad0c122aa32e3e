/* SPDX-License-Identifier: ISC */
/*
 * The cookie of a sign-in: what we did not seal is never opened; and what we
 * did seal, of any content, is either a whole transaction or refused.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oidc/login.h"
#include "fuzz.h"

static struct seal_keys *
load_keys(void)
{
	/* 32 bytes, as everybody may know: nothing real is sealed with them. */
	static const char line[] =
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n";
	struct seal_keys *keys = NULL;
	struct err e = {RG_OK, ""};
	char path[32];
	int fd = memfd_create("key", 0);

	FUZZ_CHECK(fd >= 0 && fchmod(fd, 0600) == 0);
	FUZZ_CHECK(write(fd, line, sizeof(line) - 1) == sizeof(line) - 1);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FUZZ_CHECK(seal_keys_load(path, &keys, &e) == RG_OK);
	(void)close(fd);
	return keys;
}

static void
check_again(const struct login *l, const struct seal_keys *keys)
{
	struct buf text = BUF_INIT;
	struct login again;

	FUZZ_CHECK(memchr(l->provider, '\0', sizeof(l->provider)) != NULL);
	FUZZ_CHECK(memchr(l->return_to, '\0', sizeof(l->return_to)) != NULL);
	FUZZ_CHECK(memchr(l->step_up, '\0', sizeof(l->step_up)) != NULL);
	FUZZ_CHECK(login_seal(l, keys, &text) == RG_OK);
	FUZZ_CHECK(login_open(buf_str(&text), keys, &again) == RG_OK);
	FUZZ_CHECK(strcmp(l->return_to, again.return_to) == 0);
	FUZZ_CHECK(strcmp(l->provider, again.provider) == 0);
	FUZZ_CHECK(memcmp(l->secret, again.secret, sizeof(l->secret)) == 0);
	FUZZ_CHECK(l->created == again.created && l->max_age == again.max_age);
	buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seal_keys *keys;
	char *text = fuzz_text(data, size);
	struct buf sealed = BUF_INIT, opened = BUF_INIT;
	struct login l;

	if (keys == NULL)
		keys = load_keys();
	FUZZ_CHECK(login_open(text, keys, &l) != RG_OK);
	FUZZ_CHECK(seal_open(keys, "login", text, size, &opened) != RG_OK);
	FUZZ_CHECK(opened.len == 0);
	if (seal(keys, "login", text, size, &sealed) == RG_OK) {
		if (login_open(buf_str(&sealed), keys, &l) == RG_OK)
			check_again(&l, keys);
		/* Sealed for one purpose, it can't serve another. */
		FUZZ_CHECK(seal_open(keys, "another", sealed.p, sealed.len,
			       &opened) == RG_E_SEAL);
	} else {
		FUZZ_CHECK(size > SEAL_MAX_PLAIN);
	}
	buf_clear(&sealed);
	buf_clear(&opened);
	free(text);
	return 0;
}
