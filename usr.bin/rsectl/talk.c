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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rsectl.h"

#define CHUNK_MOST (32u << 10) /* rsed takes 64 KiB */
#define LINE_MOST  480

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
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun,
	    sizeof(sun)) != 0) {
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
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -1;
	}
	return 0;
}

/* A line, without its newline, byte by byte: answers are short. */
static int
receive_line(int fd, char *p, size_t len)
{
	size_t at = 0;
	ssize_t n;

	while (at + 1 < len) {
		n = read(fd, p + at, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (p[at] == '\n') {
			p[at] = '\0';
			return 0;
		}
		at++;
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
		n = read(fd, text + at, len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(text);
			errno = EPROTO;
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

/* What rsed says of saving and restoring. */
static const char *
rsed_reason(int error)
{
	switch (error) {
	case ENOENT:
		return "there is no checkpoint yet; rsectl snapshot makes one";
	case ENODATA:
		return "there is nothing to save: no torus was used yet";
	case ENXIO:
		return "a torus is dead; rsectl recover brings it back";
	case EBADMSG:
		return "the checkpoint is damaged; nothing was changed";
	case EPERM:
		return "only root and members of group rse may";
	default:
		return strerror(error);
	}
}

char *
ask_rsed(const char *word)
{
	bool reached;
	char *text = rsed_word(word, &reached);

	if (text == NULL && !reached)
		fail(EXIT_UNREACHABLE, "%s: rsed does not answer; "
		    "/etc/rc.d/rsed start starts it", word);
	if (text == NULL)
		fail(EXIT_REFUSED, "%s: %s", word, rsed_reason(errno));
	return text;
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
	if (fd < 0)
		return ctl_lines(torus, lines, len, refused);
	error = ctl_by_rsed(fd, torus, lines, len, refused);
	saved = errno;
	close(fd);
	errno = saved;
	return error;
}

/* The first word of a line is this one. */
static bool
begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && (line[n] == ' ' ||
	    line[n] == '\0');
}

/* What cannot be told without asking the torus, by its words. */
static const char *
reason_argument(const char *line)
{
	if (begins(line, "edge"))
		return "a portal begins on a cell whose x is 0";
	if (begins(line, "create"))
		return "a torus cannot have that size";
	if (begins(line, "config"))
		return "this value does not fit the torus: a limit above its "
		    "capacity of events, for example";
	if (begins(line, "migrate"))
		return "the process is to go to another torus than its own";
	return "the device does not know this word, or not with these "
	    "arguments (rsectl ctl N, or rsectl braid help, lists them)";
}

const char *
reason(const char *line, int error)
{
	switch (error) {
	case EINVAL:
		return reason_argument(line);
	case EAGAIN:
		return "there is no room for it now; try again when events "
		    "have been handled";
	case ENOSPC:
		return "the capacity that the torus was created with is used "
		    "up (torus(4), create)";
	case ENOMEM:
		return "there is not enough memory for it";
	case ENXIO:
		return "the torus is dead; rsectl recover brings it back, "
		    "rsectl reset begins anew";
	case EBUSY:
		return "the tori must be stopped first: rsectl stop";
	case EPERM:
	case EACCES:
		return begins(line, "kill") ? "only root may" :
		    "only root and members of group rse may";
	case EIO:
		return "the torus is faulted; rsectl status says why, rsectl "
		    "reset begins anew";
	case EALREADY:
		return "it recovers already";
	case EHOSTDOWN:
		return "a neighbour that is needed failed as well; rsectl "
		    "restore brings all back to the last checkpoint";
	case EOPNOTSUPP:
		return begins(line, "recover") ? "a torus that is not braided "
		    "has no neighbours to recover it; rsectl restore brings "
		    "all back to the last checkpoint" :
		    "the kernel cannot do that";
	case ENOENT:
		if (begins(line, "recover"))
			return "it has no snapshot; rsectl recover N "
			    "approximate brings back what its neighbours know";
		return begins(line, "kill") || begins(line, "migrate") ?
		    "there is no such process (rsectl processes)" :
		    "there is no such device: this is not RSE, or RSE_DEV is "
		    "wrong";
	default:
		return strerror(error);
	}
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
	fail(errno == ENOENT && refused == 0 ? EXIT_UNREACHABLE :
	    EXIT_REFUSED, "%s: %s", line, reason(line, errno));
}
