/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty_input.c: the line discipline's input half: what a typed byte
 * does (POSIX general terminal interface, with Linux's extensions).
 *
 * All here runs with t_lock held; signals are collected and sent after the
 * bytes, with the lock let go for the while.
 */
#include "base/string.h"

#include "kern/tty_internal.h"

static uint8_t *
in_at(struct tty *t, uint32_t pos)
{
	return &t->t_in[pos % TTY_IN_SIZE];
}

static void
mark_set(struct tty *t, uint32_t pos, bool on)
{
	uint8_t bit = (uint8_t)(1u << (pos % 8));
	uint8_t *m = &t->t_mark[pos % TTY_IN_SIZE / 8];

	*m = on ? *m | bit : *m & (uint8_t)~bit;
}

void
tty_flush_input(struct tty *t)
{
	t->t_head = t->t_canon = t->t_tail = 0;
	memset(t->t_mark, 0, sizeof(t->t_mark));
	t->t_lnext = false;
}

/* One place is kept free for the end of a line. */
static bool
in_full(const struct tty *t)
{
	return t->t_head - t->t_tail >= TTY_IN_SIZE - 1;
}

/*
 * While a line is being edited there is always room: what is too much is
 * refused with a bell, otherwise its end could never come.
 */
size_t
tty_input_room(struct tty *t)
{
	if (LFLAG(t, ICANON) && t->t_canon == t->t_tail)
		return TTY_IN_SIZE;
	return TTY_IN_SIZE - 1 - (t->t_head - t->t_tail);
}

static void
wake_readers(struct tty *t)
{
	waitq_wake_key(&t->t_readq, POLLIN | POLLRDNORM);
}

static void
in_put(struct tty *t, uint8_t c)
{
	if (in_full(t)) {
		if (IFLAG(t, IMAXBEL))
			tty_echo_raw(t, "\a", 1);
		return;
	}
	mark_set(t, t->t_head, false);
	*in_at(t, t->t_head++) = c;
}

/* Ends the line being edited with c; NO_CHAR stands for end of file. */
static void
line_end(struct tty *t, uint8_t c)
{
	mark_set(t, t->t_head, true);
	*in_at(t, t->t_head++) = c;
	t->t_canon = t->t_head;
	wake_readers(t);
}

static void
erase_columns(struct tty *t, unsigned n)
{
	while (n-- > 0)
		tty_echo_raw(t, "\b \b", 3);
}

/* Columns that bytes [from, to) of the line took on the screen. */
static unsigned
columns_of(struct tty *t, uint32_t from, uint32_t to)
{
	unsigned col = t->t_line_column;

	for (uint32_t p = from; p != to; p++) {
		uint8_t c = *in_at(t, p);

		if (c == '\t')
			col = (col | 7) + 1;
		else if (c < 32 || c == 127)
			col += LFLAG(t, ECHOCTL) ? 2 : 0;
		else if (!IFLAG(t, IUTF8) || (c & 0xc0) != 0x80)
			col++;
	}
	return col;
}

/* Takes the last character off the line; false: the line is empty. */
static bool
erase_char(struct tty *t)
{
	uint32_t end = t->t_head;
	unsigned before, after;

	if (t->t_head == t->t_canon)
		return false;
	before = columns_of(t, t->t_canon, end);
	do {
		t->t_head--;
	} while (IFLAG(t, IUTF8) && t->t_head != t->t_canon &&
	    (*in_at(t, t->t_head) & 0xc0) == 0x80);
	if (LFLAG(t, ECHO)) {
		after = columns_of(t, t->t_canon, t->t_head);
		if (LFLAG(t, ECHOE))
			erase_columns(t, before - after);
		else
			tty_echo_char(t, CC(t, VERASE));
	}
	return true;
}

static bool
is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || c >= 128;
}

static void
erase_word(struct tty *t)
{
	while (t->t_head != t->t_canon && !is_word(*in_at(t, t->t_head - 1)))
		(void)erase_char(t);
	while (t->t_head != t->t_canon && is_word(*in_at(t, t->t_head - 1)))
		(void)erase_char(t);
}

static void
kill_line(struct tty *t)
{
	if (LFLAG(t, ECHO) && LFLAG(t, ECHOK) && LFLAG(t, ECHOKE) &&
	    LFLAG(t, ECHOE)) {
		while (erase_char(t))
			;
		return;
	}
	t->t_head = t->t_canon;
	if (LFLAG(t, ECHO)) {
		tty_echo_char(t, CC(t, VKILL));
		if (LFLAG(t, ECHOK))
			tty_echo_raw(t, "\n", 1);
	}
}

static void
reprint(struct tty *t)
{
	tty_echo_char(t, CC(t, VREPRINT));
	tty_echo_raw(t, "\n", 1);
	for (uint32_t p = t->t_canon; p != t->t_head; p++)
		tty_echo_char(t, *in_at(t, p));
}

static bool
is_cc(const struct tty *t, int which, uint8_t c)
{
	return CC(t, which) != NO_CHAR && CC(t, which) == c;
}

/* Input mapping; false: the byte vanishes. */
static bool
map_byte(struct tty *t, uint8_t *c)
{
	if (IFLAG(t, ISTRIP))
		*c &= 0x7f;
	if (IFLAG(t, IUCLC) && LFLAG(t, IEXTEN) && *c >= 'A' && *c <= 'Z')
		*c += 'a' - 'A';
	if (*c == '\r') {
		if (IFLAG(t, IGNCR))
			return false;
		if (IFLAG(t, ICRNL))
			*c = '\n';
	} else if (*c == '\n' && IFLAG(t, INLCR)) {
		*c = '\r';
	}
	return true;
}

static void
output_restart(struct tty *t)
{
	t->t_stopped = false;
	waitq_wake_key(&t->t_writeq, POLLOUT | POLLWRNORM);
}

/* ^S and ^Q. */
static bool
flow_byte(struct tty *t, uint8_t c)
{
	if (!IFLAG(t, IXON))
		return false;
	if (is_cc(t, VSTART, c)) {
		output_restart(t);
		return true;
	}
	if (is_cc(t, VSTOP, c)) {
		t->t_stopped = true;
		return true;
	}
	return false;
}

static void
signal_byte(struct tty *t, int signo, uint8_t c)
{
	if (!LFLAG(t, NOFLSH)) {
		tty_flush_input(t);
		if (t->t_drv->td_flush_output != NULL)
			t->t_drv->td_flush_output(t);
	}
	if (IFLAG(t, IXON) && t->t_stopped)
		output_restart(t);
	if (LFLAG(t, ECHO))
		tty_echo_char(t, c);
	mutex_unlock(&t->t_lock);
	tty_signal_fg(t, signo);
	mutex_lock(&t->t_lock);
}

static bool
isig_byte(struct tty *t, uint8_t c)
{
	static const struct {
		int cc, signo;
	} keys[] = { { VINTR, SIGINT }, { VQUIT, SIGQUIT },
		{ VSUSP, SIGTSTP } };

	if (!LFLAG(t, ISIG))
		return false;
	for (unsigned i = 0; i < nitems(keys); i++) {
		if (is_cc(t, keys[i].cc, c)) {
			signal_byte(t, keys[i].signo, c);
			return true;
		}
	}
	return false;
}

static void
echo_typed(struct tty *t, uint8_t c)
{
	if (LFLAG(t, ECHO))
		tty_echo_char(t, c);
	else if (c == '\n' && LFLAG(t, ECHONL) && LFLAG(t, ICANON))
		tty_echo_raw(t, "\n", 1);
}

/* The editing keys of canonical mode; true: c was one. */
static bool
canon_edit(struct tty *t, uint8_t c)
{
	if (is_cc(t, VERASE, c)) {
		(void)erase_char(t);
	} else if (is_cc(t, VKILL, c)) {
		kill_line(t);
	} else if (LFLAG(t, IEXTEN) && is_cc(t, VWERASE, c)) {
		erase_word(t);
	} else if (LFLAG(t, IEXTEN) && LFLAG(t, ECHO) &&
	    is_cc(t, VREPRINT, c)) {
		reprint(t);
	} else if (LFLAG(t, IEXTEN) && is_cc(t, VLNEXT, c)) {
		t->t_lnext = true;
		if (LFLAG(t, ECHO) && LFLAG(t, ECHOCTL))
			tty_echo_raw(t, "^\b", 2);
	} else {
		return false;
	}
	return true;
}

static void
canon_byte(struct tty *t, uint8_t c)
{
	if (c == '\n') {
		echo_typed(t, c);
		line_end(t, c);
	} else if (is_cc(t, VEOF, c)) {
		line_end(t, NO_CHAR);
	} else if (is_cc(t, VEOL, c) ||
	    (LFLAG(t, IEXTEN) && is_cc(t, VEOL2, c))) {
		echo_typed(t, c);
		line_end(t, c);
	} else {
		if (t->t_head == t->t_canon)
			t->t_line_column = t->t_column;
		if (!in_full(t))
			echo_typed(t, c);
		in_put(t, c);
	}
}

static void
receive_byte(struct tty *t, uint8_t c)
{
	if (t->t_lnext) {
		t->t_lnext = false;
		if (t->t_head == t->t_canon)
			t->t_line_column = t->t_column;
		in_put(t, c);
		echo_typed(t, c);
	} else if (!map_byte(t, &c) || flow_byte(t, c) || isig_byte(t, c)) {
		return;
	} else {
		if (t->t_stopped && IFLAG(t, IXON) && IFLAG(t, IXANY))
			output_restart(t);
		if (!LFLAG(t, ICANON)) {
			in_put(t, c);
			echo_typed(t, c);
		} else if (!canon_edit(t, c)) {
			canon_byte(t, c);
		}
	}
}

void
tty_receive(struct tty *t, const uint8_t *s, size_t n)
{
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		receive_byte(t, s[i]);
	if (!LFLAG(t, ICANON)) {
		t->t_canon = t->t_head;
		wake_readers(t);
	}
}
