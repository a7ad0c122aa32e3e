/* SPDX-License-Identifier: ISC */
/* A line of an exported audit: what is read is what is written again. */
#include "store/audit_json.h"
#include "base/json.h"
#include "fuzz.h"

static void
check_again(const struct audit_row *row)
{
	struct buf text = BUF_INIT;
	struct audit_row again;
	json_t *line = NULL;

	FUZZ_CHECK(audit_json_put(&text, row) == RG_OK && text.len > 0);
	FUZZ_CHECK(memchr(text.p, '\n', text.len) == text.p + text.len - 1);
	FUZZ_CHECK(
	    audit_json_parse(text.p, text.len - 1, &line, &again) == RG_OK);
	FUZZ_CHECK(row->seq == again.seq && row->time == again.time);
	FUZZ_CHECK(strcmp(row->event, again.event) == 0);
	FUZZ_CHECK(strcmp(row->actor, again.actor) == 0);
	FUZZ_CHECK(strcmp(row->subject, again.subject) == 0);
	FUZZ_CHECK(strcmp(row->client, again.client) == 0);
	FUZZ_CHECK(strcmp(row->request_id, again.request_id) == 0);
	FUZZ_CHECK(strcmp(row->detail, again.detail) == 0);
	FUZZ_CHECK(strcmp(row->hash, again.hash) == 0);
	FUZZ_CHECK(strcmp(row->prev_hash, again.prev_hash) == 0);
	json_decref(line);
	buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_bytes(data, size);
	struct audit_chain chain;
	struct audit_row row;
	struct err e = {RG_OK, ""};
	json_t *line = NULL;

	if (audit_json_parse(text, size, &line, &row) == RG_OK) {
		check_again(&row);
		store_audit_chain_begin(&chain, NULL);
		if (store_audit_chain_next(&chain, &row, &e) == RG_OK)
			FUZZ_CHECK(row.seq == 1 && chain.count == 1);
		json_decref(line);
	}
	free(text);
	return 0;
}
