/* SPDX-License-Identifier: ISC */
/* What the files of rolegatectl doctor share. */
#ifndef RG_CLI_DOCTOR_H
#define RG_CLI_DOCTOR_H

#include "cli/cli.h"

enum finding {
	FINDING_OK,
	FINDING_WARN,
	FINDING_FAIL
};

struct doctor {
	struct cli *cli;
	json_t *list; /* of --json, else NULL */
	bool colour;
	int failed;
	bool lost; /* a finding did not fit into memory */
};

/* One check is done: `what` is its name, the text says what to do. */
void doctor_report(struct doctor *, enum finding, const char *what,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Asks the provider, looks at its section and says what to register there. */
void doctor_provider(struct doctor *, const struct provider *);

/* What was in the last ID tokens of a provider, of what its mappings need. */
void doctor_tokens(struct doctor *, const struct provider *);

/* Whether Graph tells, and the groups that mappings mention are there. */
void doctor_groups(struct doctor *, const struct provider *);

/* Mappings that can never match, and whether anybody can administer. */
void doctor_mappings(struct doctor *);

#endif
