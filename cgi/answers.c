/* SPDX-License-Identifier: ISC */
#include "cgi/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct answer {
	uint8_t question[HASH_LEN];
	const char *endpoint; /* NULL: the place is free */
	struct buf text;
};

struct answers {
	struct answers_moment moment; /* of all that are kept */
	uint8_t question[HASH_LEN];   /* asked last */
	struct buf text;	      /* of a question: one allocation */
	size_t bytes;
	size_t count;
	uint8_t used[ANSWERS_MAX]; /* places, `count` of them */
	struct answer all[ANSWERS_MAX];
};

struct answers *
answers_new(void)
{
	return calloc(1, sizeof(struct answers));
}

static void
forget(struct answers *a)
{
	struct answer *x;

	while (a->count > 0) {
		x = &a->all[a->used[--a->count]];
		buf_clear(&x->text);
		memset(x, 0, sizeof(*x));
	}
	a->bytes = 0;
}

void
answers_free(struct answers **ap)
{
	struct answers *a = *ap;

	if (a == NULL)
		return;
	forget(a);
	buf_clear(&a->text);
	free(a);
	*ap = NULL;
}

/* The port is another one for each connection; mod_unique_id's is for each
 * request. request.c reads neither. */
static bool
counts(const char *param)
{
	static const char port[] = "REMOTE_PORT=", unique[] = "UNIQUE_ID=";

	return strncmp(param, port, sizeof(port) - 1) != 0 &&
	       strncmp(param, unique, sizeof(unique) - 1) != 0;
}

/* No two questions have the same text: a variable ends with its NUL. */
static bool
ask(struct answers *a, enum fcgi_role role, char *const *params)
{
	bool ok;
	size_t i;

	buf_putc(&a->text, role == ROLE_AUTHORIZER ? 'A' : 'R');
	for (i = 0; params[i] != NULL; i++)
		if (counts(params[i]))
			buf_put(&a->text, params[i], strlen(params[i]) + 1);
	ok = buf_ok(&a->text) &&
	     hash_sha256(a->text.p, a->text.len, a->question) == RG_OK;
	buf_reset(&a->text); /* a cookie is in it */
	return ok;
}

static bool
is_now(const struct answers *a, const struct answers_moment *m)
{
	return a->moment.now == m->now &&
	       memcmp(a->moment.database, m->database, GATE_STAMP_LEN) == 0;
}

/* Part of a hash, so that any place is as likely as another. */
static struct answer *
place(struct answers *a)
{
	return &a->all[a->question[0] % ANSWERS_MAX];
}

const char *
answers_find(struct answers *a, const struct answers_moment *m,
    enum fcgi_role role, char *const *params, struct buf *out)
{
	const struct answer *x;

	if (!is_now(a, m)) {
		forget(a);
		a->moment = *m;
	}
	if (!ask(a, role, params)) {
		memset(a->question, 0, sizeof(a->question));
		return NULL;
	}
	x = place(a);
	if (x->endpoint == NULL ||
	    memcmp(x->question, a->question, HASH_LEN) != 0)
		return NULL;
	buf_put(out, x->text.p, x->text.len);
	return x->endpoint;
}

void
answers_keep(struct answers *a, const struct answers_moment *m,
    const char *endpoint, const struct buf *answer)
{
	struct answer *x = place(a);

	if (!is_now(a, m) || !buf_ok(answer) || answer->len == 0 ||
	    answer->len > ANSWERS_BYTES - a->bytes || x->endpoint != NULL)
		return;
	buf_put(&x->text, answer->p, answer->len);
	if (!buf_ok(&x->text)) {
		buf_clear(&x->text);
		return;
	}
	memcpy(x->question, a->question, HASH_LEN);
	x->endpoint = endpoint;
	a->bytes += x->text.len;
	a->used[a->count++] = (uint8_t)(x - a->all);
}
