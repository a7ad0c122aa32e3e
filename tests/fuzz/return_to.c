/* SPDX-License-Identifier: ISC */
/*
 * Where a sign-in returns to: behind our origin it stays there. A second
 * opinion on the same text is tests/e2e/return-to.test.mjs.
 */
#include "base/url.h"
#include "fuzz.h"

#define ORIGIN "https://app.example"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = fuzz_text(data, size), *p;
	struct buf whole = BUF_INIT;
	struct url u;

	(void)url_parse(s, &u);
	if (url_is_local_path(s)) {
		FUZZ_CHECK(s[0] == '/' && s[1] != '/' && s[1] != '\\');
		FUZZ_CHECK(strlen(s) <= URL_MAX);
		for (p = s; *p != '\0'; p++)
			FUZZ_CHECK(*p > ' ' && *p < 0x7f && *p != '\\');
		buf_printf(&whole, ORIGIN "%.*s", (int)strcspn(s, "#"), s);
		FUZZ_CHECK(url_parse(buf_str(&whole), &u) != RG_OK ||
			   strcmp(u.host, "app.example") == 0);
	}
	buf_clear(&whole);
	free(s);
	return 0;
}
