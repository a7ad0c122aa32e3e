/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "base/clock.h"
#include "cli/cli.h"

#define FAILURES_MAX 10 /* in a row: the provider is down, not one person */

int
cmd_maintain(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	int renewed = 0, failed = 0, row = 0, status;
	enum rg_err r = RG_OK;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	while (r != RG_E_NOT_FOUND && row < FAILURES_MAX) {
		cli->ctx.now = clock_now();
		r = gate_refresh_next(cli->gate, &cli->ctx);
		if (r == RG_OK) {
			renewed++;
			row = 0;
		} else if (r != RG_E_NOT_FOUND) {
			failed++;
			row++;
		}
	}
	if (cli->json)
		(void)cli_print_json_own(
		    json_pack("{s:i, s:i}", "done", renewed, "failed", failed));
	else
		(void)printf("sessions renewed or ended: %d, failed: %d\n",
		    renewed, failed);
	if (failed == 0)
		return CLI_OK;
	(void)err_set(&e, r == RG_E_NOT_FOUND ? RG_E_NET : r,
	    "%d sessions could not be renewed; see the log", failed);
	return cli_fail(e.code, &e);
}
