/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/talk.c - requests, through rsed or straight to the device.
 *
 * Words for ctl go to rsed, which saves before it starts and knows who may;
 * with -d, or when no rsed answers, they go to the device, which knows too.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rsectl.h"

#define CHUNK_MOST (32u << 10) /* rsed takes 64 KiB */
#define LINE_MOST  480
#define TRY_MSEC   20 /* between two tries to connect */

int rsed_patience = 60000;

/*
 * What can go wrong with rsed itself has two errors that it never sends:
 * ETIME, it says nothing, and ENOLINK, it ended.
 */
static int
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, rsed_patience);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIME;
	return n > 0 ? 0 : -1;
}

/* EAGAIN: so many wait for it that there is no place in the queue. */
static int
connect_patiently(int fd, const struct sockaddr_un *sun)
{
	int left;

	for (left = rsed_patience;; left -= TRY_MSEC) {
		if (connect(fd, (const struct sockaddr *)sun,
		    sizeof(*sun)) == 0)
			return 0;
		if (errno != EAGAIN)
			return -1;
		if (left <= 0)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = TRY_MSEC *
		    1000000L }, NULL);
	}
	errno = ETIME;
	return -1;
}

static int
rsed_connect(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("RSED_SOCKET");
	int fd, saved;

	if (path == NULL)
		path = RSED_SOCKET;
	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect_patiently(fd, &sun) != 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
send_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n >= 0)
			continue;
		if (errno != EAGAIN) {
			errno = ENOLINK;
			return -1;
		}
		if (wait_for(fd, POLLOUT) != 0)
			return -1;
		n = 0;
	}
	return 0;
}

/* As read(2), when there is something; the end is an error. */
static ssize_t
receive(int fd, char *p, size_t len)
{
	ssize_t n;

	if (wait_for(fd, POLLIN) != 0)
		return -1;
	n = read(fd, p, len);
	if (n > 0)
		return n;
	errno = ENOLINK;
	return -1;
}

/* A line, without its newline, byte by byte: answers are short. */
static int
receive_line(int fd, char *p, size_t len)
{
	size_t at;

	for (at = 0; at + 1 < len; at++) {
		if (receive(fd, p + at, 1) < 0)
			return -1;
		if (p[at] == '\n') {
			p[at] = '\0';
			return 0;
		}
	}
	errno = EPROTO;
	return -1;
}

static char *
receive_text(int fd, size_t len)
{
	char *text = malloc(len + 1);
	size_t at = 0;
	ssize_t n;

	while (text != NULL && at < len) {
		n = receive(fd, text + at, len - at);
		if (n < 0) {
			free(text);
			return NULL;
		}
		at += (size_t)n;
	}
	if (text != NULL)
		text[len] = '\0';
	return text;
}

/* The text of an `ok`, which the caller frees; NULL with errno. */
static char *
answer_receive(int fd, unsigned *line)
{
	char head[80];
	size_t len;
	int error;

	*line = 0;
	if (receive_line(fd, head, sizeof(head)) != 0)
		return NULL;
	if (sscanf(head, "ok %zu", &len) == 1 && len <= CHUNK_MOST)
		return receive_text(fd, len);
	if (sscanf(head, "error %d %u", &error, line) == 2 && error > 0)
		errno = error;
	else
		errno = EPROTO;
	return NULL;
}

/* NULL with errno; *reached says whether it was rsed that refused. */
static char *
rsed_word(const char *word, bool *reached)
{
	char head[40], *text = NULL;
	unsigned line;
	int fd = rsed_connect(), saved;

	*reached = fd >= 0;
	if (fd < 0)
		return NULL;
	if (send_all(fd, head, (size_t)snprintf(head, sizeof(head), "%s\n",
	    word)) == 0)
		text = answer_receive(fd, &line);
	saved = errno;
	close(fd);
	errno = saved;
	return text;
}

char *
try_rsed(const char *word)
{
	bool reached;

	return rsed_word(word, &reached);
}

char *
ask_rsed(const char *word)
{
	bool reached;
	char *text = rsed_word(word, &reached);

	if (text != NULL)
		return text;
	if (rsed_trouble(errno) != NULL)
		fail(EXIT_UNREACHABLE, "%s: %s", word, rsed_trouble(errno));
	if (!reached)
		fail(EXIT_UNREACHABLE, "%s: rsed does not answer; "
		    "/etc/rc.d/rsed start starts it", word);
	fail(EXIT_REFUSED, "%s: %s", word, rsed_reason(word, errno));
}

/* As many whole lines as fit into one request. */
static size_t
chunk_of(const char *p, size_t len)
{
	size_t n = len;

	if (n > CHUNK_MOST)
		for (n = CHUNK_MOST; n > 0 && p[n - 1] != '\n'; n--)
			continue;
	return n;
}

static unsigned
lines_in(const char *p, size_t len)
{
	unsigned n = 0;

	while (len-- > 0)
		n += *p++ == '\n';
	return n;
}

static int
ctl_by_rsed(int fd, unsigned torus, const char *p, size_t len,
    unsigned *refused)
{
	char head[48], name[8] = "braid", *text;
	unsigned before = 0, line;
	size_t n;

	if (torus != BRAID)
		snprintf(name, sizeof(name), "%u", torus);
	for (; len > 0; p += n, len -= n) {
		n = chunk_of(p, len);
		if (send_all(fd, head, (size_t)snprintf(head, sizeof(head),
		    "ctl %s %zu\n", name, n)) != 0 || send_all(fd, p, n) != 0)
			return -1;
		text = answer_receive(fd, &line);
		if (text == NULL) {
			*refused = line == 0 ? 0 : before + line;
			return -1;
		}
		free(text);
		before += lines_in(p, n);
	}
	return 0;
}

int
ask_ctl(unsigned torus, const char *lines, size_t len, unsigned *refused)
{
	int fd = direct ? -1 : rsed_connect(), error, saved;

	*refused = 0;
	if (fd < 0 && !direct && errno == ETIME)
		return -1; /* there is one, and what it does is not known */
	if (fd < 0)
		return ctl_lines(torus, lines, len, refused);
	error = ctl_by_rsed(fd, torus, lines, len, refused);
	saved = errno;
	close(fd);
	errno = saved;
	return error;
}

/* One line for ctl; failing if it is refused. */
void
tell(unsigned torus, const char *format, ...)
{
	char line[LINE_MOST];
	unsigned refused;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line) - 1)
		fail(EXIT_USAGE, "the line is too long");
	if (ask_ctl(torus, line, (size_t)n, &refused) == 0)
		return;
	fail(refused == 0 ? code_of(errno) : EXIT_REFUSED, "%s: %s", line,
	    reason(line, errno));
}
