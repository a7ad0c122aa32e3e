/* SPDX-License-Identifier: ISC */
#include "base/conf.h"

#include <stdlib.h>
#include <string.h>

static void
add(char ***list, size_t *count, const char *word, size_t len)
{
	char **more = realloc(*list, (*count + 1) * sizeof(**list));
	char *copy = strndup(word, len);

	if (more == NULL || copy == NULL)
		abort(); /* at start; nothing to save */
	*list = more;
	(*list)[(*count)++] = copy;
}

void
conf_list_free(char ***list, size_t *count)
{
	while (*count > 0)
		free((*list)[--*count]);
	free(*list);
	*list = NULL;
}

static bool
is_word(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("\"\\,", *s) != NULL)
			return false;
	return true;
}

void
conf_list(struct conf *c, const char *section, const char *key, size_t max,
    char ***list, size_t *count)
{
	const char *p = conf_str(c, section, key, "");
	size_t i, n;

	*list = NULL;
	*count = 0;
	while (*(p += strspn(p, " \t")) != '\0') {
		n = strcspn(p, " \t");
		if (*count == max) {
			conf_fail(c, section, key, "more than %zu words", max);
			return;
		}
		add(list, count, p, n);
		p += n;
		if (!is_word((*list)[*count - 1]))
			conf_fail(c, section, key,
			    "expected words with blanks between them");
		for (i = 0; i + 1 < *count; i++)
			if (strcmp((*list)[i], (*list)[*count - 1]) == 0)
				conf_fail(c, section, key, "%s is there twice",
				    (*list)[i]);
	}
}
