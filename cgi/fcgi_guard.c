/* SPDX-License-Identifier: ISC */
#include "cgi/fcgi_guard.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* FastCGI specification section 8 */
#define VERSION 1
#define HEADER_LEN 8
#define BEGIN_LEN 8
#define TYPE_BEGIN 1
#define TYPE_PARAMS 4
#define TYPE_STDIN 5
#define RESPONDER 1

enum stage {
	STAGE_BEGIN, /* what is expected next */
	STAGE_PARAMS,
	STAGE_STDIN,
	STAGE_DONE
};

/* FastCGI specification section 3.4: two lengths, a name, a value */
struct pairs {
	size_t left;	 /* of FCGI_GUARD_MAX_PARAMS */
	size_t skip;	 /* of the name and value */
	uint32_t length; /* as far as it was read */
	unsigned more;	 /* bytes of `length` to come */
	bool is_value;	 /* `length` is that of the value */
	size_t name;	 /* length of the name */
};

static struct guard {
	int fd;
	bool was_asked;
	const char *refusal;
	enum stage stage;
	unsigned id;
	unsigned role;
	unsigned char header[HEADER_LEN];
	size_t have;	/* bytes of `header` that came */
	size_t given;	/* bytes of `header` that were passed on */
	size_t length;	/* of the content of the record */
	size_t content; /* bytes of it to come */
	size_t padding; /* bytes to come */
	struct pairs pairs;
	size_t from, to; /* of `raw`: came, and waits to be looked at */
	size_t most;	 /* of `raw`: to be wiped */
	unsigned char raw[8192];
} g = {.fd = -1};

void
fcgi_guard_end(void)
{
	/* Cookies and codes pass through here; most requests are short. */
	explicit_bzero(g.raw, g.most);
	explicit_bzero(&g, offsetof(struct guard, raw));
	g.fd = -1;
}

void
fcgi_guard_begin(int fd)
{
	fcgi_guard_end();
	g.fd = fd;
	g.pairs.left = FCGI_GUARD_MAX_PARAMS;
}

const char *
fcgi_guard_refusal(void)
{
	return g.refusal;
}

bool
fcgi_guard_has_more(void)
{
	return g.from < g.to;
}

bool
fcgi_guard_is_over(void)
{
	return g.stage == STAGE_DONE && g.role == RESPONDER && g.from == g.to &&
	       g.refusal == NULL;
}

static void
came(size_t len)
{
	g.from = 0;
	g.to = len;
	if (len > g.most)
		g.most = len;
}

bool
fcgi_guard_prefetch(void)
{
	ssize_t got = recv(g.fd, g.raw, sizeof(g.raw), MSG_DONTWAIT);

	came(got > 0 ? (size_t)got : 0);
	return got > 0;
}

bool
fcgi_guard_was_asked(void)
{
	return g.was_asked;
}

static bool
refuse(const char *why)
{
	g.refusal = why;
	return false;
}

/* The header is complete: may this record come now? */
static bool
check_header(void)
{
	static const unsigned char expected[] = {
	    TYPE_BEGIN, TYPE_PARAMS, TYPE_STDIN};
	const unsigned char *h = g.header;
	unsigned id = (unsigned)h[2] << 8 | h[3];

	g.length = g.content = (size_t)h[4] << 8 | h[5];
	g.padding = h[6];
	if (h[0] != VERSION)
		return refuse("version");
	if (id == 0)
		return refuse("management record");
	if (h[1] != expected[g.stage])
		return refuse("record out of order");
	if (g.stage == STAGE_BEGIN) {
		if (g.content != BEGIN_LEN)
			return refuse("length of the begin record");
		g.id = id;
	} else if (id != g.id) {
		return refuse("another request");
	}
	if (g.stage == STAGE_PARAMS) {
		if (g.content > g.pairs.left)
			return refuse("variables too large");
		if (g.content == 0 &&
		    (g.pairs.skip > 0 || g.pairs.more > 0 || g.pairs.is_value))
			return refuse("variables cut short");
		g.pairs.left -= g.content;
	}
	/* Padding is not passed on. */
	g.header[6] = g.header[7] = 0;
	return true;
}

/* `here`: bytes of content that follow in this record. */
static bool
check_length(size_t here)
{
	struct pairs *p = &g.pairs;

	if (!p->is_value) {
		p->name = p->length;
		p->is_value = true;
		return true;
	}
	p->is_value = false;
	p->skip = p->name + p->length;
	if (p->skip > here + p->left)
		return refuse("announced length");
	return true;
}

static bool
check_params(const unsigned char *p, size_t n)
{
	struct pairs *pairs = &g.pairs;
	size_t i = 0, run;

	while (i < n) {
		if (pairs->skip > 0) {
			run = n - i < pairs->skip ? n - i : pairs->skip;
			pairs->skip -= run;
			i += run;
			continue;
		}
		if (pairs->more > 0) {
			pairs->length = pairs->length << 8 | p[i];
			pairs->more--;
		} else {
			pairs->length = p[i] & 0x7fU;
			pairs->more = (p[i] & 0x80U) != 0 ? 3 : 0;
		}
		i++;
		if (pairs->more == 0 && !check_length(g.content - i))
			return false;
	}
	return true;
}

static bool
check_content(const unsigned char *p, size_t n)
{
	size_t i, at;

	if (g.stage == STAGE_PARAMS)
		return check_params(p, n);
	if (g.stage == STAGE_BEGIN)
		for (i = 0; i < n; i++) {
			at = BEGIN_LEN - g.content + i;
			if (at < 2)
				g.role = g.role << 8 | p[i];
		}
	return true;
}

static void
end_record(void)
{
	g.have = g.given = 0;
	if (g.stage == STAGE_BEGIN)
		g.stage = STAGE_PARAMS;
	else if (g.length == 0)
		/* Only a responder is read further: servers do not send the
		 * others their stdin, or its end. */
		g.stage = g.stage == STAGE_PARAMS && g.role == RESPONDER
			      ? STAGE_STDIN
			      : STAGE_DONE;
}

/*
 * Padding of a record that ends a stream. libfcgi stops reading at its header,
 * so the padding has to be out of the way before.
 */
static bool
pads_the_end(void)
{
	return g.have == HEADER_LEN && g.length == 0 && g.padding > 0;
}

static void
eat_padding(void)
{
	size_t run = g.to - g.from;

	run = run < g.padding ? run : g.padding;
	g.from += run;
	g.padding -= run;
}

/* One step: takes from `raw`, adds to out[*n]. */
static bool
step(char *out, size_t len, size_t *n)
{
	size_t run = g.to - g.from;

	if (g.have < HEADER_LEN) {
		g.header[g.have++] = g.raw[g.from++];
		return g.have < HEADER_LEN || check_header();
	}
	if (pads_the_end()) {
		eat_padding();
	} else if (g.given < HEADER_LEN) {
		out[(*n)++] = (char)g.header[g.given++];
	} else if (g.content > 0) {
		run = run < g.content ? run : g.content;
		run = run < len - *n ? run : len - *n;
		if (!check_content(g.raw + g.from, run))
			return false;
		memcpy(out + *n, g.raw + g.from, run);
		*n += run;
		g.from += run;
		g.content -= run;
	} else {
		eat_padding();
	}
	if (g.given == HEADER_LEN && g.content == 0 && g.padding == 0)
		end_record();
	return true;
}

/* Whether a step can be made with what is in `raw`. */
static bool
can_step(void)
{
	if (g.stage == STAGE_DONE)
		return false;
	return g.from < g.to || (g.have == HEADER_LEN && g.given < HEADER_LEN &&
				    !pads_the_end());
}

int
OS_Read(int fd, char *buf, size_t len)
{
	size_t n = 0;
	ssize_t got;

	g.was_asked = true;
	if (len > INT_MAX)
		len = INT_MAX;
	while (n == 0) {
		/* Nothing is read past the end: 0 would be waited for. */
		if (fd < 0 || fd != g.fd || len == 0 || g.refusal != NULL ||
		    g.stage == STAGE_DONE) {
			errno = EPROTO;
			return -1;
		}
		if (!can_step()) {
			got = read(fd, g.raw, sizeof(g.raw));
			if (got <= 0)
				return (int)got;
			came((size_t)got);
		}
		while (n < len && can_step())
			if (!step(buf, len, &n)) {
				explicit_bzero(buf, n);
				errno = EPROTO;
				return -1;
			}
	}
	return (int)n;
}
