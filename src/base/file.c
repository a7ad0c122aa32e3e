/* SPDX-License-Identifier: ISC */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHERS (S_IWGRP | S_IRWXO)

/* What a file must be before it is believed. */
enum trust {
	ANY,
	UNFORGED, /* only its owner can write it */
	SECRET
};

static enum rg_err
check_secret(const char *path, const struct stat *st, struct err *e)
{
	if ((st->st_mode & OTHERS) != 0)
		return err_set(e, RG_E_FILE_MODE,
		    "%s has mode %04o: others must not read it (chmod 600)",
		    path, (unsigned)(st->st_mode & 07777));
	if (st->st_uid == 0 || st->st_uid == geteuid())
		return RG_OK;
	/* What root made beside it would be closed to that user. */
	if (geteuid() == 0)
		return err_set(e, RG_E_FILE_MODE,
		    "%s belongs to uid %u: run this as that user, not as root "
		    "(sudo -u '#%u' ...)",
		    path, (unsigned)st->st_uid, (unsigned)st->st_uid);
	return err_set(e, RG_E_FILE_MODE,
	    "%s belongs to uid %u, which is neither root nor us", path,
	    (unsigned)st->st_uid);
}

static enum rg_err
read_all(int fd, const char *path, size_t max, struct buf *out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	char chunk[4096];
	size_t total = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = err_set(
			    e, RG_E_FILE, "%s: %s", path, strerror(errno));
			goto out;
		}
		if (n == 0)
			break;
		total += (size_t)n;
		if (total > max) {
			r = err_set(e, RG_E_TOO_LARGE,
			    "%s is larger than %zu bytes", path, max);
			goto out;
		}
		buf_put(out, chunk, (size_t)n);
	}
	r = buf_ok(out) ? RG_OK : err_set(e, RG_E_NOMEM, "reading %s", path);
out:
	explicit_bzero(chunk, sizeof(chunk));
	return r;
}

static enum rg_err
read_file(const char *path, enum trust trust, size_t max, struct buf *out,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct stat st;
	int fd;

	/* O_NONBLOCK: opening a FIFO by mistake must not hang. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0) {
		r = err_set(e, RG_E_FILE, "%s: %s", path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		r = err_set(e, RG_E_FILE, "%s is not a regular file", path);
		goto out;
	}
	if (trust == SECRET && (r = check_secret(path, &st, e)) != RG_OK)
		goto out;
	if (trust == UNFORGED && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		r = err_set(e, RG_E_FILE_MODE,
		    "%s has mode %04o: others must not write it (chmod go-w)",
		    path, (unsigned)(st.st_mode & 07777));
		goto out;
	}
	r = read_all(fd, path, max, out, e);
out:
	if (fd >= 0)
		(void)close(fd);
	return r;
}

enum rg_err
file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	return read_file(path, ANY, max, out, e);
}

enum rg_err
file_read_trusted(const char *path, size_t max, struct buf *out, struct err *e)
{
	return read_file(path, UNFORGED, max, out, e);
}

enum rg_err
file_read_secret(const char *path, size_t max, struct buf *out, struct err *e)
{
	enum rg_err r = read_file(path, SECRET, max, out, e);

	if (r == RG_OK && out->len > 0 && out->p[out->len - 1] == '\n')
		out->p[--out->len] = '\0';
	return r;
}

bool
file_write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

enum rg_err
file_create_secret(
    const char *path, const void *data, size_t len, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		r = err_set(e, errno == EEXIST ? RG_E_EXISTS : RG_E_FILE,
		    "%s: %s", path, strerror(errno));
		return r;
	}
	(void)fchmod(fd, 0600); /* a umask may have taken more away */
	if (!file_write_all(fd, data, len) || fsync(fd) != 0) {
		r = err_set(e, RG_E_FILE, "%s: %s", path, strerror(errno));
		(void)unlink(path); /* nothing half-written */
		goto out;
	}
	r = RG_OK;
out:
	(void)close(fd);
	return r;
}

/* As the one that it is to replace. */
static bool
make_alike(int fd, const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && fchmod(fd, st.st_mode & 0777) == 0 &&
	       fchown(fd, st.st_uid, st.st_gid) == 0;
}

static enum rg_err
put_in_place(const char *fresh, const char *real, const void *data, size_t len,
    struct err *e)
{
	enum rg_err r = RG_E_FILE;
	int fd;

	/* Of somebody who was interrupted. */
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0 && file_write_all(fd, data, len) && make_alike(fd, real) &&
	    fsync(fd) == 0 && rename(fresh, real) == 0)
		r = RG_OK;
	else
		(void)err_set(e, r, "%s: %s", fresh, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 && r != RG_OK)
		(void)unlink(fresh);
	return r;
}

enum rg_err
file_replace_secret(
    const char *path, const void *data, size_t len, struct err *e)
{
	enum rg_err r = RG_E_FILE;
	struct buf fresh = BUF_INIT;
	char *real = realpath(path, NULL), *folder = NULL;

	if (real == NULL)
		return err_set(e, r, "%s: %s", path, strerror(errno));
	buf_printf(&fresh, "%s.new", real);
	if (!buf_ok(&fresh) || (folder = strdup(real)) == NULL)
		r = err_set(e, RG_E_NOMEM, "replacing %s", path);
	else if ((r = put_in_place(buf_str(&fresh), real, data, len, e)) ==
		 RG_OK)
		r = file_sync_folder(dirname(folder), e);
	buf_clear(&fresh);
	free(folder);
	free(real);
	return r;
}

enum rg_err
file_sync_folder(const char *folder, struct err *e)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rg_err r = RG_OK;

	if (fd < 0 || fsync(fd) != 0)
		r = err_set(e, RG_E_FILE, "%s: %s", folder, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return r;
}
