/* SPDX-License-Identifier: ISC */
#include "cgi/language.h"

#include <string.h>

#include "base/accept.h"
#include "base/asset.h"
#include "base/json.h"

#define FOLDER "www/text/"
#define SUFFIX ".json"
#define ENGLISH "en"
#define LANGUAGES_MAX 32

/*
 * Read once and then constant, like the files that they are made of; the first
 * is English.
 */
static struct {
	struct language list[LANGUAGES_MAX];
	const char *tags[LANGUAGES_MAX];
	size_t count;
} languages;

/* The tag in "www/text/de.json". */
static bool
read_tag(const char *name, char tag[static LANGUAGE_TAG_MAX])
{
	size_t n = strlen(FOLDER), len = strlen(name);

	if (strncmp(name, FOLDER, n) != 0 || len <= n + strlen(SUFFIX) ||
	    strcmp(name + len - strlen(SUFFIX), SUFFIX) != 0)
		return false;
	len -= n + strlen(SUFFIX);
	if (len >= LANGUAGE_TAG_MAX)
		return false;
	memcpy(tag, name + n, len);
	tag[len] = '\0';
	return true;
}

/* English, with all that this language has in its place. */
static json_t *
over_english(const json_t *doc, const char *section)
{
	const struct language *first = &languages.list[0];
	const json_t *english =
	    strcmp(section, "page") == 0 ? first->page : first->problems;
	json_t *own = json_object_get(doc, section);
	json_t *all =
	    languages.count == 0 ? json_object() : json_deep_copy(english);

	if (all != NULL && own != NULL &&
	    json_object_update_recursive(all, own) != 0) {
		json_decref(all);
		all = NULL;
	}
	return all;
}

static bool
add(const struct asset *a, const char *tag)
{
	struct language *l = &languages.list[languages.count];
	json_t *doc = NULL;
	const char *name;
	bool ok = false;

	if (languages.count == LANGUAGES_MAX ||
	    json_load_strict(a->data, a->len, &doc) != RG_OK)
		return false;
	if ((name = json_str(doc, "name")) != NULL &&
	    strlen(name) < sizeof(l->name)) {
		memcpy(l->name, name, strlen(name) + 1);
		memcpy(l->tag, tag, strlen(tag) + 1);
		l->page = over_english(doc, "page");
		l->problems = over_english(doc, "problem");
		ok = l->page != NULL && l->problems != NULL;
	}
	if (ok)
		languages.tags[languages.count++] = l->tag;
	json_decref(doc);
	return ok;
}

static bool
load(void)
{
	const struct asset *a = asset_find(FOLDER ENGLISH SUFFIX);
	char tag[LANGUAGE_TAG_MAX];

	if (languages.count > 0)
		return true;
	if (a == NULL || !add(a, ENGLISH))
		return false;
	/* A language that is not to be had is said in English. */
	for (a = assets; a->name != NULL; a++)
		if (read_tag(a->name, tag) && strcmp(tag, ENGLISH) != 0)
			(void)add(a, tag);
	return true;
}

const struct language *
language_for(const char *accept)
{
	if (!load())
		return NULL;
	return &languages.list[accept_language(
	    accept, languages.tags, languages.count)];
}

json_t *
language_names(void)
{
	json_t *names = load() ? json_object() : NULL;
	size_t i;

	for (i = 0; names != NULL && i < languages.count; i++)
		(void)json_object_set_new(names, languages.list[i].tag,
		    json_string(languages.list[i].name));
	return names;
}

static const char *
or_nothing(const char *s)
{
	return s == NULL ? "" : s;
}

const char *
language_word(const struct language *l, const char *name)
{
	return l == NULL ? "" : or_nothing(json_str(l->page, name));
}

const char *
language_problem(
    const struct language *l, const struct problem *p, const char *what)
{
	return l == NULL ? ""
			 : or_nothing(json_str(
			       json_object_get(l->problems, p->code), what));
}

const char *
language_message(const struct problem *p)
{
	return language_problem(language_for(""), p, "message");
}
