/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/rsed_requests.c - what rsed makes of requests that rsectl would
 * not send, and of those of people who may not.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <time.h>

#include "tap.h"

#define SOCKET	"/run/rsed.sock"
#define GUEST	1000
#define RSE	60
#define MANY	40

static void
guest_become(void)
{
	gid_t groups[] = { GUEST, RSE };

	CHECK_EQ(setgroups(2, groups), 0);
	CHECK_EQ(setgid(GUEST), 0);
	CHECK_EQ(setuid(GUEST), 0);
}

static int
rsed_connect(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
		.sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	CHECK_EQ(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

/* What comes, up to its end or a newline; "" if rsed hung up. */
static const char *
answer(int fd)
{
	static char line[80];
	size_t n;

	for (n = 0; n < sizeof(line) - 1; n++)
		if (read(fd, line + n, 1) != 1 || line[n] == '\n')
			break;
	line[n] = '\0';
	return line;
}

static const char *
ask(const char *request, size_t len)
{
	const char *a;
	int fd = rsed_connect();

	CHECK_EQ(send(fd, request, len, MSG_NOSIGNAL), len);
	a = answer(fd);
	close(fd);
	return a;
}

static const char *
ask_ctl(const char *who, const char *lines)
{
	char request[600];

	return ask(request, (size_t)snprintf(request, sizeof(request),
	    "ctl %s %zu\n%s", who, strlen(lines), lines));
}

/* Is that a line of the braid's status? */
static int
status_has(const char *line)
{
	char text[4096];
	int fd = open("/dev/braid/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, line) != NULL;
}

static void
ctl(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY);

	CHECK_EQ(write(fd, line, strlen(line)), strlen(line));
	close(fd);
}

/* However the word is written: the device reads it, and knows who asks. */
static void
member_kills_no_torus(void)
{
	char padded[120];

	snprintf(padded, sizeof(padded), "%100s\n", "kill");
	guest_become();
	CHECK(strcmp(ask_ctl("1", "kill\n"), "error 1 1") == 0);
	CHECK(strcmp(ask_ctl("1", padded), "error 1 1") == 0);
	CHECK(strcmp(ask_ctl("1", "stop\n\t kill \r\n"), "error 1 2") == 0);
	CHECK(strcmp(ask_ctl("1", "kill"), "error 1 1") == 0);
	CHECK(status_has("torus1.state stopped\n"));
}

/* In a process of its own, so that we stay root. */
static void
as_guest(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		guest_become();
		fn();
		fflush(stdout);
		_exit(tap_bad != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void
guest_forgets(void)
{
	CHECK(strcmp(ask_ctl("1", "forget\n"), "error 1 1") == 0);
}

static void
member_forgets_no_torus(void)
{
	ctl("/dev/torus1/ctl", "kill\n");
	while (!status_has("torus1.state dead\n"))
		usleep(10000);
	as_guest(guest_forgets);
	CHECK(strcmp(ask_ctl("1", "forget\n"), "ok 0") == 0);
	ctl("/dev/braid/ctl", "reset\n");
}

static void
guest_builds(void)
{
	CHECK(strcmp(ask_ctl("braid", "stop\n"), "ok 0") == 0);
	CHECK(strcmp(ask_ctl("0", "spawn 1 2 3\n"), "ok 0") == 0);
	CHECK(strcmp(ask("save\n", 5), "ok 0") == 0);
}

/* What a member may do goes on being done, and by root afterwards too. */
static void
member_may_the_rest(void)
{
	as_guest(guest_builds);
	CHECK(strcmp(ask_ctl("0", "reset\n"), "ok 0") == 0);
	CHECK_EQ(access("/var/lib/rse/braid", F_OK), 0);
}

static void
others_may_look(void)
{
	CHECK_EQ(setgroups(0, NULL), 0);
	CHECK_EQ(setgid(65534), 0);
	CHECK_EQ(setuid(65534), 0);
	CHECK(strcmp(ask_ctl("0", "stop\n"), "error 1 0") == 0);
	CHECK(strcmp(ask("save\n", 5), "error 1 0") == 0);
	CHECK(strncmp(ask("status\n", 7), "ok ", 3) == 0);
}

static void
names_are_whole_words(void)
{
	CHECK(strcmp(ask_ctl("bogus", "stop\n"), "error 22 0") == 0);
	CHECK(strcmp(ask_ctl("3", "stop\n"), "error 22 0") == 0);
	CHECK(strcmp(ask_ctl("-1", "stop\n"), "error 22 0") == 0);
	CHECK(strcmp(ask_ctl("0x1", "stop\n"), "error 22 0") == 0);
	CHECK(strcmp(ask_ctl("2", "stop\n"), "ok 0") == 0);
}

/* It hangs up, and goes on. */
static void
garbage_is_dropped(void)
{
	static char zeros[100];

	CHECK(strcmp(ask(zeros, sizeof(zeros)), "") == 0);
	CHECK(strcmp(ask("dance\n", 6), "error 22 0") == 0);
	CHECK(strcmp(ask("ctl 0 99999999\n", 15), "") == 0);
	CHECK(strcmp(ask("ctl 0 -1\n", 9), "") == 0);
	CHECK(strncmp(ask("status\n", 7), "ok ", 3) == 0);
}

/* Those who connect and say nothing keep nobody out. */
static void
silent_ones_go(void)
{
	int i, first = rsed_connect();

	CHECK_EQ(send(first, "stat", 4, MSG_NOSIGNAL), 4);
	for (i = 0; i < MANY; i++)
		CHECK(rsed_connect() >= 0);
	CHECK(strncmp(ask("status\n", 7), "ok ", 3) == 0);
	CHECK(strcmp(answer(first), "") == 0);
}

/* Requests in pieces, and several at once. */
static void
pieces_and_heaps(void)
{
	int fd = rsed_connect();

	CHECK_EQ(send(fd, "ctl 0 ", 6, MSG_NOSIGNAL), 6);
	usleep(20000);
	CHECK_EQ(send(fd, "5\nsto", 5, MSG_NOSIGNAL), 5);
	usleep(20000);
	CHECK_EQ(send(fd, "p\nctl 1 5\nstop\nctl 2 5\nst", 25,
	    MSG_NOSIGNAL), 25);
	CHECK(strcmp(answer(fd), "ok 0") == 0);
	CHECK(strcmp(answer(fd), "ok 0") == 0);
	close(fd); /* in the middle of the third */
	CHECK(strncmp(ask("status\n", 7), "ok ", 3) == 0);
}

int
main(void)
{
	/* It would recover what is killed here. */
	CHECK_EQ(system("/etc/rc.d/rsed stop; rsectl reset; "
	    "sed 's/^recover.*/recover = no/' /etc/rse.conf >/tmp/rse.conf; "
	    "rsed -c /tmp/rse.conf"), 0);
	TAP_RUN(member_kills_no_torus);
	TAP_RUN(member_forgets_no_torus);
	TAP_RUN(member_may_the_rest);
	TAP_RUN(others_may_look);
	TAP_RUN(names_are_whole_words);
	TAP_RUN(garbage_is_dropped);
	TAP_RUN(silent_ones_go);
	TAP_RUN(pieces_and_heaps);
	CHECK_EQ(system("/etc/rc.d/rsed stop; /etc/rc.d/rsed start"), 0);
	return tap_end();
}
