/* SPDX-License-Identifier: ISC */
#include "base/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct slots {
	int fd;
	int count;
	int held; /* -1: none */
};

enum rg_err
slots_open(const char *path, int count, struct slots **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct slots *s = NULL;

	*out = NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(e, RG_E_NOMEM, "opening %s", path);
	s->held = -1;
	s->count = count;
	s->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->fd < 0) {
		r = err_set(e, RG_E_FILE, "%s: %s", path, strerror(errno));
		goto out;
	}
	*out = s;
	s = NULL;
	r = RG_OK;
out:
	slots_free(&s);
	return r;
}

void
slots_free(struct slots **sp)
{
	if (*sp == NULL)
		return;
	if ((*sp)->fd >= 0)
		(void)close((*sp)->fd);
	free(*sp);
	*sp = NULL;
}

static int
set_lock(struct slots *s, int slot, short type)
{
	struct flock lock = {0};

	lock.l_type = type;
	lock.l_whence = SEEK_SET;
	lock.l_start = slot;
	lock.l_len = 1;
	return fcntl(s->fd, F_OFD_SETLK, &lock);
}

enum rg_err
slots_take(struct slots *s)
{
	int i;

	for (i = 0; i < s->count; i++) {
		if (set_lock(s, i, F_WRLCK) == 0) {
			s->held = i;
			return RG_OK;
		}
	}
	return RG_E_OVERLOADED;
}

void
slots_give(struct slots *s)
{
	if (s->held >= 0)
		(void)set_lock(s, s->held, F_UNLCK);
	s->held = -1;
}
