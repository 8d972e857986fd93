/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty_lines.c: the terminals that are hardware: ttyS0 ... on serial
 * lines, tty1 on the screen and the keyboard; and which of them is the
 * console.
 */
#include "base/bootopt.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/string.h"

#include "dev/serial.h"
#include "dev/vt.h"
#include "kern/tty_internal.h"

#define GID_TTY	    5
#define TTY_MAJOR   4
#define SERIAL_BASE 64 /* minor of ttyS0 */

static struct cdev line_cdevs[SERIAL_MAX + 1];
static char line_names[SERIAL_MAX + 1][8];

static void
show(unsigned i, struct tty *t)
{
	struct cdev *c = &line_cdevs[i];

	*c = (struct cdev) {
		.cd_path = line_names[i],
		.cd_dev = tty_dev(t),
		.cd_mode = 0620,
		.cd_gid = GID_TTY,
		.cd_ops = &tty_cdevops,
		.cd_priv = t,
	};
	if (cdev_register(c) != 0)
		klog(KLOG_ERR, "tty: /dev/%s exists\n", c->cd_path);
}

/* --- serial lines -------------------------------------------------------- */

static size_t
serial_write(struct tty *t, const char *s, size_t n)
{
	struct serial_port *sp = tty_priv(t);

	return sp->sp_ops->so_write(sp, s, n);
}

static size_t
serial_room(struct tty *t)
{
	struct serial_port *sp = tty_priv(t);

	return sp->sp_ops->so_room(sp);
}

static size_t
serial_pending(struct tty *t)
{
	struct serial_port *sp = tty_priv(t);

	return sp->sp_ops->so_pending(sp);
}

static void
serial_set_termios(struct tty *t, const struct ktermios *ios)
{
	struct serial_port *sp = tty_priv(t);
	struct serial_mode sm = {
		.sm_baud = termios_baud(ios),
		.sm_data_bits = (uint8_t)(5 + ((ios->c_cflag & CSIZE) >> 4)),
		.sm_stop_bits = ios->c_cflag & CSTOPB ? 2 : 1,
		.sm_parity = !(ios->c_cflag & PARENB) ? SERIAL_PARITY_NONE :
		    ios->c_cflag & PARODD ? SERIAL_PARITY_ODD :
					    SERIAL_PARITY_EVEN,
	};

	/* What the hardware cannot do leaves the line as it was. */
	(void)sp->sp_ops->so_set_mode(sp, &sm);
}

static void
serial_throttle(struct tty *t, bool on)
{
	struct serial_port *sp = tty_priv(t);

	sp->sp_ops->so_throttle(sp, on);
}

static void
serial_flush(struct tty *t)
{
	struct serial_port *sp = tty_priv(t);

	sp->sp_ops->so_flush(sp);
}

static void
serial_break(struct tty *t)
{
	struct serial_port *sp = tty_priv(t);

	sp->sp_ops->so_send_break(sp, true);
	thread_sleep_ns(250 * NSEC_PER_MSEC);
	sp->sp_ops->so_send_break(sp, false);
}

static const struct ttydriver serial_driver = {
	.td_name = "serial",
	.td_write = serial_write,
	.td_room = serial_room,
	.td_pending = serial_pending,
	.td_set_termios = serial_set_termios,
	.td_throttle = serial_throttle,
	.td_flush_output = serial_flush,
	.td_break = serial_break,
};

static void
serial_rx(void *ctx, const char *s, size_t n)
{
	tty_input(ctx, s, n);
}

static void
serial_rx_break(void *ctx)
{
	tty_break(ctx);
}

static void
serial_tx_ready(void *ctx)
{
	tty_output_ready(ctx);
}

static const struct serial_client serial_client = {
	.sc_rx = serial_rx,
	.sc_break = serial_rx_break,
	.sc_tx_ready = serial_tx_ready,
};

static struct tty *
serial_attach(unsigned i)
{
	struct serial_port *sp = serial_port_get(i);
	struct tty *t;

	if (sp == NULL)
		return NULL;
	t = tty_create(&serial_driver, sp,
	    makedev(TTY_MAJOR, SERIAL_BASE + i));
	if (t == NULL)
		return NULL;
	t->t_ios.c_cflag = (t->t_ios.c_cflag & ~CBAUD) | B115200 | CLOCAL;
	strlcpy(line_names[i], sp->sp_name, sizeof(line_names[i]));
	serial_bind(sp, &serial_client, t);
	show(i, t);
	return t;
}

/* --- screen and keyboard ------------------------------------------------- */

static size_t
screen_write(struct tty *t, const char *s, size_t n)
{
	if (vt_exists())
		vt_write(s, n);
	return n;
}

static size_t
screen_room(struct tty *t)
{
	return 4096; /* it shows all at once */
}

static const struct ttydriver screen_driver = {
	.td_name = "screen",
	.td_write = screen_write,
	.td_room = screen_room,
};

static void
screen_rx(void *ctx, const char *s, size_t n)
{
	tty_input(ctx, s, n);
}

static const struct vt_client screen_client = { .vc_rx = screen_rx };

/*
 * tty1 is there even if no screen is, as on Linux: what is written to it is
 * not seen. Otherwise init would try for ever to open it.
 */
static struct tty *
screen_attach(void)
{
	struct vt_size vs = { 25, 80, 0, 0 };
	struct tty *t;

	t = tty_create(&screen_driver, NULL, makedev(TTY_MAJOR, 1));
	if (t == NULL)
		return NULL;
	if (vt_exists()) {
		vt_size_get(&vs);
		vt_bind(&screen_client, t);
	}
	t->t_win = (struct winsize) { vs.vs_rows, vs.vs_cols, vs.vs_xpixel,
		vs.vs_ypixel };
	strlcpy(line_names[SERIAL_MAX], "tty1", sizeof(line_names[0]));
	show(SERIAL_MAX, t);
	return t;
}

/* console=NAME, the last counts; otherwise ttyS0 if it is there. */
static void
lines_attach(void)
{
	const char *want = boot_option("console");
	struct tty *serial[SERIAL_MAX], *screen, *console = NULL;

	for (unsigned i = 0; i < SERIAL_MAX; i++) {
		serial[i] = serial_attach(i);
		if (serial[i] != NULL && want != NULL &&
		    strncmp(want, line_names[i], 5) == 0)
			console = serial[i];
	}
	screen = screen_attach();
	if (want != NULL && strncmp(want, "tty", 3) == 0 && want[3] != 'S')
		console = screen;
	if (console == NULL)
		console = serial[0] != NULL ? serial[0] : screen;
	if (console != NULL)
		tty_set_console(console);
}
INIT(INIT_LATE, 10, lines_attach);
