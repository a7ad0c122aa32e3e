/* SPDX-License-Identifier: ISC */
/*
 * The least that a FastCGI program can do behind a web server: answers every
 * request with the same bytes. What rolegate adds is measured against it.
 *
 *   ceiling SOCKET WORKERS FILE
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcgiapp.h>

#define BODY_MAX 65536
#define BACKLOG 512

static char body[BODY_MAX];
static int body_len;

static void
serve(int fd)
{
	FCGX_Request req;

	if (FCGX_InitRequest(&req, fd, 0) != 0)
		return;
	while (FCGX_Accept_r(&req) == 0) {
		FCGX_FPrintF(req.out,
		    "Status: 200 OK\r\nContent-Type: application/json\r\n"
		    "Cache-Control: no-store\r\nContent-Length: %d\r\n\r\n",
		    body_len);
		FCGX_PutStr(body, body_len, req.out);
		FCGX_Finish_r(&req);
	}
}

int
main(int argc, char **argv)
{
	FILE *f;
	int fd, i, workers;

	if (argc != 4 || (workers = atoi(argv[2])) < 1 || workers > 64 ||
	    (f = fopen(argv[3], "rb")) == NULL) {
		(void)fputs("usage: ceiling SOCKET WORKERS FILE\n", stderr);
		return 2;
	}
	body_len = (int)fread(body, 1, sizeof(body), f);
	(void)fclose(f);
	if (FCGX_Init() != 0 || (fd = FCGX_OpenSocket(argv[1], BACKLOG)) < 0) {
		(void)fputs("ceiling: can't listen\n", stderr);
		return 1;
	}
	for (i = 1; i < workers; i++)
		if (fork() == 0)
			break;
	if (i == workers)
		(void)signal(SIGCHLD, SIG_IGN);
	serve(fd);
	return 0;
}
