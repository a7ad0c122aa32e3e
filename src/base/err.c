/* SPDX-License-Identifier: ISC */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

static const char *const names[] = {
#define X(name, text) #name,
    RG_ERRORS(X)
#undef X
};

static const char *const texts[] = {
#define X(name, text) text,
    RG_ERRORS(X)
#undef X
};

_Static_assert(sizeof(names) / sizeof(names[0]) == RG__MAX, "err names");
_Static_assert(sizeof(texts) / sizeof(texts[0]) == RG__MAX, "err texts");

const char *
err_name(enum rg_err code)
{
	if ((unsigned)code >= RG__MAX)
		return "RG_E_INTERNAL";
	return names[code];
}

const char *
err_text(enum rg_err code)
{
	if ((unsigned)code >= RG__MAX)
		return texts[RG_E_INTERNAL];
	return texts[code];
}

void
err_put(struct err *e, enum rg_err code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return;
	e->code = code;
	va_start(ap, fmt);
	if (vsnprintf(e->detail, sizeof(e->detail), fmt, ap) < 0)
		e->detail[0] = '\0';
	va_end(ap);
	/* Here, and by a precision in `fmt`, characters are cut in half. */
	text_mend(e->detail);
}

void
err_clear(struct err *e)
{
	if (e != NULL) {
		e->code = RG_OK;
		e->detail[0] = '\0';
	}
}
