/* SPDX-License-Identifier: ISC */
/*
 * Reads paths as JSON arrays of one string, one a line, and prints 1 for each
 * that url_is_local_path() takes, else 0. tests/e2e/return-to.test.mjs makes
 * the paths and says what is right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/url.h"

int
main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		json_t *list = NULL;
		const char *s;

		if (json_load_list(line, (size_t)n, &list) != RG_OK ||
		    (s = json_string_value(json_array_get(list, 0))) == NULL)
			return 1;
		(void)printf("%d\n", url_is_local_path(s));
		json_decref(list);
	}
	free(line);
	return fflush(stdout) == 0 ? 0 : 1;
}
