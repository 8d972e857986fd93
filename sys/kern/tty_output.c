/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty_output.c: the line discipline's output half: what write(2) and
 * echo do to bytes on their way to the driver.
 */
#include "base/string.h"

#include "kern/tty_internal.h"

#define CHUNK 256 /* bytes taken from user space at a time */

static bool
put(struct tty *t, const char *s, size_t n)
{
	if (t->t_drv->td_room(t) < n)
		return false;
	(void)t->t_drv->td_write(t, s, n);
	return true;
}

/* Output processing of one byte. False: no room now, nothing was done. */
bool
tty_output_char(struct tty *t, uint8_t c)
{
	char ch = (char)c;

	if (!OFLAG(t, OPOST)) {
		if (!put(t, &ch, 1))
			return false;
		t->t_column = c == '\r' || c == '\n' ? 0 : t->t_column + 1;
		return true;
	}
	switch (c) {
	case '\n':
		if (OFLAG(t, ONLRET))
			t->t_column = 0;
		if (!OFLAG(t, ONLCR))
			return put(t, "\n", 1);
		if (!put(t, "\r\n", 2))
			return false;
		t->t_column = 0;
		return true;
	case '\r':
		if (OFLAG(t, ONOCR) && t->t_column == 0)
			return true;
		if (OFLAG(t, OCRNL))
			return put(t, "\n", 1);
		if (!put(t, "\r", 1))
			return false;
		t->t_column = 0;
		return true;
	case '\t': {
		unsigned n = 8 - (t->t_column & 7);
		bool expand = (t->t_ios.c_oflag & TABDLY) == XTABS;

		if (!put(t, expand ? "        " : "\t", expand ? n : 1))
			return false;
		t->t_column += n;
		return true;
	}
	case '\b':
		if (!put(t, "\b", 1))
			return false;
		if (t->t_column > 0)
			t->t_column--;
		return true;
	default:
		if (OFLAG(t, OLCUC) && c >= 'a' && c <= 'z')
			ch = (char)(c - 'a' + 'A');
		if (!put(t, &ch, 1))
			return false;
		if (c >= 32 && c != 127 &&
		    (!IFLAG(t, IUTF8) || (c & 0xc0) != 0x80))
			t->t_column++;
		return true;
	}
}

/* Echo is not worth waiting for: without room it is lost. */
void
tty_echo_raw(struct tty *t, const char *s, size_t n)
{
	while (n-- > 0)
		(void)tty_output_char(t, (uint8_t)*s++);
}

void
tty_echo_char(struct tty *t, uint8_t c)
{
	if (LFLAG(t, ECHOCTL) && (c < 32 || c == 127) && c != '\n' &&
	    c != '\t') {
		char text[2] = { '^', (char)(c ^ 0100) };

		tty_echo_raw(t, text, 2);
	} else {
		(void)tty_output_char(t, c);
	}
}

/* t_lock held: as much of a chunk as the driver takes. */
static size_t
output_some(struct tty *t, const uint8_t *s, size_t n)
{
	size_t done = 0;

	if (t->t_stopped)
		return 0;
	if (!OFLAG(t, OPOST)) {
		done = t->t_drv->td_write(t, (const char *)s, n);
	} else {
		while (done < n && tty_output_char(t, s[done]))
			done++;
	}
	return done;
}

static int
output_chunk(struct tty_open *to, const uint8_t *s, size_t n, bool nonblock,
    size_t *done)
{
	struct tty *t = to->to_tty;

	*done = 0;
	for (;;) {
		int err;

		if (tty_open_dead(to) || t->t_eof_peer)
			return -EIO;
		mutex_lock(&t->t_lock);
		*done += output_some(t, s + *done, n - *done);
		mutex_unlock(&t->t_lock);
		if (*done == n)
			return 0;
		if (nonblock)
			return -EAGAIN;
		/* Room for a tab or a line end, so that each wait ends with
		 * progress. */
		err = WAIT_EVENT_INTR(&t->t_writeq,
		    (!t->t_stopped && t->t_drv->td_room(t) >= 8) ||
			tty_open_dead(to) || t->t_eof_peer);
		if (err != 0)
			return err;
	}
}

static int
write_locked(struct tty_open *to, struct uio *uio, bool nonblock)
{
	uint8_t chunk[CHUNK];

	while (uio->uio_resid > 0) {
		size_t n = MIN(uio->uio_resid, sizeof(chunk)), done;
		struct uio before = *uio;
		int err = uiomove(chunk, n, uio);

		if (err != 0)
			return err;
		err = output_chunk(to, chunk, n, nonblock, &done);
		if (err != 0) {
			/* Only what went out counts as written. */
			*uio = before;
			if (done > 0 && uiomove(chunk, done, uio) != 0)
				return -EFAULT;
			return err;
		}
	}
	return 0;
}

/* 0 also with bytes left if some were written; then an error is not told. */
int
tty_write_uio(struct tty_open *to, struct uio *uio, bool nonblock)
{
	struct tty *t = to->to_tty;
	size_t want = uio->uio_resid;
	int err;

	if (tty_open_dead(to))
		return -EIO;
	if (LFLAG(t, TOSTOP)) {
		err = tty_check_job(t, SIGTTOU);
		if (err != 0)
			return err;
	}
	mutex_lock(&t->t_wlock);
	err = write_locked(to, uio, nonblock);
	mutex_unlock(&t->t_wlock);
	return uio->uio_resid < want ? 0 : err;
}

/* Until the driver has sent all: tcdrain(3). */
int
tty_drain(struct tty *t)
{
	size_t (*pending)(struct tty *) = t->t_drv->td_pending;

	if (pending == NULL)
		return 0;
	return WAIT_EVENT_INTR(&t->t_writeq, pending(t) == 0);
}
