/* SPDX-License-Identifier: ISC */
/*
 * Each read and write of the database and of connections fails in turn; see
 * gate_faults.h.
 */
/* Fortified, recv() is an inline function, which clang finds beside ours. */
#undef _FORTIFY_SOURCE

#include <errno.h>
#include <fcntl.h>

#include "gate_faults.h"

/* SQLite's doors to the system, by its own hooks (sqlite3_vfs). */
static ssize_t
bad_pwrite(int fd, const void *p, size_t n, off64_t at)
{
	if (!fault_now())
		return pwrite64(fd, p, n, at);
	/* half of it, as a full disk does */
	if (n > 1 && pwrite64(fd, p, n / 2, at) < 0)
		return -1;
	errno = ENOSPC;
	return -1;
}

static ssize_t
bad_pread(int fd, void *p, size_t n, off64_t at)
{
	if (!fault_now())
		return pread64(fd, p, n, at);
	errno = EIO;
	return -1;
}

static int
bad_truncate(int fd, off64_t size)
{
	if (!fault_now())
		return ftruncate64(fd, size);
	errno = EIO;
	return -1;
}

static void
hook_sqlite(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	assert_non_null(vfs);
	(void)vfs->xSetSystemCall(
	    vfs, "pwrite64", (sqlite3_syscall_ptr)bad_pwrite);
	(void)vfs->xSetSystemCall(
	    vfs, "pwrite", (sqlite3_syscall_ptr)bad_pwrite);
	(void)vfs->xSetSystemCall(
	    vfs, "pread64", (sqlite3_syscall_ptr)bad_pread);
	(void)vfs->xSetSystemCall(vfs, "pread", (sqlite3_syscall_ptr)bad_pread);
	(void)vfs->xSetSystemCall(
	    vfs, "ftruncate", (sqlite3_syscall_ptr)bad_truncate);
}

/* libcurl's; a program's own function comes before the library's. */
ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	if (!fault_now())
		return sendto(fd, p, n, flags, NULL, 0);
	errno = EPIPE;
	return -1;
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	if (!fault_now())
		return recvfrom(fd, p, n, flags, NULL, NULL);
	errno = ECONNRESET;
	return -1;
}

static void
test_one_transfer(void **state)
{
	with_world(state, false);
}

static void
test_broken_for_good(void **state)
{
	with_world(state, true);
}

static int
set_up(void **state)
{
	hook_sqlite();
	return op_make_keys(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OP_TEST(test_one_transfer),
	    OP_TEST(test_broken_for_good),
	};

	return cmocka_run_group_tests(tests, set_up, op_free_keys);
}
