/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/terminals.c - terminals, by way of a pseudo terminal: line
 * editing, raw reads, signals from keys, job control, sizes, hang-up.
 */
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>

#include "tap.h"

static int master, slave;
static volatile sig_atomic_t got_signal;

static void
on_signal(int signo)
{
	got_signal = signo;
}

static void
catch(int signo)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(signo, &sa, NULL);
}

static void
pty_open(void)
{
	master = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK(master >= 0);
	CHECK_EQ(grantpt(master), 0);
	CHECK_EQ(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(slave >= 0);
}

/* As a session leader with the slave as controlling terminal. */
static void
pty_own(void)
{
	pty_open();
	CHECK(setsid() == getpid() || errno == EPERM);
	CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
}

static void
flags(tcflag_t iflag, tcflag_t oflag, tcflag_t lflag)
{
	struct termios t;

	CHECK_EQ(tcgetattr(slave, &t), 0);
	t.c_iflag = iflag;
	t.c_oflag = oflag;
	t.c_lflag = lflag;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &t), 0);
}

static void
type(const char *s)
{
	CHECK_EQ(write(master, s, strlen(s)), strlen(s));
}

/* What fd gives within a moment, as a string. */
static const char *
heard(int fd)
{
	static char buf[1024];
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n = 0;

	if (poll(&p, 1, 2000) == 1)
		n = read(fd, buf, sizeof(buf) - 1);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static int
quiet(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 100) == 0;
}

static void
lines_are_edited(void)
{
	pty_open();
	flags(ICRNL | IUTF8, 0, ICANON | IEXTEN);
	type("unfinished");
	CHECK(quiet(slave));
	type(" line\r");
	CHECK_EQ(strcmp(heard(slave), "unfinished line\n"), 0);
	type("abX\177c\n");
	CHECK_EQ(strcmp(heard(slave), "abc\n"), 0);
	type("gone\025kept\n");
	CHECK_EQ(strcmp(heard(slave), "kept\n"), 0);
	type("one two\027\027 three\n");
	CHECK_EQ(strcmp(heard(slave), " three\n"), 0);
	type("\303\244\177b\n"); /* a two-byte character, erased whole */
	CHECK_EQ(strcmp(heard(slave), "b\n"), 0);
	type("a\026\004b\n"); /* ^V makes ^D literal */
	CHECK_EQ(strcmp(heard(slave), "a\004b\n"), 0);
}

static void
end_of_file_ends_a_read_once(void)
{
	char buf[16];

	pty_open();
	flags(0, 0, ICANON);
	type("abc\004");
	CHECK_EQ(read(slave, buf, sizeof(buf)), 3);
	type("\004");
	CHECK_EQ(read(slave, buf, sizeof(buf)), 0);
	type("x\n");
	CHECK_EQ(read(slave, buf, sizeof(buf)), 2);
	/* A buffer as long as the line does not leave the end behind. */
	type("abc\004d\n");
	CHECK_EQ(read(slave, buf, 3), 3);
	CHECK_EQ(read(slave, buf, sizeof(buf)), 2);
}

static void
a_line_is_read_in_pieces(void)
{
	char buf[8];

	pty_open();
	flags(0, 0, ICANON);
	type("0123456789\nnext\n");
	CHECK_EQ(read(slave, buf, 4), 4);
	CHECK_EQ(memcmp(buf, "0123", 4), 0);
	CHECK_EQ(read(slave, buf, 8), 7);
	CHECK_EQ(memcmp(buf, "456789\n", 7), 0);
	CHECK_EQ(strcmp(heard(slave), "next\n"), 0);
}

static void
echo_shows_what_is_typed(void)
{
	pty_open();
	flags(0, OPOST | ONLCR, ICANON | ECHO | ECHOE | ECHOK | ECHOCTL);
	type("ab");
	CHECK_EQ(strcmp(heard(master), "ab"), 0);
	type("\177");
	CHECK_EQ(strcmp(heard(master), "\b \b"), 0);
	type("\001");
	CHECK_EQ(strcmp(heard(master), "^A"), 0);
	type("\n");
	CHECK_EQ(strcmp(heard(master), "\r\n"), 0);
}

static void
output_is_processed(void)
{
	pty_open();
	flags(0, OPOST | ONLCR, 0);
	CHECK_EQ(write(slave, "a\nb\n", 4), 4);
	CHECK_EQ(strcmp(heard(master), "a\r\nb\r\n"), 0);
	flags(0, OPOST | TAB3, 0);
	CHECK_EQ(write(slave, "\rab\tc", 5), 5);
	CHECK_EQ(strcmp(heard(master), "\rab      c"), 0);
	flags(0, 0, 0);
	CHECK_EQ(write(slave, "a\n", 2), 2);
	CHECK_EQ(strcmp(heard(master), "a\n"), 0);
}

static void
raw(cc_t vmin, cc_t vtime)
{
	struct termios t;

	CHECK_EQ(tcgetattr(slave, &t), 0);
	cfmakeraw(&t);
	t.c_cc[VMIN] = vmin;
	t.c_cc[VTIME] = vtime;
	CHECK_EQ(tcsetattr(slave, TCSANOW, &t), 0);
}

static long
ms_since(const struct timespec *a)
{
	struct timespec b;

	clock_gettime(CLOCK_MONOTONIC, &b);
	return (b.tv_sec - a->tv_sec) * 1000 +
	    (b.tv_nsec - a->tv_nsec) / 1000000;
}

static void
raw_reads_follow_vmin_and_vtime(void)
{
	struct timespec t;
	char buf[8];

	pty_open();
	raw(0, 0);
	CHECK_EQ(read(slave, buf, 8), 0);
	raw(0, 2);
	clock_gettime(CLOCK_MONOTONIC, &t);
	CHECK_EQ(read(slave, buf, 8), 0);
	CHECK(ms_since(&t) >= 190);
	raw(3, 0);
	type("ab");
	CHECK(quiet(slave)); /* poll waits for VMIN as well */
	type("c");
	CHECK_EQ(read(slave, buf, 8), 3);
	raw(5, 1);
	type("xy");
	CHECK_EQ(read(slave, buf, 8), 2); /* the gap after y ends it */
}

static void
a_change_of_mode_keeps_input(void)
{
	pty_open();
	flags(0, 0, ICANON);
	type("no line end");
	CHECK(quiet(slave));
	raw(1, 0);
	CHECK_EQ(strcmp(heard(slave), "no line end"), 0);
}

static void
nonblocking_says_eagain(void)
{
	char buf[4];

	pty_open();
	flags(0, 0, ICANON);
	fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
	fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
	CHECK_ERR(read(slave, buf, 4), EAGAIN);
	CHECK_ERR(read(master, buf, 4), EAGAIN);
}

static void
keys_send_signals(void)
{
	pty_own();
	catch(SIGINT);
	catch(SIGQUIT);
	catch(SIGTSTP);
	flags(0, 0, ISIG | ICANON);
	type("lost\003");
	for (int i = 0; i < 100 && got_signal == 0; i++)
		usleep(10000);
	CHECK_EQ(got_signal, SIGINT);
	CHECK(quiet(slave)); /* ^C threw the line away */
	got_signal = 0;
	type("\034");
	for (int i = 0; i < 100 && got_signal == 0; i++)
		usleep(10000);
	CHECK_EQ(got_signal, SIGQUIT);
	got_signal = 0;
	type("\032");
	for (int i = 0; i < 100 && got_signal == 0; i++)
		usleep(10000);
	CHECK_EQ(got_signal, SIGTSTP);
}

static void
a_background_read_stops_the_job(void)
{
	char c;
	int status;
	pid_t pid;

	pty_own();
	flags(0, 0, ISIG | ICANON);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		_exit(read(slave, &c, 1) == 1 ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	CHECK_EQ(tcsetpgrp(slave, pid), 0);
	CHECK_EQ(tcgetpgrp(slave), pid);
	kill(pid, SIGCONT);
	type("k\n");
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK_EQ(tcgetsid(slave), getpid());
}

static void
an_ignored_sigttin_is_eio(void)
{
	int status;
	pid_t pid;
	char c;

	pty_own();
	pid = fork();
	if (pid == 0) {
		signal(SIGTTIN, SIG_IGN);
		setpgid(0, 0);
		_exit(read(slave, &c, 1) == -1 && errno == EIO ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void
a_new_size_is_told(void)
{
	struct winsize ws = { 50, 132, 0, 0 }, back;

	pty_own();
	catch(SIGWINCH);
	CHECK_EQ(ioctl(master, TIOCSWINSZ, &ws), 0);
	for (int i = 0; i < 100 && got_signal == 0; i++)
		usleep(10000);
	CHECK_EQ(got_signal, SIGWINCH);
	CHECK_EQ(ioctl(slave, TIOCGWINSZ, &back), 0);
	CHECK_EQ(back.ws_row, 50);
	CHECK_EQ(back.ws_col, 132);
}

static void
closing_the_master_hangs_up(void)
{
	char c;

	pty_own();
	catch(SIGHUP);
	close(master);
	for (int i = 0; i < 100 && got_signal == 0; i++)
		usleep(10000);
	CHECK_EQ(got_signal, SIGHUP);
	CHECK_EQ(read(slave, &c, 1), 0);
	CHECK_ERR(write(slave, "x", 1), EIO);
}

static void
closing_the_slave_ends_the_master(void)
{
	struct pollfd p;
	char buf[8];

	pty_open();
	flags(0, 0, 0);
	CHECK_EQ(write(slave, "last", 4), 4);
	close(slave);
	CHECK_EQ(read(master, buf, 8), 4);
	CHECK_ERR(read(master, buf, 8), EIO);
	p = (struct pollfd) { master, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK(p.revents & POLLHUP);
}

static void
a_long_paste_waits_for_the_reader(void)
{
	char chunk[1000], buf[1000];
	size_t got = 0;
	int status;
	pid_t pid;

	pty_open();
	raw(1, 0);
	memset(chunk, 'p', sizeof(chunk));
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 20; i++)
			if (write(master, chunk, sizeof(chunk)) !=
			    sizeof(chunk))
				_exit(1);
		_exit(0);
	}
	usleep(100000);
	while (got < 20000) {
		ssize_t n = read(slave, buf, sizeof(buf));

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	CHECK_EQ(got, 20000);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void
errors_are_as_documented(void)
{
	int null = open("/dev/null", O_RDWR), v, p[2];
	struct termios t;

	pty_open();
	CHECK_ERR(tcgetattr(null, &t), ENOTTY);
	CHECK_ERR(tcgetattr(-1, &t), EBADF);
	CHECK_ERR(ioctl(slave, TCGETS, (void *)8), EFAULT);
	CHECK_ERR(ioctl(slave, 0x54fe, &v), ENOTTY);
	CHECK_ERR(tcsetpgrp(slave, getpid()), ENOTTY);
	CHECK_ERR(ioctl(slave, TIOCGPTN, &v), ENOTTY);
	CHECK_EQ(ioctl(master, TIOCGPTN, &v), 0);
	CHECK_ERR(lseek(slave, 0, SEEK_SET), ESPIPE);
	CHECK_ERR(ioctl(slave, TCFLSH, 9), EINVAL);
	CHECK_EQ(isatty(slave), 1);
	CHECK_EQ(isatty(null), 0);
	CHECK_EQ(pipe(p), 0);
	v = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK_ERR(open(ptsname(v), O_RDWR | O_NOCTTY), EIO); /* locked */
	setsid();
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
}

int
main(void)
{
	TAP_RUN(lines_are_edited);
	TAP_RUN(end_of_file_ends_a_read_once);
	TAP_RUN(a_line_is_read_in_pieces);
	TAP_RUN(echo_shows_what_is_typed);
	TAP_RUN(output_is_processed);
	TAP_RUN(raw_reads_follow_vmin_and_vtime);
	TAP_RUN(a_change_of_mode_keeps_input);
	TAP_RUN(nonblocking_says_eagain);
	TAP_RUN(keys_send_signals);
	TAP_RUN(a_background_read_stops_the_job);
	TAP_RUN(an_ignored_sigttin_is_eio);
	TAP_RUN(a_new_size_is_told);
	TAP_RUN(closing_the_master_hangs_up);
	TAP_RUN(closing_the_slave_ends_the_master);
	TAP_RUN(a_long_paste_waits_for_the_reader);
	TAP_RUN(errors_are_as_documented);
	return tap_end();
}
