/* SPDX-License-Identifier: ISC */
/*
 * rolegate.conf. SECRET in the text stands for a file with a secret, that only
 * we can read.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"
#include "base/buf.h"
#include "fuzz.h"

static int
make_file(const char *name)
{
	int fd = memfd_create(name, 0);

	FUZZ_CHECK(fd >= 0 && fchmod(fd, 0600) == 0);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int conf = -1, secret = -1;
	static char conf_path[32], secret_path[32];
	struct buf text = BUF_INIT;
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};
	char *all = fuzz_text(data, size), *p, *next;
	enum rg_err r;

	if (conf < 0) {
		conf = make_file("conf");
		secret = make_file("secret");
		FUZZ_CHECK(write(secret, "s3cret\n", 7) == 7);
		(void)snprintf(conf_path, 32, "/proc/self/fd/%d", conf);
		(void)snprintf(secret_path, 32, "/proc/self/fd/%d", secret);
	}
	for (p = all; (next = strstr(p, "SECRET")) != NULL; p = next + 6) {
		buf_put(&text, p, (size_t)(next - p));
		buf_puts(&text, secret_path);
	}
	buf_puts(&text, p);
	FUZZ_CHECK(ftruncate(conf, 0) == 0);
	FUZZ_CHECK(
	    pwrite(conf, buf_str(&text), text.len, 0) == (ssize_t)text.len);
	r = settings_load(conf_path, &s, &e);
	FUZZ_CHECK((r == RG_OK) == (s != NULL));
	if (r == RG_OK) {
		FUZZ_CHECK(s->provider_count >= 1);
		FUZZ_CHECK(
		    s->secure || strncmp(s->public_url, "http://", 7) == 0);
		FUZZ_CHECK(s->clock_skew >= 0 && s->session_idle > 0);
	} else {
		FUZZ_CHECK(e.code == r && e.detail[0] != '\0');
		/* It may quote the text, which may happen to say it too. */
		FUZZ_CHECK(strstr(all, "s3cret") != NULL ||
			   strstr(e.detail, "s3cret") == NULL);
	}
	settings_free(&s);
	buf_clear(&text);
	free(all);
	return 0;
}
