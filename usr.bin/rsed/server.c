/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/server.c - the control socket: requests and who may make them.
 *
 * A request is a line, then as many bytes as it says:
 *	ctl N|braid LENGTH	LENGTH bytes of lines for ctl
 *	save | restore | status
 * The answer is `ok LENGTH` and LENGTH bytes, or `error ERRNO LINE`, where
 * LINE counts the lines of ctl from 1 and is 0 if none is to blame.
 *
 * Who: the kernel tells user and group of the peer.  Root and members of
 * group rse may do everything but kill, which is root's; others may ask for
 * the status.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "keeper.h"
#include "server.h"
#include "tori.h"

#define BODY_MOST (64u << 10)
#define LINE_MOST 80
#define GROUP	  "rse"

struct client {
	int fd; /* -1: free */
	bool root, may; /* what the peer is, what it may */
	size_t len;	/* bytes in buf */
	char buf[LINE_MOST + BODY_MOST + 1];
};

static struct client *clients[CLIENTS];

int
server_open(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, other;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(sun.sun_path, path);
	other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (other < 0)
		return -1;
	if (connect(other, (struct sockaddr *)&sun, sizeof(sun)) == 0) {
		close(other);
		errno = EADDRINUSE;
		return -1;
	}
	close(other);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    chmod(path, 0666) != 0 || listen(fd, CLIENTS) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The peer's own group, or one the group file gives its user. */
static bool
is_member(const struct ucred *who)
{
	const struct group *g = getgrnam(GROUP);
	const struct passwd *pw;
	char **m;

	if (g == NULL)
		return false;
	if (who->gid == g->gr_gid)
		return true;
	pw = getpwuid(who->uid);
	for (m = g->gr_mem; pw != NULL && *m != NULL; m++)
		if (strcmp(*m, pw->pw_name) == 0)
			return true;
	return false;
}

void
server_accept(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	struct client *c;
	unsigned i;
	int s = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (s < 0)
		return;
	for (i = 0; i < CLIENTS && clients[i] != NULL; i++)
		continue;
	if (i == CLIENTS || getsockopt(s, SOL_SOCKET, SO_PEERCRED, &who,
	    &len) != 0 || (c = malloc(sizeof(*c))) == NULL) {
		close(s);
		return;
	}
	c->fd = s;
	c->len = 0;
	c->root = who.uid == 0;
	c->may = c->root || is_member(&who);
	clients[i] = c;
}

unsigned
server_poll(struct pollfd *p)
{
	unsigned i, n = 0;

	for (i = 0; i < CLIENTS; i++)
		if (clients[i] != NULL)
			p[n++] = (struct pollfd){ .fd = clients[i]->fd,
				.events = POLLIN };
	return n;
}

/* Answers are short; a client that does not take them is dropped. */
static bool
answer(struct client *c, const char *s, size_t len)
{
	ssize_t n;

	for (; len > 0; s += n, len -= (size_t)n) {
		n = send(c->fd, s, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool
answer_error(struct client *c, int error, unsigned line)
{
	char s[40];

	return answer(c, s, (size_t)snprintf(s, sizeof(s), "error %d %u\n",
	    error, line));
}

static bool
answer_text(struct client *c, const char *text, size_t len)
{
	char s[40];

	return answer(c, s, (size_t)snprintf(s, sizeof(s), "ok %zu\n", len)) &&
	    answer(c, text, len);
}

/* A first word `kill` with nothing behind it ends a torus. */
static bool
asks_to_kill(const char *p, size_t len)
{
	const char *end = p + len, *next;
	char word[8], more[2];

	for (; p < end; p = next) {
		char line[64];
		size_t n;

		next = memchr(p, '\n', (size_t)(end - p));
		next = next == NULL ? end : next + 1;
		n = (size_t)(next - p);
		if (n >= sizeof(line))
			n = sizeof(line) - 1;
		memcpy(line, p, n);
		line[n] = '\0';
		if (sscanf(line, "%7s %1s", word, more) == 1 &&
		    strcmp(word, "kill") == 0)
			return true;
	}
	return false;
}

/* What is started is saved first, so that there is a state to return to. */
static void
save_before_start(const char *p, size_t len)
{
	if (len >= 5 && memcmp(p, "start", 5) == 0 && keeper_save() != 0 &&
	    errno != ENODATA)
		syslog(LOG_WARNING, "no checkpoint before start: %m");
}

static bool
ctl_serve(struct client *c, unsigned torus, const char *p, size_t len)
{
	unsigned line;

	if (!c->may || (!c->root && asks_to_kill(p, len)))
		return answer_error(c, EPERM, 0);
	save_before_start(p, len);
	if (ctl_lines(torus, p, len, &line) != 0)
		return answer_error(c, errno, line);
	return answer_text(c, "", 0);
}

static bool
word_serve(struct client *c, const char *word)
{
	char text[1536];
	int error;

	if (strcmp(word, "status") == 0)
		return answer_text(c, text, keeper_status(text,
		    sizeof(text)));
	if (strcmp(word, "save") != 0 && strcmp(word, "restore") != 0)
		return answer_error(c, EINVAL, 0);
	if (!c->may)
		return answer_error(c, EPERM, 0);
	error = word[0] == 's' ? keeper_save() : keeper_restore();
	return error != 0 ? answer_error(c, errno, 0) : answer_text(c, "", 0);
}

/*
 * Serve one whole request at the head of the buffer.  Returns the bytes it
 * took, 0 if there is more to come, -1 if the client is to be dropped.
 */
static ssize_t
request_serve(struct client *c)
{
	char *nl = memchr(c->buf, '\n', c->len), name[8];
	unsigned torus;
	size_t head, body;
	char *end;

	if (nl == NULL)
		return c->len >= LINE_MOST ? -1 : 0;
	head = (size_t)(nl + 1 - c->buf);
	*nl = '\0';
	if (sscanf(c->buf, "ctl %7s %zu", name, &body) != 2)
		return word_serve(c, c->buf) ? (ssize_t)head : -1;
	*nl = '\n';
	if (body > BODY_MOST)
		return -1;
	if (c->len < head + body)
		return 0;
	torus = strcmp(name, "braid") == 0 ? BRAID :
	    (unsigned)strtoul(name, &end, 10);
	if (torus > BRAID || (name[0] != 'b' && (*end != '\0' ||
	    torus == BRAID)))
		return answer_error(c, EINVAL, 0) ? (ssize_t)(head + body)
						  : -1;
	return ctl_serve(c, torus, nl + 1, body) ? (ssize_t)(head + body) : -1;
}

static bool
client_serve(struct client *c)
{
	ssize_t n;

	n = recv(c->fd, c->buf + c->len, sizeof(c->buf) - 1 - c->len,
	    MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	c->len += (size_t)n;
	while ((n = request_serve(c)) > 0) {
		c->len -= (size_t)n;
		memmove(c->buf, c->buf + n, c->len);
	}
	return n == 0;
}

void
server_serve(const struct pollfd *p, unsigned n)
{
	unsigned i, k;

	for (i = 0; i < CLIENTS; i++)
		for (k = 0; k < n && clients[i] != NULL; k++)
			if (p[k].fd == clients[i]->fd && p[k].revents != 0 &&
			    !client_serve(clients[i])) {
				close(clients[i]->fd);
				free(clients[i]);
				clients[i] = NULL;
			}
}
