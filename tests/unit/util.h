/* SPDX-License-Identifier: ISC */
/*
 * What tests of several rooms need: a folder of their own, files, processes.
 * To be included after <cmocka.h>.
 */
#ifndef RG_TESTS_UTIL_H
#define RG_TESTS_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define UTIL_NOBODY 65534
#define UTIL_PATH_MAX 256

/* Makes a fresh folder and stores its path. */
static inline void
util_folder(char out[static UTIL_PATH_MAX])
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(out, UTIL_PATH_MAX, "%s/rolegate-test-XXXXXX",
	    base == NULL || *base == '\0' ? "/tmp" : base);
	assert_non_null(mkdtemp(out));
}

static inline int
util_remove_one(
    const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

/* Removes the folder with all that is in it. */
static inline void
util_remove(const char *folder)
{
	(void)nftw(folder, util_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* "folder/name". */
static inline void
util_path(char out[static UTIL_PATH_MAX], const char *folder, const char *name)
{
	int n = snprintf(out, UTIL_PATH_MAX, "%s/%s", folder, name);

	assert_in_range(n, 1, UTIL_PATH_MAX - 1);
}

/* Makes or replaces a file of exactly this mode. */
static inline void
util_write(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static inline void
util_write_text(const char *path, const char *text, mode_t mode)
{
	util_write(path, text, strlen(text), mode);
}

static inline mode_t
util_mode(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/*
 * Work of a child process: what it returns (0 to 254) is its exit status. It
 * must not use cmocka's assertions, which would return into the parent's code.
 */
typedef int util_fn(void *ctx);

#ifdef RG_COVER_DIR
void __gcov_dump(void); /* _exit(2) would lose what has run in the child */
#endif

static inline pid_t
util_start(util_fn *fn, void *ctx)
{
	pid_t pid;
	int status;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		status = fn(ctx);
#ifdef RG_COVER_DIR
		__gcov_dump();
#endif
		_exit(status);
	}
	return pid;
}

/* The exit status, or 255 for another end. */
static inline int
util_end(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static inline int
util_child(util_fn *fn, void *ctx)
{
	return util_end(util_start(fn, ctx));
}

/* For a child: from now on without root's powers. False if it can't. */
static inline bool
util_drop_root(void)
{
	if (geteuid() != 0)
		return true;
	return setgroups(0, NULL) == 0 &&
	       setresgid(UTIL_NOBODY, UTIL_NOBODY, UTIL_NOBODY) == 0 &&
	       setresuid(UTIL_NOBODY, UTIL_NOBODY, UTIL_NOBODY) == 0;
}

/* Gives a file or folder to whom util_drop_root() makes us. */
static inline void
util_give(const char *path)
{
	if (geteuid() == 0)
		assert_int_equal(chown(path, UTIL_NOBODY, UTIL_NOBODY), 0);
}

/*
 * Runs `fn` in `n` processes that wait for each other before they start; sums
 * up what they return in total[status].
 */
struct util_racer {
	util_fn *fn;
	void *ctx;
	int gate[2];
};

static inline int
util_racer_main(void *ctx)
{
	struct util_racer *r = ctx;
	char c;

	(void)close(r->gate[1]);
	while (read(r->gate[0], &c, 1) < 0 && errno == EINTR)
		continue;
	return r->fn(r->ctx);
}

static inline void
util_race(int n, util_fn *fn, void *ctx, int total[static 256])
{
	struct util_racer r = {fn, ctx, {-1, -1}};
	pid_t pids[64];
	int i;

	assert_in_range(n, 1, 64);
	memset(total, 0, 256 * sizeof(*total));
	assert_int_equal(pipe(r.gate), 0);
	for (i = 0; i < n; i++)
		pids[i] = util_start(util_racer_main, &r);
	(void)close(r.gate[0]);
	(void)close(r.gate[1]); /* off they go */
	for (i = 0; i < n; i++)
		total[util_end(pids[i])]++;
}

#endif
