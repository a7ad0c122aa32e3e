/* SPDX-License-Identifier: ISC */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define BAR 40	      /* characters */
#define SHORT_MS 2000 /* no bar for what is done that fast, */
#define FEW 10000     /* unless there is that much to do */

void
progress_begin(struct progress *p, const char *what)
{
	*p = (struct progress){what, clock_mono_ms(), false};
}

void
progress_show(void *progress, int64_t done, int64_t total)
{
	struct progress *p = progress;
	int64_t i, n = total > 0 ? done * BAR / total : BAR;

	if (isatty(STDERR_FILENO) != 1 ||
	    (total < FEW && clock_mono_ms() - p->began < SHORT_MS))
		return;
	p->shown = true;
	(void)fputs("\r[", stderr);
	for (i = 0; i < BAR; i++)
		(void)fputc(i < n ? '#' : ' ', stderr);
	(void)fprintf(stderr, "] %lld of %lld %s", (long long)done,
	    (long long)total, p->what);
}

void
progress_hide(struct progress *p)
{
	if (p->shown)
		(void)fputs("\r\033[K", stderr);
	p->shown = false;
}
