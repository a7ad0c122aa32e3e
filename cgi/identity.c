/* SPDX-License-Identifier: ISC */
#include "cgi/identity.h"

#include <stdbool.h>
#include <string.h>

#include "base/log.h"

struct budget {
	struct response *s;
	const struct identity_names *names;
	size_t left;
	struct buf over; /* names of the headers that did not fit */
};

/* Bytes that mean themselves in a list; the others are %XX. */
static bool
is_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != ',' && c != '%';
}

static void
put_item(struct buf *out, const char *s)
{
	size_t n;

	while (*s != '\0') {
		for (n = 0; is_plain((unsigned char)s[n]); n++)
			continue;
		buf_put(out, s, n);
		s += n;
		if (*s != '\0')
			buf_printf(out, "%%%02X", (unsigned char)*s++);
	}
}

/*
 * Sends the whole value or, when it does not fit, an empty one. None is left
 * out: where a server copies only what is there, a client's own header of that
 * name would stay, and Caddy sends the text of its placeholder.
 */
static void
put_header(struct budget *b, const char *name, const struct buf *value)
{
	size_t cost = strlen(name) + value->len + 4;

	if (!buf_ok(value) || cost > b->left) {
		buf_printf(&b->over, "%s%s", b->over.len > 0 ? "," : "",
		    name + b->names->skip);
		response_header_text(b->s, name, "");
		return;
	}
	b->left -= cost;
	response_header_text(b->s, name, buf_str(value));
}

static void
put_text(struct budget *b, const char *name, const char *text)
{
	struct buf v = BUF_INIT;

	if (name == NULL)
		return;
	put_item(&v, text);
	put_header(b, name, &v);
	buf_clear(&v);
}

static void
put_list(
    struct budget *b, const char *name, const char *const *list, size_t count)
{
	struct buf v = BUF_INIT;
	size_t i;

	if (name == NULL)
		return;
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_putc(&v, ',');
		put_item(&v, list[i]);
	}
	put_header(b, name, &v);
	buf_clear(&v);
}

static void
put_groups(struct budget *b, const char *name, const struct access_decision *d)
{
	struct buf v = BUF_INIT;
	size_t i;

	if (name == NULL)
		return;
	for (i = 0; i < d->group_count; i++) {
		if (i > 0)
			buf_putc(&v, ',');
		put_item(&v, d->groups[i].id);
	}
	put_header(b, name, &v);
	buf_clear(&v);
}

void
identity_put(struct response *s, const struct gate_identity *id,
    const struct identity_names *n)
{
	const struct access_decision *d = &id->decision;
	struct budget b = {s, n, IDENTITY_BUDGET, BUF_INIT};

	put_text(&b, n->user, id->id);
	put_text(&b, n->remote_user, id->id);
	put_list(&b, n->roles, d->roles, d->role_count);
	put_text(&b, n->session, id->session_id);
	put_text(&b, n->email, id->email);
	put_text(&b, n->name, id->name);
	put_text(&b, n->username, id->username);
	put_list(&b, n->permissions, d->permissions, d->permission_count);
	put_groups(&b, n->groups, d);
	if (b.over.len > 0)
		log_warn("identity.headers", "omitted=%s", buf_str(&b.over));
	response_header_text(s, n->omitted, buf_str(&b.over));
	buf_clear(&b.over);
}
