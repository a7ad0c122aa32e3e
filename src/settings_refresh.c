/* SPDX-License-Identifier: ISC */
/* What a [provider.NAME] section says of renewing claims. */
#include "settings_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define HOUR 3600

static bool
has_scope(const char *scope, const char *want)
{
	size_t n, len = strlen(want);

	while (*(scope += strspn(scope, " ")) != '\0') {
		n = strcspn(scope, " ");
		if (n == len && strncmp(scope, want, n) == 0)
			return true;
		scope += n;
	}
	return false;
}

void
settings_read_refresh(struct conf *c, const char *section, struct provider *p)
{
	static const char *const choices[] = {"off", "on", NULL};
	struct buf scope = BUF_INIT;

	p->refresh = conf_choice(c, section, "refresh", choices, 0) == 1;
	p->claims_max_age =
	    conf_seconds(c, section, "claims_max_age", HOUR, 60, 24L * HOUR);
	if (!p->refresh) {
		if (conf_has(c, section, "claims_max_age"))
			conf_fail(c, section, "claims_max_age",
			    "has no effect without refresh = on");
		return;
	}
	if (has_scope(p->scope, "offline_access"))
		return;
	buf_printf(&scope, "%s offline_access", p->scope);
	free(p->scope);
	p->scope = settings_dup(buf_str(&scope));
	buf_clear(&scope);
}
