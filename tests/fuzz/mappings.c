/* SPDX-License-Identifier: ISC */
/* A document of roles and mappings: what is read can be found in it. */
#include "base/json.h"
#include "gate_plan_internal.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_bytes(data, size);
	struct document d = {0};
	struct err e = {RG_OK, ""};
	json_t *json = NULL;
	size_t i;
	enum rg_err r;

	if (json_load_strict(text, size, &json) == RG_OK) {
		r = document_read(json, &d, &e);
		if (r != RG_OK)
			FUZZ_CHECK(e.code == r && e.detail[0] != '\0');
		for (i = 0; r == RG_OK && i < d.role_count; i++)
			FUZZ_CHECK(document_find_role(
				       &d, d.roles[i].row.name) == (int64_t)i);
		for (i = 0; r == RG_OK && i < d.mapping_count; i++)
			FUZZ_CHECK(document_find_mapping(
				       &d, &d.mappings[i].row) == (int64_t)i);
		document_clear(&d);
	}
	json_decref(json);
	free(text);
	return 0;
}
