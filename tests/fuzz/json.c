/* SPDX-License-Identifier: ISC */
/* What json_plain_load() accepts, jansson accepts, and reads it alike. */
#include "base/json_plain.h"
#include "base/json.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_bytes(data, size);
	struct buf ours = BUF_INIT, theirs = BUF_INIT;
	json_t *plain = json_plain_load(text, size), *strict = NULL;
	json_t *value;

	if (plain != NULL) {
		value = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
		FUZZ_CHECK(value != NULL);
		FUZZ_CHECK(json_equal(plain, value));
		/* In the order of the text, too. */
		FUZZ_CHECK(json_put(&ours, plain) && json_put(&theirs, value));
		FUZZ_CHECK(strcmp(buf_str(&ours), buf_str(&theirs)) == 0);
		if (json_load_strict(text, size, &strict) == RG_OK)
			FUZZ_CHECK(json_is_object(value));
		json_decref(strict);
		json_decref(value);
	}
	json_decref(plain);
	buf_clear(&ours);
	buf_clear(&theirs);
	free(text);
	return 0;
}
