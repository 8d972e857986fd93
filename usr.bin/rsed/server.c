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
 * group rse may do everything that the device lets them do; others may ask
 * for the status.
 *
 * Why lines go to the device with the rights of the peer: it knows which
 * words are root's, and how it reads a line; a second reading of them here
 * would differ from that one day.
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
	int fd;
	uid_t uid;	     /* the peer */
	bool may;	     /* it is root or a member of the group */
	unsigned long heard; /* when it last said something: counts */
	size_t len;	     /* bytes in buf */
	char buf[LINE_MOST + BODY_MOST + 1];
};

static struct client *clients[CLIENTS];
static unsigned long hearings;

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
	if (unlink(path) != 0 && errno != ENOENT)
		return -1;
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

static void
client_drop(unsigned i)
{
	close(clients[i]->fd);
	free(clients[i]);
	clients[i] = NULL;
}

/*
 * A place for one more.  Anybody may connect and say nothing: when all are
 * taken, the one that has been silent longest goes.
 */
static unsigned
place_make(void)
{
	unsigned i, silent = 0;

	for (i = 0; i < CLIENTS && clients[i] != NULL; i++)
		if (clients[i]->heard < clients[silent]->heard)
			silent = i;
	if (i < CLIENTS)
		return i;
	client_drop(silent);
	return silent;
}

void
server_accept(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	struct client *c;
	int s = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (s < 0)
		return;
	if (getsockopt(s, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 ||
	    (c = malloc(sizeof(*c))) == NULL) {
		close(s);
		return;
	}
	c->fd = s;
	c->len = 0;
	c->uid = who.uid;
	c->may = who.uid == 0 || is_member(&who);
	c->heard = ++hearings;
	clients[place_make()] = c;
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

/* Take the peer's rights, and membership in the group, which it has. */
static int
rights_take(const struct client *c)
{
	const struct group *g = getgrnam(GROUP);

	if (c->uid == 0 || geteuid() != 0)
		return 0;
	if (g == NULL) {
		errno = EPERM;
		return -1;
	}
	return setegid(g->gr_gid) != 0 ? -1 : seteuid(c->uid);
}

/* Without root's rights rsed is of no use: another may be started. */
static void
rights_return(const struct client *c)
{
	if (c->uid != 0 && getuid() == 0 &&
	    (seteuid(0) != 0 || setegid(0) != 0)) {
		syslog(LOG_ERR, "rights: %m");
		exit(1);
	}
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
	unsigned line = 0;
	int error;

	if (!c->may)
		return answer_error(c, EPERM, 0);
	save_before_start(p, len);
	error = rights_take(c);
	if (error == 0)
		error = ctl_lines(torus, p, len, &line);
	if (error != 0)
		error = errno;
	rights_return(c);
	return error != 0 ? answer_error(c, error, line) :
	    answer_text(c, "", 0);
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
	if (strcmp(name, "braid") == 0)
		torus = BRAID;
	else if (name[0] >= '0' && name[0] < '0' + TORI && name[1] == '\0')
		torus = (unsigned)(name[0] - '0');
	else
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
	c->heard = ++hearings;
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
			    !client_serve(clients[i]))
				client_drop(i);
}
