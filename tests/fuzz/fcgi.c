/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a FastCGI connection, through the guard: what libfcgi would get
 * is a prefix of BEGIN, PARAMS and STDIN records of one request, unpadded.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgi/fcgi_guard.h"
#include "fuzz.h"

static void
check_passed(const uint8_t *p, size_t n)
{
	static const uint8_t order[] = {1, 4, 5};
	size_t stage = 0, len, params = 0;
	unsigned id = 0;

	for (; n >= 8; p += 8 + len, n -= 8 + len) {
		len = (size_t)p[4] << 8 | p[5];
		FUZZ_CHECK(stage < sizeof(order));
		FUZZ_CHECK(p[0] == 1 && p[1] == order[stage] && p[6] == 0);
		if (stage == 0)
			id = (unsigned)p[2] << 8 | p[3];
		FUZZ_CHECK(id != 0 && id == ((unsigned)p[2] << 8 | p[3]));
		FUZZ_CHECK(stage != 0 || len == 8);
		if (p[1] == 4)
			params += len;
		FUZZ_CHECK(params <= FCGI_GUARD_MAX_PARAMS);
		if (stage == 0 || len == 0)
			stage++;
		if (n < 8 + len)
			return;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t got[1 << 16];
	char part[97];
	size_t have = 0, n = size < 60000 ? size : 60000;
	int pair[2], r;

	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	FUZZ_CHECK(n == 0 || write(pair[0], data, n) == (ssize_t)n);
	FUZZ_CHECK(shutdown(pair[0], SHUT_WR) == 0);
	fcgi_guard_begin(pair[1]);
	while ((r = OS_Read(pair[1], part, sizeof(part))) > 0) {
		FUZZ_CHECK(have + (size_t)r <= sizeof(got));
		memcpy(got + have, part, (size_t)r);
		have += (size_t)r;
	}
	FUZZ_CHECK(r == 0 || errno == EPROTO);
	check_passed(got, have);
	fcgi_guard_end();
	(void)close(pair[0]);
	(void)close(pair[1]);
	return 0;
}
