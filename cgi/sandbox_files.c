/* SPDX-License-Identifier: ISC */
#include "cgi/sandbox_files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of Linux 6.2 and 6.10, which Debian 12's headers do not know. */
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                  \
	(READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |  \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE)
/* What makes sense for a file that is no folder. */
#define OF_FILES                                                               \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |        \
	    LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE)

/*
 * getaddrinfo(3), its modules, and certificates. Folders, because resolv.conf
 * is replaced while we run. What is not there is left out.
 */
static const char *const system_read[] = {"/etc", "/usr/lib", "/usr/lib64",
    "/lib", "/lib64", "/usr/share", "/usr/local/lib", "/usr/local/share",
    "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager",
    "/run/nscd", "/var/lib/sss", "/var/lib/ca-certificates", "/dev/urandom"};

struct rules {
	int fd;
	uint64_t handled; /* what this kernel knows of */
};

int
sandbox_files_version(void)
{
	long n = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return n < 0 ? 0 : (int)n;
}

static uint64_t
known(int version)
{
	uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (version >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		all |= FS_TRUNCATE;
	if (version >= 5)
		all |= FS_IOCTL_DEV;
	return all;
}

/* What is not there can't be opened either. */
static enum rg_err
allow(
    const struct rules *rules, const char *path, uint64_t access, struct err *e)
{
	struct landlock_path_beneath_attr rule = {0};
	enum rg_err r = RG_OK;
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return RG_OK;
	rule.allowed_access = access & rules->handled;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	if (syscall(SYS_landlock_add_rule, rules->fd,
		LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		r = err_set(
		    e, RG_E_CONF, "landlock: %s: %s", path, strerror(errno));
	(void)close(rule.parent_fd);
	return r;
}

/* The folder of a file, and that of what it is a link to. */
static enum rg_err
allow_around(
    const struct rules *rules, const char *file, uint64_t access, struct err *e)
{
	enum rg_err r = RG_E_NOMEM;
	char *copy = NULL, *real = NULL;

	if (file == NULL)
		return RG_OK;
	if ((copy = strdup(file)) == NULL)
		(void)err_set(e, r, "landlock: %s", file);
	else if ((r = allow(rules, dirname(copy), access, e)) == RG_OK &&
		 (real = realpath(file, NULL)) != NULL)
		r = allow(rules, dirname(real), access, e);
	free(copy);
	free(real);
	return r;
}

/* What they hold was read before, so it is no secret to whoever is in here. */
static enum rg_err
allow_settings(
    const struct rules *rules, const struct settings *s, struct err *e)
{
	enum rg_err r;
	size_t i, k;

	if ((r = allow_around(rules, s->database, WRITE, e)) != RG_OK ||
	    (r = allow_around(rules, s->key_file, READ, e)) != RG_OK ||
	    (r = allow_around(rules, s->path, READ, e)) != RG_OK)
		return r;
	for (i = 0; i < s->provider_count; i++) {
		const struct provider *p = &s->providers[i];

		if ((r = allow_around(rules, p->ca_file, READ, e)) != RG_OK)
			return r;
		for (k = 0; k < p->credential_count; k++)
			if (p->credentials[k].source[0] == '/' &&
			    (r = allow_around(rules, p->credentials[k].source,
				 READ, e)) != RG_OK)
				return r;
	}
	return RG_OK;
}

enum rg_err
sandbox_files(const struct settings *s, struct err *e)
{
	struct landlock_ruleset_attr attr = {0};
	struct rules rules = {-1, 0};
	enum rg_err r = RG_OK;
	size_t i;

	rules.handled = attr.handled_access_fs = known(sandbox_files_version());
	rules.fd =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules.fd < 0)
		return err_set(e, RG_E_CONF, "landlock: %s", strerror(errno));
	for (i = 0;
	     r == RG_OK && i < sizeof(system_read) / sizeof(system_read[0]);
	     i++)
		r = allow(&rules, system_read[i], READ, e);
	if (r == RG_OK)
		r = allow(&rules, "/dev/null", WRITE, e);
#ifdef RG_COVER_DIR /* a coverage build writes its counts at the end */
	if (r == RG_OK)
		r = allow(&rules, RG_COVER_DIR, WRITE, e);
#endif
	if (r == RG_OK)
		r = allow_settings(&rules, s, e);
	if (r == RG_OK && syscall(SYS_landlock_restrict_self, rules.fd, 0) != 0)
		r = err_set(e, RG_E_CONF, "landlock: %s", strerror(errno));
	(void)close(rules.fd);
	return r;
}
