/* SPDX-License-Identifier: ISC */
/* The key file: read, made, and its keys replaced. */
#include "base/seal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/b64url.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"

#define FILE_MAX 4096
#define UNTIL_DIGITS 12

struct seal_rotation {
	char *path;
	struct seal_keys *keys;
	int lock; /* the folder, since the file itself is replaced */
};

static enum rg_err
put_key(struct seal_keys *keys, size_t at, const char *text)
{
	enum rg_err r = RG_E_CONF;
	uint8_t raw[B64URL_DEC_LEN(RANDOM_TOKEN_LEN)], digest[HASH_LEN];
	size_t n;

	if (b64url_decode(text, RANDOM_TOKEN_LEN, raw, &n) == RG_OK &&
	    n == SEAL_KEY_LEN &&
	    (r = hash_sha256(raw, SEAL_KEY_LEN, digest)) == RG_OK) {
		memcpy(keys->k[at].id, digest, SEAL_ID_LEN);
		memcpy(keys->k[at].key, raw, SEAL_KEY_LEN);
		keys->k[at].until = 0;
	}
	explicit_bzero(raw, sizeof(raw));
	return r;
}

/* " 1796009999" behind a key; nothing is 0, -1 is wrong. */
static int64_t
read_until(const char *p, size_t len)
{
	int64_t until = 0;
	size_t i;

	if (len == 0)
		return 0;
	if (p[0] != ' ' || len < 2 || len > 1 + UNTIL_DIGITS)
		return -1;
	for (i = 1; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		until = until * 10 + (p[i] - '0');
	}
	return until == 0 ? -1 : until;
}

/* One whose time is over takes no room. */
static enum rg_err
add_line(struct seal_keys *keys, const char *line, size_t len, int64_t now)
{
	enum rg_err r;
	size_t n = keys->count;
	int64_t until;

	if (len < RANDOM_TOKEN_LEN || n == SEAL_MAX_KEYS ||
	    (until = read_until(
		 line + RANDOM_TOKEN_LEN, len - RANDOM_TOKEN_LEN)) < 0 ||
	    (n == 0 && until != 0))
		return RG_E_CONF;
	if ((r = put_key(keys, n, line)) != RG_OK)
		return r;
	keys->k[n].until = until;
	if (until == 0 || now < until)
		keys->count++;
	else
		explicit_bzero(&keys->k[n], sizeof(keys->k[n]));
	return RG_OK;
}

static enum rg_err
parse(const char *path, const char *text, struct seal_keys *keys, struct err *e)
{
	int64_t now = clock_now();
	enum rg_err r;
	const char *p;
	size_t len;

	for (p = text; *p != '\0'; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		if ((r = add_line(keys, p, len, now)) == RG_E_NOMEM)
			return err_set(e, r, "reading %s", path);
		if (r != RG_OK)
			return err_set(e, r,
			    "%s: expected 1 to %d lines of 43 base64url "
			    "characters (32 random bytes), with a time behind "
			    "those that end",
			    path, SEAL_MAX_KEYS);
	}
	if (keys->count == 0)
		return err_set(e, RG_E_CONF, "%s holds no key", path);
	return RG_OK;
}

enum rg_err
seal_keys_load(const char *path, struct seal_keys **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf text = BUF_INIT;
	struct seal_keys *keys = NULL;

	*out = NULL;
	if ((keys = calloc(1, sizeof(*keys))) == NULL) {
		r = err_set(e, RG_E_NOMEM, "reading %s", path);
		goto out;
	}
	/* Before it is read: one that comes between is read again. */
	if (stat(path, &keys->file) != 0) {
		r = err_set(e, RG_E_FILE, "%s: %s%s", path, strerror(errno),
		    errno == ENOENT ? " (rolegatectl init makes it)" : "");
		goto out;
	}
	if ((r = file_read_secret(path, FILE_MAX, &text, e)) != RG_OK ||
	    (r = parse(path, buf_str(&text), keys, e)) != RG_OK)
		goto out;
	*out = keys;
	keys = NULL;
	r = RG_OK;
out:
	buf_clear(&text);
	seal_keys_free(&keys);
	return r;
}

bool
seal_keys_are_of(const struct seal_keys *keys, const char *path)
{
	const struct stat *was = &keys->file;
	struct stat is;

	return stat(path, &is) == 0 && is.st_dev == was->st_dev &&
	       is.st_ino == was->st_ino && is.st_size == was->st_size &&
	       is.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	       is.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

void
seal_keys_free(struct seal_keys **keys)
{
	if (*keys != NULL)
		explicit_bzero(*keys, sizeof(**keys));
	free(*keys);
	*keys = NULL;
}

enum rg_err
seal_keys_create(const char *path, struct err *e)
{
	enum rg_err r;
	char text[RANDOM_TOKEN_LEN + 1];

	random_token(text);
	text[RANDOM_TOKEN_LEN] = '\n';
	r = file_create_secret(path, text, sizeof(text), e);
	explicit_bzero(text, sizeof(text));
	return r;
}

/* The lock goes with the process, however that ends. */
static enum rg_err
lock_folder(struct seal_rotation *t, struct err *e)
{
	enum rg_err r = RG_E_FILE;
	char *real = realpath(t->path, NULL);

	if (real == NULL)
		return err_set(e, r, "%s: %s", t->path, strerror(errno));
	t->lock = open(dirname(real), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->lock >= 0 && flock(t->lock, LOCK_EX | LOCK_NB) == 0)
		r = RG_OK;
	else if (errno == EWOULDBLOCK)
		r = err_set(e, RG_E_EXISTS, "%s: another one replaces its keys",
		    t->path);
	else
		(void)err_set(e, r, "%s: %s", t->path, strerror(errno));
	free(real);
	return r;
}

enum rg_err
seal_rotation_begin(const char *path, struct seal_rotation **out, struct err *e)
{
	enum rg_err r = RG_E_NOMEM;
	struct seal_rotation *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (t != NULL)
		t->lock = -1;
	if (t == NULL || (t->path = strdup(path)) == NULL) {
		(void)err_set(e, r, "replacing the keys");
		goto out;
	}
	if ((r = lock_folder(t, e)) != RG_OK ||
	    (r = seal_keys_load(path, &t->keys, e)) != RG_OK)
		goto out;
	*out = t;
	t = NULL;
out:
	seal_rotation_free(&t);
	return r;
}

static enum rg_err
write_keys(struct seal_rotation *t, struct err *e)
{
	enum rg_err r;
	struct buf text = BUF_INIT;
	char key[B64URL_ENC_LEN(SEAL_KEY_LEN) + 1];
	size_t i;

	for (i = 0; i < t->keys->count; i++) {
		b64url_encode(t->keys->k[i].key, SEAL_KEY_LEN, key);
		buf_puts(&text, key);
		if (t->keys->k[i].until != 0)
			buf_printf(
			    &text, " %lld", (long long)t->keys->k[i].until);
		buf_putc(&text, '\n');
	}
	explicit_bzero(key, sizeof(key));
	r = buf_ok(&text)
		? file_replace_secret(t->path, buf_str(&text), text.len, e)
		: err_set(e, RG_E_NOMEM, "replacing the keys");
	buf_clear(&text);
	return r;
}

enum rg_err
seal_rotation_add(struct seal_rotation *t, struct err *e)
{
	char fresh[RANDOM_TOKEN_LEN + 1];
	enum rg_err r;

	memmove(&t->keys->k[1], &t->keys->k[0],
	    t->keys->count * sizeof(t->keys->k[0]));
	random_token(fresh);
	r = put_key(t->keys, 0, fresh);
	explicit_bzero(fresh, sizeof(fresh));
	t->keys->count++;
	return r == RG_OK ? write_keys(t, e) : err_set(e, r, "making a key");
}

enum rg_err
seal_rotation_drop_others(struct seal_rotation *t, int64_t until, struct err *e)
{
	size_t i;

	if (until == 0)
		t->keys->count = 1;
	for (i = 1; i < t->keys->count; i++)
		if (t->keys->k[i].until == 0 || t->keys->k[i].until > until)
			t->keys->k[i].until = until;
	return write_keys(t, e);
}

bool
seal_rotation_is_full(const struct seal_rotation *t)
{
	return t->keys->count == SEAL_MAX_KEYS;
}

int64_t
seal_rotation_oldest_until(const struct seal_rotation *t)
{
	return t->keys->k[t->keys->count - 1].until;
}

void
seal_rotation_forget_oldest(struct seal_rotation *t)
{
	size_t last = t->keys->count - 1;

	explicit_bzero(&t->keys->k[last], sizeof(t->keys->k[last]));
	t->keys->count = last;
}

const struct seal_keys *
seal_rotation_keys(const struct seal_rotation *t)
{
	return t->keys;
}

void
seal_rotation_free(struct seal_rotation **tp)
{
	struct seal_rotation *t = *tp;

	if (t == NULL)
		return;
	seal_keys_free(&t->keys);
	if (t->lock >= 0)
		(void)close(t->lock);
	free(t->path);
	free(t);
	*tp = NULL;
}
