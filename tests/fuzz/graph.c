/* SPDX-License-Identifier: ISC */
/*
 * Answers of Microsoft Graph: nobody is a member of what was not asked about,
 * and no next link takes the token elsewhere.
 */
#include "entra/graph_answer.h"
#include "base/url.h"
#include "fuzz.h"

#define BASE "https://graph.microsoft.com"

static const char *const ids[] = {"aaaaaaaa-1111-4111-8111-111111111111",
    "bbbbbbbb-2222-4222-8222-222222222222",
    "cccccccc-3333-4333-8333-333333333333"};

static void
check_link(const char *link)
{
	struct err e = {RG_OK, ""};
	struct url u;

	if (graph_check_link(BASE, link, &e) != RG_OK)
		return;
	FUZZ_CHECK(strncmp(link, BASE, sizeof(BASE) - 1) == 0 ||
		   strncasecmp(link, BASE, sizeof(BASE) - 1) == 0);
	FUZZ_CHECK(url_parse(link, &u) == RG_OK && u.https && u.port == 443);
	FUZZ_CHECK(strcmp(u.host, "graph.microsoft.com") == 0);
	FUZZ_CHECK(strncmp(u.path, "/v1.0/", 6) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct graph_groups g = {0};
	struct err e = {RG_OK, ""};
	json_t *doc = NULL;
	const char *next = NULL;
	int64_t total;
	size_t i, seen = 0;

	check_link(text);
	(void)graph_read_error(429, text, size, &e);
	FUZZ_CHECK(graph_read_error(403, text, size, &e) != RG_OK);
	if (graph_read(text, size, &doc, &e) == RG_OK) {
		FUZZ_CHECK(graph_groups_set(&g, ids, 3) == RG_OK);
		if (graph_read_page(doc, &g, &seen, &next, &total, &e) ==
			RG_OK &&
		    next != NULL)
			check_link(next);
		graph_groups_clear(&g);
		FUZZ_CHECK(graph_groups_set(&g, ids, 3) == RG_OK);
		(void)graph_read_check(doc, &g, 0, 2, &e);
		FUZZ_CHECK(g.count == 3 && !g.all[2].member);
		for (i = 0; i < g.count; i++)
			FUZZ_CHECK(!g.all[i].member ||
				   strcasestr(text, "aaaa") != NULL ||
				   strcasestr(text, "bbbb") != NULL ||
				   strstr(text, "\\u") != NULL);
		graph_groups_clear(&g);
		json_decref(doc);
	}
	free(text);
	return 0;
}
