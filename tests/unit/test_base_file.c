/* SPDX-License-Identifier: ISC */
#include "base/file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "util.h"

struct files {
	char folder[UTIL_PATH_MAX];
	char path[UTIL_PATH_MAX];
};

static int
setup(void **state)
{
	static struct files f;

	util_folder(f.folder);
	util_path(f.path, f.folder, "file");
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct files *f = *state;

	util_remove(f->folder);
	return 0;
}

/* Reads; the detail of a refusal must name the path and not the contents. */
static enum rg_err
try_read(const char *path, bool secret, size_t max, const char *want)
{
	struct buf out = BUF_INIT;
	struct err e = {RG_OK, ""};
	enum rg_err r;

	r = secret ? file_read_secret(path, max, &out, &e)
		   : file_read(path, max, &out, &e);
	if (r == RG_OK && want != NULL)
		assert_string_equal(buf_str(&out), want);
	if (r != RG_OK) {
		assert_int_equal(e.code, r);
		assert_non_null(strstr(e.detail, path));
		assert_null(strstr(e.detail, "s3cret"));
	}
	buf_clear(&out);
	return r;
}

static void
test_refused(void **state)
{
	struct files *f = *state;
	char other[UTIL_PATH_MAX];

	assert_int_equal(try_read("/no/such/file", false, 10, NULL), RG_E_FILE);
	assert_int_equal(try_read("/no/such/file", true, 10, NULL), RG_E_FILE);
	assert_int_equal(try_read(f->folder, false, 10, NULL), RG_E_FILE);
	assert_int_equal(try_read("/dev/null", false, 10, NULL), RG_E_FILE);
	/* a FIFO must not make us wait for a writer */
	util_path(other, f->folder, "fifo");
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_int_equal(try_read(other, true, 10, NULL), RG_E_FILE);
	util_write_text(f->path, "12345", 0600);
	assert_int_equal(try_read(f->path, false, 4, NULL), RG_E_TOO_LARGE);
	assert_int_equal(try_read(f->path, false, 5, "12345"), RG_OK);
	assert_int_equal(try_read(f->path, false, 0, NULL), RG_E_TOO_LARGE);
}

static void
test_secret_modes(void **state)
{
	struct files *f = *state;
	static const mode_t bad[] = {
	    0644, 0604, 0602, 0601, 0620, 0660, 0666, 0777, 04604};
	static const mode_t good[] = {0600, 0640, 0400, 0440, 0700};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		util_write_text(f->path, "s3cret", bad[i]);
		assert_int_equal(
		    try_read(f->path, true, 100, NULL), RG_E_FILE_MODE);
		assert_int_equal(
		    try_read(f->path, false, 100, "s3cret"), RG_OK);
		assert_int_equal(chmod(f->path, 0600), 0);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		util_write_text(f->path, "s3cret", good[i]);
		assert_int_equal(try_read(f->path, true, 100, "s3cret"), RG_OK);
		assert_int_equal(chmod(f->path, 0600), 0);
	}
}

static void
test_secret_of_somebody_else(void **state)
{
	struct files *f = *state;
	struct buf out = BUF_INIT;
	struct err e = {RG_OK, ""};

	if (geteuid() != 0)
		skip();
	util_write_text(f->path, "s3cret", 0600);
	assert_int_equal(chown(f->path, 4711, 0), 0);
	assert_int_equal(try_read(f->path, true, 100, NULL), RG_E_FILE_MODE);
	/* Root is told who may: it would make files that are closed to them. */
	assert_int_equal(
	    file_read_secret(f->path, 100, &out, &e), RG_E_FILE_MODE);
	assert_non_null(strstr(e.detail, "sudo -u '#4711'"));
}

static int
read_unprivileged(void *ctx)
{
	struct buf out = BUF_INIT;
	enum rg_err r;

	if (!util_drop_root())
		return 254;
	r = file_read_secret(ctx, 100, &out, NULL);
	buf_clear(&out);
	return (int)r;
}

/* Root's file that root lets our group read is the usual way of systemd. */
static void
test_secret_of_root(void **state)
{
	struct files *f = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(f->folder, 0755), 0);
	util_write_text(f->path, "s3cret", 0600);
	assert_int_equal(util_child(read_unprivileged, f->path), RG_E_FILE);
	assert_int_equal(chmod(f->path, 0640), 0);
	assert_int_equal(chown(f->path, 0, UTIL_NOBODY), 0);
	assert_int_equal(util_child(read_unprivileged, f->path), RG_OK);
}

static void
test_one_newline_is_dropped(void **state)
{
	struct files *f = *state;
	struct buf out = BUF_INIT;

	util_write_text(f->path, "s3cret\n", 0600);
	assert_int_equal(try_read(f->path, true, 100, "s3cret"), RG_OK);
	assert_int_equal(try_read(f->path, false, 100, "s3cret\n"), RG_OK);
	util_write_text(f->path, "s3cret\n\n", 0600);
	assert_int_equal(try_read(f->path, true, 100, "s3cret\n"), RG_OK);
	util_write_text(f->path, "\n", 0600);
	assert_int_equal(try_read(f->path, true, 100, ""), RG_OK);
	util_write_text(f->path, "", 0600);
	assert_int_equal(try_read(f->path, true, 100, ""), RG_OK);
	util_write(f->path, "a\0b", 3, 0600);
	assert_int_equal(file_read_secret(f->path, 9, &out, NULL), RG_OK);
	assert_int_equal(out.len, 3);
	buf_clear(&out);
}

static void
test_large(void **state)
{
	struct files *f = *state;
	struct buf out = BUF_INIT;
	char *data = test_malloc(100000);
	size_t i;

	for (i = 0; i < 100000; i++)
		data[i] = (char)('a' + i % 23);
	util_write(f->path, data, 100000, 0600);
	buf_puts(&out, "before:");
	assert_int_equal(file_read(f->path, 100000, &out, NULL), RG_OK);
	assert_int_equal(out.len, 100007);
	assert_memory_equal(out.p + 7, data, 100000);
	buf_clear(&out);
	test_free(data);
}

static void
test_create(void **state)
{
	struct files *f = *state;
	struct err e = {RG_OK, ""};
	char other[UTIL_PATH_MAX];
	mode_t mask = umask(0);

	assert_int_equal(file_create_secret(f->path, "a\0b", 3, &e), RG_OK);
	assert_int_equal(util_mode(f->path), 0600);
	assert_int_equal(
	    file_create_secret(f->path, "other", 5, &e), RG_E_EXISTS);
	assert_non_null(strstr(e.detail, f->path));
	assert_int_equal(unlink(f->path), 0);
	(void)umask(0777);
	assert_int_equal(file_create_secret(f->path, "x", 1, &e), RG_OK);
	(void)umask(mask);
	assert_int_equal(util_mode(f->path), 0600);
	assert_int_equal(try_read(f->path, true, 9, "x"), RG_OK);
	/* nor through a link that somebody put there */
	util_path(other, f->folder, "link");
	assert_int_equal(symlink("/tmp/rolegate-no-such-file", other), 0);
	assert_int_equal(file_create_secret(other, "x", 1, &e), RG_E_EXISTS);
	util_path(other, f->folder, "no/such");
	assert_int_equal(file_create_secret(other, "x", 1, &e), RG_E_FILE);
}

static int
create_full(void *ctx)
{
	struct rlimit was, limit;
	struct err e = {RG_OK, ""};
	enum rg_err r;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &was) != 0)
		return 254;
	limit = was;
	limit.rlim_cur = 5;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 254;
	r = file_create_secret(ctx, "0123456789", 10, &e);
	/* The counts of a coverage build need room. */
	return setrlimit(RLIMIT_FSIZE, &was) == 0 ? (int)r : 254;
}

/* When there is no room for all of it nothing stays. */
static void
test_create_full(void **state)
{
	struct files *f = *state;

	assert_int_equal(util_child(create_full, f->path), RG_E_FILE);
	assert_int_not_equal(access(f->path, F_OK), 0);
}

#define file_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    file_test(test_refused),
	    file_test(test_secret_modes),
	    file_test(test_secret_of_somebody_else),
	    file_test(test_secret_of_root),
	    file_test(test_one_newline_is_dropped),
	    file_test(test_large),
	    file_test(test_create),
	    file_test(test_create_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
