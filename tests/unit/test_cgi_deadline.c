/* SPDX-License-Identifier: ISC */
#include "cgi/deadline.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "cgi/slow.h"

#define SOON_MS 40
#define FAR_MS 60000

static int pair[2];

static int
set_up(void **state)
{
	(void)state;
	deadline_init();
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int
tear_down(void **state)
{
	static const struct itimerval off = {{0, 0}, {0, 0}};

	(void)state;
	(void)deadline_stop();
	(void)close(pair[0]);
	(void)close(pair[1]);
	return setitimer(ITIMER_REAL, &off, NULL);
}

/* The end of the connection shows at once; otherwise `ms` pass in vain. */
static bool
is_cut(int ms)
{
	struct pollfd p = {.fd = pair[1], .events = POLLIN};
	int64_t until = clock_mono_ms() + ms, left;
	int n;

	do {
		left = until - clock_mono_ms();
		n = poll(&p, 1, left < 0 ? 0 : (int)left);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

/* In milliseconds, rounded; 0 when no alarm is under way. */
static long
alarm_left(void)
{
	struct itimerval t;

	assert_int_equal(getitimer(ITIMER_REAL, &t), 0);
	return t.it_value.tv_sec * 1000 + (t.it_value.tv_usec + 999) / 1000;
}

static void
test_cuts(void **state)
{
	(void)state;
	deadline_start(pair[0], SOON_MS);
	assert_true(is_cut(FAR_MS));
}

/* The alarm of the one before must neither cut this one nor be the last. */
static void
test_earlier_alarm(void **state)
{
	int64_t until = clock_mono_ms() + FAR_MS;

	(void)state;
	deadline_start(pair[0], SOON_MS);
	(void)deadline_stop();
	deadline_start(pair[0], FAR_MS);
	while (alarm_left() <= SOON_MS && clock_mono_ms() < until)
		(void)poll(NULL, 0, 5);
	assert_true(alarm_left() > SOON_MS);
	assert_false(is_cut(0));
}

static void
test_sooner_than_the_alarm(void **state)
{
	(void)state;
	deadline_start(pair[0], FAR_MS);
	(void)deadline_stop();
	deadline_start(pair[0], SOON_MS);
	assert_true(is_cut(FAR_MS / 2));
}

static void
test_nothing_guarded(void **state)
{
	int64_t until = clock_mono_ms() + FAR_MS;

	(void)state;
	deadline_start(pair[0], SOON_MS);
	(void)deadline_stop();
	while (alarm_left() > 0 && clock_mono_ms() < until)
		(void)poll(NULL, 0, 5);
	assert_int_equal(alarm_left(), 0);
	assert_false(is_cut(0));
	/* And it is set again when it is needed. */
	deadline_start(pair[0], SOON_MS);
	assert_true(is_cut(FAR_MS));
}

/* One that arrives slowly gives way, but only to somebody. */
static void
test_gives_way(void **state)
{
	int door[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, door), 0);
	assert_true(slow_open(1)); /* no places */
	slow_watch(-1, door[0]);
	deadline_start_arrival(pair[0], FAR_MS);
	assert_false(is_cut(2 * DEADLINE_PATIENCE_MS));
	assert_int_equal(write(door[1], "x", 1), 1);
	assert_true(is_cut(FAR_MS / 2));
	assert_true(deadline_stop());
	slow_watch(-1, -1);
	(void)close(door[0]);
	(void)close(door[1]);
}

/* Half of the processes may keep theirs; and who sends answers gives nothing.
 */
static void
test_keeps_its_place(void **state)
{
	int door[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, door), 0);
	assert_int_equal(write(door[1], "x", 1), 1);
	slow_watch(door[0], -1);
	assert_true(slow_open(2));
	deadline_start_arrival(pair[0], FAR_MS);
	assert_false(is_cut(2 * DEADLINE_PATIENCE_MS));
	assert_true(slow_has_place());
	assert_false(deadline_stop());
	assert_false(slow_has_place());
	assert_true(slow_open(1));
	deadline_start(pair[0], FAR_MS);
	assert_false(is_cut(2 * DEADLINE_PATIENCE_MS));
	assert_false(deadline_stop());
	slow_watch(-1, -1);
	(void)close(door[0]);
	(void)close(door[1]);
}

/* What this is for: many requests, one system call. */
static void
test_alarm_stays(void **state)
{
	long left;
	int i;

	(void)state;
	deadline_start(pair[0], FAR_MS);
	left = alarm_left();
	for (i = 0; i < 100; i++) {
		deadline_stop();
		(void)poll(NULL, 0, 1);
		deadline_start(pair[0], FAR_MS);
	}
	assert_true(alarm_left() <= left - 100);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_cuts),
	    T(test_earlier_alarm),
	    T(test_sooner_than_the_alarm),
	    T(test_nothing_guarded),
	    T(test_gives_way),
	    T(test_keeps_its_place),
	    T(test_alarm_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
