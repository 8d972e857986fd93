/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty_read.c: reading from a terminal, by lines (ICANON) or by VMIN
 * and VTIME.
 */
#include "base/clock.h"

#include "kern/tty_internal.h"

static bool
marked(const struct tty *t, uint32_t pos)
{
	return (t->t_mark[pos % TTY_IN_SIZE / 8] >> (pos % 8)) & 1;
}

/* t_lock held. In canonical mode a whole line must be there. */
size_t
tty_input_ready(struct tty *t)
{
	uint32_t n = t->t_canon - t->t_tail;

	if (!LFLAG(t, ICANON) && CC(t, VTIME) == 0 && CC(t, VMIN) > n)
		return 0;
	return n;
}

/*
 * t_lock held: takes bytes into out, in canonical mode up to and with the end
 * of a line. *line_done: that end was met; if it was the end-of-file key, it is
 * not given.
 */
static size_t
take(struct tty *t, uint8_t *out, size_t n, bool *line_done)
{
	size_t got = 0;

	*line_done = false;
	while (got < n && t->t_tail != t->t_canon && !*line_done) {
		uint8_t c = t->t_in[t->t_tail % TTY_IN_SIZE];

		*line_done = LFLAG(t, ICANON) && marked(t, t->t_tail);
		t->t_tail++;
		if (!(*line_done && c == NO_CHAR))
			out[got++] = c;
	}
	/* An end of file right behind what was just read whole must not make
	 * the next read end: it belongs to these bytes. */
	if (!*line_done && got == n && got > 0 && LFLAG(t, ICANON) &&
	    t->t_tail != t->t_canon && marked(t, t->t_tail) &&
	    t->t_in[t->t_tail % TTY_IN_SIZE] == NO_CHAR) {
		t->t_tail++;
		*line_done = true;
	}
	return got;
}

static bool
ready_or_gone(struct tty_open *to)
{
	struct tty *t = to->to_tty;

	return atomic_load(&t->t_canon) != t->t_tail || tty_open_dead(to) ||
	    t->t_eof_peer;
}

/* Copies what is there; *done: this read is complete. */
static int
read_some(struct tty_open *to, struct uio *uio, size_t *got, bool *done)
{
	struct tty *t = to->to_tty;
	uint8_t piece[256];

	*got = 0;
	*done = false;
	while (uio->uio_resid > 0 && !*done) {
		size_t n;
		int err;

		mutex_lock(&t->t_lock);
		n = take(t, piece, MIN(uio->uio_resid, sizeof(piece)), done);
		mutex_unlock(&t->t_lock);
		if (n == 0)
			break;
		tty_input_resume(t);
		*got += n;
		err = uiomove(piece, n, uio);
		if (err != 0)
			return err;
	}
	return 0;
}

static int
read_line(struct tty_open *to, struct uio *uio, bool nonblock)
{
	for (;;) {
		size_t got;
		bool done;
		int err = read_some(to, uio, &got, &done);

		if (err != 0 || got > 0 || done || tty_open_dead(to))
			return err;
		if (to->to_tty->t_eof_peer)
			return -EIO;
		if (nonblock)
			return -EAGAIN;
		err = WAIT_EVENT_INTR(&to->to_tty->t_readq,
		    ready_or_gone(to));
		if (err != 0)
			return err;
		err = tty_check_job(to->to_tty, SIGTTIN);
		if (err != 0)
			return err;
	}
}

/*
 * VMIN > 0, VTIME = 0: until VMIN bytes. VMIN > 0, VTIME > 0: the same, but
 * VTIME tenths of a second after any byte end it. VMIN = 0, VTIME > 0: the
 * first byte or VTIME. Both 0: what is there.
 */
static int
read_raw(struct tty_open *to, struct uio *uio, bool nonblock)
{
	struct tty *t = to->to_tty;
	size_t min = CC(t, VMIN), total = 0;
	nsec_t gap = CC(t, VTIME) * 100 * NSEC_PER_MSEC;
	nsec_t deadline = min == 0 ? clock_mono() + gap : NSEC_NEVER;

	min = MIN(min, uio->uio_resid);
	for (;;) {
		size_t got;
		bool done;
		int err = read_some(to, uio, &got, &done);

		total += got;
		if (err != 0 || uio->uio_resid == 0 || tty_open_dead(to))
			return err;
		if (total > 0 && total >= min)
			return 0;
		if (t->t_eof_peer)
			return total > 0 ? 0 : -EIO;
		if (nonblock)
			return total > 0 ? 0 : min == 0 ? 0 : -EAGAIN;
		if (got > 0 && min > 0 && gap > 0)
			deadline = clock_mono() + gap;
		if (min == 0 && gap == 0)
			return 0;
		err = WAIT_EVENT_INTR_UNTIL(&t->t_readq, ready_or_gone(to),
		    deadline);
		if (err == -ETIMEDOUT)
			return 0;
		if (err != 0)
			return total > 0 ? 0 : err;
	}
}

int
tty_read_uio(struct tty_open *to, struct uio *uio, bool nonblock)
{
	struct tty *t = to->to_tty;
	int err;

	if (tty_open_dead(to) || uio->uio_resid == 0)
		return 0;
	err = tty_check_job(t, SIGTTIN);
	if (err != 0)
		return err;
	return LFLAG(t, ICANON) ? read_line(to, uio, nonblock) :
				  read_raw(to, uio, nonblock);
}
