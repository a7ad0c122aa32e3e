/* SPDX-License-Identifier: ISC */
/* Queries and form bodies: what is read is what is written again. */
#include "base/form.h"
#include "fuzz.h"

static void
check_again(const char *name, const char *value)
{
	struct buf text = BUF_INIT;
	struct form *again = NULL;
	const char *got = NULL;

	form_put(&text, name, value);
	FUZZ_CHECK(buf_ok(&text));
	FUZZ_CHECK(form_parse(text.p, text.len, &again) == RG_OK);
	FUZZ_CHECK(form_get(again, name, &got) == RG_OK && got != NULL);
	FUZZ_CHECK(strcmp(got, value) == 0);
	form_free(&again);
	buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"state", "code", "return_to", NULL};
	char *text = fuzz_bytes(data, size);
	struct form *form = NULL;
	const char *value;
	enum rg_err r = form_parse(text, size, &form);
	size_t i;

	FUZZ_CHECK((r == RG_OK) == (form != NULL));
	if (r == RG_OK) {
		(void)form_has_only(form, names);
		for (i = 0; names[i] != NULL; i++) {
			r = form_get(form, names[i], &value);
			/* Twice is refused, and nothing else is. */
			FUZZ_CHECK((r == RG_E_REQ_DUPLICATE) ==
				   (form_nth(form, names[i], 1) != NULL));
			FUZZ_CHECK(r == RG_OK || r == RG_E_REQ_DUPLICATE);
			if (r == RG_OK && value != NULL)
				check_again(names[i], value);
		}
	}
	form_free(&form);
	free(text);
	return 0;
}
