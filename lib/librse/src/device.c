/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/src/device.c - the kernel's tori, through their files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librse.h>

#define LINE_MOST 512

struct rse_dev {
	int dir;
};

static struct rse_dev *
folder_open(const char *name)
{
	const char *base = getenv("RSE_DEV");
	struct rse_dev *d;
	char path[256];
	int n;

	n = snprintf(path, sizeof(path), "%s/%s",
	    base != NULL ? base : "/dev", name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	d = malloc(sizeof(*d));
	if (d == NULL)
		return NULL;
	d->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir < 0) {
		free(d);
		return NULL;
	}
	return d;
}

struct rse_dev *
rse_dev_open(unsigned torus)
{
	char name[24];

	snprintf(name, sizeof(name), "torus%u", torus);
	return folder_open(name);
}

struct rse_dev *
rse_dev_open_braid(void)
{
	return folder_open("braid");
}

void
rse_dev_close(struct rse_dev *d)
{
	int saved = errno;

	if (d != NULL)
		close(d->dir);
	free(d);
	errno = saved;
}

int
rse_dev_file(struct rse_dev *d, const char *file, int flags)
{
	return openat(d->dir, file, flags | O_CLOEXEC);
}

/* Close without losing the errno of what went wrong before. */
static int
close_after(int fd, int result)
{
	int saved = errno;

	if (close(fd) != 0 && result == 0)
		return -1;
	errno = saved;
	return result;
}

static int
write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
rse_dev_write(struct rse_dev *d, const char *file, const void *p, size_t len)
{
	int fd = rse_dev_file(d, file, O_WRONLY);

	if (fd < 0)
		return -1;
	return close_after(fd, write_all(fd, p, len));
}

int
rse_dev_ctl(struct rse_dev *d, const char *format, ...)
{
	char line[LINE_MOST];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line) - 1, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line) - 1) {
		errno = EMSGSIZE;
		return -1;
	}
	line[n] = '\n';
	return rse_dev_write(d, "ctl", line, (size_t)n + 1);
}

ssize_t
rse_dev_read(struct rse_dev *d, const char *file, void **data)
{
	size_t len = 0, room = 0;
	char *buf = NULL, *more;
	ssize_t n = 1;
	int fd = rse_dev_file(d, file, O_RDONLY);

	if (fd < 0)
		return -1;
	while (n > 0) {
		if (room - len < 2) {
			room = room == 0 ? 8192 : room * 2;
			more = realloc(buf, room);
			if (more == NULL) {
				n = -1;
				break;
			}
			buf = more;
		}
		n = read(fd, buf + len, room - len - 1);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (close_after(fd, n < 0 ? -1 : 0) != 0) {
		free(buf);
		return -1;
	}
	buf[len] = '\0'; /* so that text is a string */
	*data = buf;
	return (ssize_t)len;
}

int
rse_dev_value(struct rse_dev *d, const char *file, const char *key,
    char *value, size_t len)
{
	size_t k = strlen(key), n;
	char *line, *next;
	void *text;

	if (rse_dev_read(d, file, &text) < 0)
		return -1;
	for (line = text; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (strncmp(line, key, k) != 0 || line[k] != ' ')
			continue;
		n = strlen(line + k + 1);
		if (n >= len) {
			free(text);
			errno = ERANGE;
			return -1;
		}
		memcpy(value, line + k + 1, n + 1);
		free(text);
		return 0;
	}
	free(text);
	errno = ENOENT;
	return -1;
}
