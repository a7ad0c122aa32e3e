/* SPDX-License-Identifier: ISC */
#include "base/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "cgi/language.h"

/* Renders with values given as JSON text; the caller frees. */
static char *
rendered(const char *text, const char *values)
{
	json_t *v = json_loads(values, 0, NULL);
	struct buf out = BUF_INIT;

	assert_non_null(v);
	assert_int_equal(
	    template_render(text, strlen(text), v, NULL, &out), RG_OK);
	json_decref(v);
	return buf_steal(&out);
}

static void
expect(const char *text, const char *values, const char *html)
{
	char *got = rendered(text, values);

	assert_string_equal(got, html);
	free(got);
}

static void
expect_invalid(const char *text)
{
	json_t *v = json_pack("{s:s, s:[s, s]}", "a", "x", "list", "1", "2");
	struct buf out = BUF_INIT;

	if (template_render(text, strlen(text), v, NULL, &out) != RG_E_INVALID)
		fail_msg("accepted: %s", text);
	buf_clear(&out);
	json_decref(v);
}

static void
test_values(void **state)
{
	(void)state;
	expect("", "{}", "");
	expect("plain { } text", "{}", "plain { } text");
	expect("a{{x}}b{{y}}", "{\"x\": \"1\", \"y\": -7}", "a1b-7");
	expect("[{{gone}}]", "{}", "[]");
	expect("{{a}}{{b}}{{c}}{{d}}",
	    "{\"a\": true, \"b\": null, \"c\": [1], \"d\": {\"e\": 1}}", "");
	/* What a value holds is never read as a template. */
	expect("{{x}}", "{\"x\": \"{{y}}\", \"y\": \"no\"}", "{{y}}");
}

static void
test_everything_is_escaped(void **state)
{
	(void)state;
	expect("<p title=\"{{x}}\">{{x}}</p>",
	    "{\"x\": \"<script>alert('1')</script> & \\\"\"}",
	    "<p title=\"&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; "
	    "&quot;\">&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; "
	    "&quot;</p>");
	expect("{{#l}}{{x}}{{/l}}", "{\"l\": [{\"x\": \"<\"}]}", "&lt;");
	expect("{{x}}", "{\"x\": \"\\u00e9\\u202e\\ud83d\\ude00\"}",
	    "\xc3\xa9\xe2\x80\xae\xf0\x9f\x98\x80");
}

static void
test_sections(void **state)
{
	(void)state;
	expect("{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": true}", "y");
	expect("{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": \"s\"}", "y");
	expect("{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": [0, 0]}", "yy");
	expect("{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": false}", "n");
	expect("{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": \"\"}", "n");
	expect("{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": []}", "n");
	expect("{{#a}}y{{/a}}{{^a}}n{{/a}}", "{\"a\": null}", "n");
	expect("{{#a}}y{{/a}}{{^a}}n{{/a}}", "{}", "n");
}

static void
test_item_before_outside(void **state)
{
	(void)state;
	expect("{{#l}}{{x}}{{y}} {{/l}}{{x}}",
	    "{\"x\": \"o\", \"y\": \"O\", \"l\": [{\"x\": \"1\"}, {}]}",
	    "1O oO o");
	/* Also to decide whether a section is shown. */
	expect("{{#l}}{{#x}}y{{/x}}{{^x}}n{{/x}}{{/l}}",
	    "{\"x\": true, \"l\": [{\"x\": false}, {\"x\": \"\"}, {}]}", "nny");
	expect("{{#a}}{{#b}}{{x}}{{y}};{{/b}}{{/a}}",
	    "{\"a\": [{\"x\": 1, \"b\": [{\"y\": 1}, {\"y\": 2}]},"
	    " {\"x\": 2, \"b\": [{\"y\": 3}]}]}",
	    "11;12;23;");
	/* A section within one of the same name. */
	expect("{{#a}}{{x}}{{#a}}{{x}}{{/a}}{{/a}}",
	    "{\"a\": [{\"x\": 1, \"a\": [{\"x\": 2}]}]}", "12");
}

static void
test_unknown_syntax(void **state)
{
	static const char *const bad[] = {"{{", "{{a", "{{a}", "{{}}",
	    "{{ a }}", "{{a b}}", "{{{a}}}", "{{{a}}", "{{a}}}", "{{&a}}",
	    "{{>a}}", "{{!a}}", "{{=<% %>=}}", "{{.}}", "{{a.b}}", "{{A}}",
	    "{{#}}x{{/}}", "{{# a}}x{{/ a}}", "{{\xc3\xa9}}", "{{a\n}}"};
	char name[80];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_invalid(bad[i]);
	memset(name, 'a', sizeof(name));
	memcpy(name, "{{", 2);
	memcpy(name + sizeof(name) - 3, "}}", 3);
	expect_invalid(name);
}

static void
test_unbalanced(void **state)
{
	static const char *const bad[] = {"{{/a}}", "{{#a}}", "{{^a}}",
	    "{{#a}}{{/b}}", "{{#a}}{{#b}}{{/a}}{{/b}}", "x{{#a}}{{/a}}{{/a}}",
	    /* inside what is not shown too, and in the last round */
	    "{{^a}}{{/b}}{{/a}}", "{{#gone}}{{ bad }}{{/gone}}",
	    "{{#gone}}{{#b}}{{/gone}}", "{{#list}}{{ bad }}{{/list}}"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_invalid(bad[i]);
}

static void
test_depth(void **state)
{
	struct buf text = BUF_INIT;
	int depth, i;

	(void)state;
	for (depth = TEMPLATE_MAX_DEPTH; depth <= TEMPLATE_MAX_DEPTH + 1;
	     depth++) {
		buf_reset(&text);
		for (i = 0; i < depth; i++)
			buf_puts(&text, "{{#a}}");
		buf_puts(&text, "!");
		for (i = 0; i < depth; i++)
			buf_puts(&text, "{{/a}}");
		if (depth <= TEMPLATE_MAX_DEPTH)
			expect(buf_str(&text), "{\"a\": true}", "!");
		else
			expect_invalid(buf_str(&text));
	}
	buf_clear(&text);
}

static void
expect_words(const char *text, const char *words, const char *html)
{
	json_t *v = json_pack("{s:s, s:s}", "x", "<", "y", "{{>a}}");
	json_t *w = json_loads(words, 0, NULL);
	struct buf out = BUF_INIT;
	enum rg_err r;

	assert_non_null(w);
	r = template_render(text, strlen(text), v, w, &out);
	if (html == NULL) {
		assert_int_equal(r, RG_E_INVALID);
	} else {
		assert_int_equal(r, RG_OK);
		assert_string_equal(buf_str(&out), html);
	}
	buf_clear(&out);
	json_decref(w);
	json_decref(v);
}

/* Words are read like the page, and can't hold markup: not even by mistake. */
static void
test_words(void **state)
{
	(void)state;
	expect_words("<p>{{>a}}</p>", "{\"a\": \"hello\"}", "<p>hello</p>");
	expect_words("<p>{{>a}}</p>", "{\"a\": \"<b> & \\\" {{x}} <i>\"}",
	    "<p>&lt;b&gt; &amp; &quot; &lt; &lt;i&gt;</p>");
	expect_words(
	    "{{>a}}", "{\"a\": \"{{#x}}<y{{/x}}{{^x}}n{{/x}}\"}", "&lt;y");
	expect_words("{{>a}}!", "{\"a\": \"1{{>b}}3\", \"b\": \"2\"}", "123!");
	/* A value names no words. */
	expect_words("{{y}}", "{\"a\": \"1\"}", "{{&gt;a}}");
	expect_words("{{>a}}", "{}", NULL);
	expect_words("{{>a}}", "{\"a\": 1}", NULL);
	expect_words("{{#gone}}{{>a}}{{/gone}}", "{}", NULL);
	expect_words("{{>a}}", "{\"a\": \"{{/b}}\"}", NULL);
	expect_words("{{#x}}{{>a}}", "{\"a\": \"{{/x}}\"}", NULL);
	expect_words("{{>a}}", "{\"a\": \"{{>a}}\"}", NULL);
	expect_words("{{>a}}", "{\"a\": \"{{>b}}\", \"b\": \"{{>a}}\"}", NULL);
}

static void
test_limited_output(void **state)
{
	json_t *v = json_pack("{s:s}", "x", "<<<<<<<<");
	struct buf out = BUF_LIMITED(31);

	(void)state;
	assert_int_equal(
	    template_render("{{x}}", 5, v, NULL, &out), RG_E_TOO_LARGE);
	buf_clear(&out);
	out.limit = 32;
	assert_int_equal(template_render("{{x}}", 5, v, NULL, &out), RG_OK);
	assert_int_equal(out.len, 32);
	buf_clear(&out);
	json_decref(v);
}

/* ---- the pages of www/, in each language --------------------------------- */

static const struct language *speaks;

static void
speak(void **state)
{
	speaks = language_for(*state);
	assert_non_null(speaks);
	assert_string_equal(speaks->tag, *state);
}

/* Every name that a page may use, each with the same string. */
static json_t *
page_values(const char *s)
{
	static const char *const names[] = {"advice", "base", "code", "contact",
	    "expires", "expires_text", "groups_text", "lang", "logout_url",
	    "message", "name", "provider_label", "request_id", "retry_url",
	    "subject_id", "title", "username"};
	json_t *v = json_object();
	json_t *item = json_pack(
	    "{s:s, s:s, s:s, s:s}", "name", s, "id", s, "label", s, "url", s);
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
		    json_object_set_new(v, names[i], json_string(s)), 0);
	json_object_set_new(v, "providers", json_pack("[O, O]", item, item));
	json_object_set_new(v, "role_list", json_pack("[O, O]", item, item));
	json_object_set_new(v, "group_list", json_pack("[O]", item));
	json_object_set_new(v, "permission_list", json_pack("[O]", item));
	json_object_set_new(v, "is_admin", json_true());
	json_object_set_new(v, "groups_unknown", json_true());
	json_decref(item);
	return v;
}

static char *
page_with(const struct asset *a, const char *s)
{
	json_t *v = page_values(s);
	struct buf out = BUF_INIT;

	assert_int_equal(
	    template_render(a->data, a->len, v, speaks->page, &out), RG_OK);
	json_decref(v);
	return buf_steal(&out);
}

/*
 * What a browser would take for markup: tags with the names of their
 * attributes. Text and attribute values are left out, an unquoted value is not
 * (it could be cut in two by a blank).
 */
static char *
skeleton(const char *html)
{
	struct buf out = BUF_INIT;
	const char *p = html;
	char quote = '\0';

	while ((p = strchr(p, '<')) != NULL) {
		for (; *p != '\0' && (quote != '\0' || *p != '>'); p++) {
			if (quote == '\0')
				buf_putc(&out, *p);
			if (*p == quote)
				quote = '\0';
			else if (quote == '\0' && (*p == '"' || *p == '\''))
				quote = *p;
		}
		buf_putc(&out, '>');
	}
	return buf_steal(&out);
}

static bool
is_page(const struct asset *a)
{
	return strncmp(a->name, "www/", 4) == 0 &&
	       strcmp(a->name + strlen(a->name) - 5, ".html") == 0;
}

static size_t
count(const char *in, const char *what)
{
	size_t n = 0;

	for (; (in = strstr(in, what)) != NULL; in += strlen(what))
		n++;
	return n;
}

/* No value, whoever chose it, changes what a page is made of. */
static void
test_pages_with_hostile_values(void **state)
{
	static const char *const hostile[] = {"<script>alert(1)</script>",
	    "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
	    "x onfocus=alert(1) autofocus", "</title></main></body>", "-->",
	    "&lt;b&gt;", "{{base}}{{#advice}}", "javascript:alert(1)",
	    "\342\200\256evil \342\201\246 \327\220", "\x01\x1f\x7f", "\\"};
	const struct asset *a;
	struct buf big = BUF_INIT;
	size_t i, pages = 0;

	speak(state);
	for (i = 0; i < 10240; i++)
		buf_putc(&big, i % 2 == 0 ? '<' : 'W');
	for (a = assets; a->name != NULL; a++) {
		char *plain, *want;

		if (!is_page(a))
			continue;
		pages++;
		plain = page_with(a, "Dana Diaz");
		want = skeleton(plain);
		for (i = 0; i <= sizeof(hostile) / sizeof(hostile[0]); i++) {
			const char *s = i < sizeof(hostile) / sizeof(hostile[0])
					    ? hostile[i]
					    : buf_str(&big);
			char *html = page_with(a, s), *got = skeleton(html);

			assert_string_equal(got, want);
			free(got);
			free(html);
		}
		free(want);
		free(plain);
	}
	assert_int_equal(pages, 6);
	buf_clear(&big);
}

/*
 * Signing out ends with a redirect to the provider. Chromium applies our
 * form-action 'self' to redirects of a form as well (seen with 156) and blocks
 * it; so it is a link, and /logout looks at Sec-Fetch-Site.
 */
static void
test_sign_out_is_a_link(void **state)
{
	static const char *const names[] = {"www/me.html", "www/denied.html"};
	const struct asset *a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(asset_find(names[i])->data,
		    "href=\"{{logout_url}}\">{{>sign_out}}</a>"));
	for (a = assets; a->name != NULL; a++)
		if (is_page(a))
			assert_null(strstr(a->data, "<form"));
}

/* Nothing renders as half a page when a value is missing or empty. */
static void
test_pages_without_values(void **state)
{
	json_t *v = json_object();
	struct buf out = BUF_INIT;
	const struct asset *a;

	speak(state);
	for (a = assets; a->name != NULL; a++) {
		if (!is_page(a))
			continue;
		buf_reset(&out);
		assert_int_equal(
		    template_render(a->data, a->len, v, speaks->page, &out),
		    RG_OK);
		assert_non_null(strstr(buf_str(&out), "</main>"));
		assert_int_equal(count(buf_str(&out), "{{"), 0);
		/* An empty heading or link says nothing to anybody. */
		assert_null(strstr(buf_str(&out), "<li></li>"));
		assert_null(strstr(buf_str(&out), "<h1></h1>"));
		assert_null(strstr(buf_str(&out), "href=\"\""));
	}
	buf_clear(&out);
	json_decref(v);
}

/* The console, and pages that copy or tell the time, run one file of ours. */
static void
assert_scripts(const char *name, const char *html)
{
	const char *script = "";

	if (strcmp(name, "www/console.html") == 0)
		script = "<script type=\"module\" "
			 "src=\"Dana Diaz/console/main.js\"></script>";
	else if (strcmp(name, "www/denied.html") == 0 ||
		 strcmp(name, "www/me.html") == 0)
		script = "<script type=\"module\" "
			 "src=\"Dana Diaz/rolegate.js\"></script>";
	assert_int_equal(count(html, "<script"), *script != '\0');
	if (*script != '\0')
		assert_int_equal(count(html, script), 1);
}

/*
 * What the Content-Security-Policy demands, and what a person needs who uses a
 * screen reader, a phone or the keyboard.
 */
static void
test_pages_are_fit(void **state)
{
	static const char *const banned[] = {" style=", "<style", " on",
	    "javascript:", "http:", "https:", "=//", "\"//", "autofocus",
	    "<iframe", "<object", "<embed", "<base", "tabindex=", "target="};
	static const char *const once[] = {"<!doctype html>",
	    "<html lang=\"Dana Diaz\">", "<meta charset=\"utf-8\">",
	    "<meta name=\"viewport\"", "<title>", "</title>", "<header",
	    "<main", "</main>", "<footer", "<h1", "</h1>", "</html>",
	    "rel=\"stylesheet\" href=\"Dana Diaz/rolegate.css\""};
	const struct asset *a;
	size_t i;

	speak(state);
	for (a = assets; a->name != NULL; a++) {
		char *html, *tags;

		if (!is_page(a))
			continue;
		html = page_with(a, "Dana Diaz");
		tags = skeleton(html);
		for (i = 0; i < sizeof(banned) / sizeof(banned[0]); i++)
			if (strstr(tags, banned[i]) != NULL ||
			    (banned[i][0] != ' ' &&
				strstr(html, banned[i]) != NULL))
				fail_msg("%s has %s", a->name, banned[i]);
		assert_scripts(a->name, html);
		for (i = 0; i < sizeof(once) / sizeof(once[0]); i++)
			if (count(html, once[i]) != 1)
				fail_msg("%s: not once: %s", a->name, once[i]);
		free(tags);
		free(html);
	}
}

/*
 * Names come from elsewhere and may hold marks that turn the direction of
 * text. <bdi> keeps that inside (HTML, 4.5.24).
 */
static void
test_pages_isolate_direction(void **state)
{
	static const char *const foreign[] = {"{{name}}", "{{username}}",
	    "{{label}}", "{{provider_label}}", "{{id}}", "{{subject_id}}"};
	const struct asset *a;
	size_t i;

	(void)state;
	for (a = assets; a->name != NULL; a++) {
		if (!is_page(a))
			continue;
		for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
			const char *p = a->data;

			while ((p = strstr(p, foreign[i])) != NULL) {
				if (strncmp(p - 5, "<bdi>", 5) != 0)
					fail_msg("%s: %s not in <bdi>", a->name,
					    foreign[i]);
				p++;
			}
		}
	}
}

static void
test_style_sheet(void **state)
{
	const struct asset *css = asset_find("www/rolegate.css");

	(void)state;
	assert_non_null(css);
	assert_non_null(strstr(css->data, "prefers-color-scheme: dark"));
	assert_non_null(strstr(css->data, "prefers-reduced-motion"));
	assert_non_null(strstr(css->data, ":focus-visible"));
	assert_non_null(strstr(css->data, "@media print"));
	/* Nothing is fetched from anywhere. */
	assert_null(strstr(css->data, "@import"));
	assert_null(strstr(css->data, "@font-face"));
	assert_null(strstr(css->data, "http"));
	assert_null(strstr(css->data, "url(//"));
}

static char en[] = "en", de[] = "de";

#define IN_EACH_LANGUAGE(f)                                                    \
	cmocka_unit_test_prestate(f, en), cmocka_unit_test_prestate(f, de)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_everything_is_escaped),
	    cmocka_unit_test(test_sections),
	    cmocka_unit_test(test_item_before_outside),
	    cmocka_unit_test(test_unknown_syntax),
	    cmocka_unit_test(test_unbalanced),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_limited_output),
	    IN_EACH_LANGUAGE(test_pages_with_hostile_values),
	    cmocka_unit_test(test_sign_out_is_a_link),
	    IN_EACH_LANGUAGE(test_pages_without_values),
	    IN_EACH_LANGUAGE(test_pages_are_fit),
	    cmocka_unit_test(test_pages_isolate_direction),
	    cmocka_unit_test(test_style_sheet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
