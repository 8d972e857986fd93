/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/fbcon.c: the text screen: a terminal (vterm.h) drawn into the frame
 * buffer the firmware left us.
 *
 * Writers only change the grid; a thread compares it with what the screen
 * shows and draws the cells that differ, at most FRAME_NS apart. So output is
 * not slowed down by pixels, and the frame buffer is never read. In a panic,
 * when no thread runs any more, writers draw themselves.
 * Locks: fb_lock guards the grid. Messages take it under the log's lock, and
 * then may not wake anybody: the thread looks by itself every POLL_NS.
 */
#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/lock.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"
#include "base/waitq.h"

#include <machine/io.h>
#include <machine/platform.h>

#include "dev/font.h"
#include "dev/vt.h"
#include "dev/vterm.h"

#define FRAME_NS (16 * NSEC_PER_MSEC)
#define POLL_NS	 (250 * NSEC_PER_MSEC)
#define UNDERLINE_ROW 13
#define NOT_SHOWN 0xffffffff /* no character: draw it the first time */

static struct vterm vterm;
static struct vt_cell *shown;	/* the thread's: what the screen has */
static struct vt_cell *line;	/* the thread's: a row to be drawn */
static volatile uint8_t *fb;	/* [I] NULL: there is no screen */
static const struct bi_framebuffer *info; /* [I] */
static uint32_t palette[256];	/* [I] as pixels */
static uint32_t dirty, asked;	/* [a] grid changed; thread was woken */
static struct spinlock fb_lock = SPINLOCK_INIT(LR_NONE, "fbcon");
static struct waitq fb_wq = WAITQ_INIT(fb_wq);
static const struct vt_client *client; /* [a] */
static void *client_ctx;

static uint32_t
channel(unsigned v, unsigned shift, unsigned size)
{
	return size >= 8 ? v << (size - 8) << shift : v >> (8 - size) << shift;
}

static uint32_t
pixel(unsigned r, unsigned g, unsigned b)
{
	return channel(r, info->fb_red_shift, info->fb_red_size) |
	    channel(g, info->fb_green_shift, info->fb_green_size) |
	    channel(b, info->fb_blue_shift, info->fb_blue_size);
}

/* xterm's: 16 colours, a cube of 6x6x6, 24 greys. */
static void
palette_make(void)
{
	for (unsigned i = 0; i < 8; i++) {
		palette[i] = pixel((i & 1) * 170, (i >> 1 & 1) * 170,
		    (i >> 2 & 1) * 170);
		palette[8 + i] = pixel(85 + (i & 1) * 170,
		    85 + (i >> 1 & 1) * 170, 85 + (i >> 2 & 1) * 170);
	}
	for (unsigned i = 0; i < 216; i++) {
		unsigned r = i / 36, g = i / 6 % 6, b = i % 6;

		palette[16 + i] = pixel(r ? 55 + r * 40 : 0,
		    g ? 55 + g * 40 : 0, b ? 55 + b * 40 : 0);
	}
	for (unsigned i = 0; i < 24; i++)
		palette[232 + i] = pixel(8 + i * 10, 8 + i * 10, 8 + i * 10);
}

static void
cell_draw(unsigned x, unsigned y, const struct vt_cell *vc)
{
	const uint8_t *glyph = font_glyph(vc->vc_char == 0 ? ' ' :
							     vc->vc_char);
	uint32_t fg = palette[vc->vc_fg], bg = palette[vc->vc_bg];
	volatile uint8_t *p = fb +
	    (size_t)y * FONT_HEIGHT * info->fb_stride + x * FONT_WIDTH * 4;

	if ((vc->vc_attr & VT_BOLD) && vc->vc_fg < 8)
		fg = palette[vc->vc_fg + 8];
	if (vc->vc_attr & VT_REVERSE) {
		uint32_t t = fg;

		fg = bg;
		bg = t;
	}
	for (unsigned r = 0; r < FONT_HEIGHT; r++, p += info->fb_stride) {
		unsigned bits = glyph[r];

		if ((vc->vc_attr & VT_UNDERLINE) && r == UNDERLINE_ROW)
			bits = 0xff;
		for (unsigned c = 0; c < FONT_WIDTH; c += 2, bits <<= 2)
			mmio_write64(p + c * 4,
			    (uint64_t)(bits & 0x40 ? fg : bg) << 32 |
			    (bits & 0x80 ? fg : bg));
	}
}

/* Takes a row of the grid, the cursor in it. fb_lock held, or panic. */
static void
row_take(unsigned y)
{
	const struct vt_cursor *cu = &vterm.vt_cur;

	memcpy(line, vterm.vt_row[y], vterm.vt_cols * sizeof(*line));
	if (vterm.vt_cursor_shown && cu->cu_y == y)
		line[cu->cu_x].vc_attr ^= VT_REVERSE;
}

static void
row_draw(unsigned y)
{
	struct vt_cell *was = shown + (size_t)y * vterm.vt_cols;

	for (unsigned x = 0; x < vterm.vt_cols; x++) {
		if (memcmp(&was[x], &line[x], sizeof(*was)) == 0)
			continue;
		was[x] = line[x];
		cell_draw(x, y, &line[x]);
	}
}

static void
screen_draw(bool alone)
{
	for (unsigned y = 0; y < vterm.vt_rows; y++) {
		uint64_t flags = 0;

		if (!alone)
			flags = spin_lock_irq(&fb_lock);
		row_take(y);
		if (!alone)
			spin_unlock_irq(&fb_lock, flags);
		row_draw(y);
		if (!alone)
			sched_point();
	}
}

/* What is right of and below the last cells. */
static void
margins_clear(void)
{
	unsigned right = vterm.vt_cols * FONT_WIDTH;
	unsigned below = vterm.vt_rows * FONT_HEIGHT;

	for (unsigned y = 0; y < info->fb_height; y++) {
		for (unsigned x = y < below ? right : 0; x < info->fb_width;
		     x++)
			mmio_write32(fb + (size_t)y * info->fb_stride + x * 4,
			    palette[VT_BG_DEFAULT]);
		sched_point();
	}
}

static void
draw_thread(void *arg)
{
	margins_clear();
	for (;;) {
		(void)WAIT_EVENT_UNTIL(&fb_wq, atomic_load(&asked) != 0,
		    clock_mono() + POLL_NS);
		atomic_store(&asked, 0);
		if (atomic_xchg(&dirty, 0) == 0)
			continue;
		screen_draw(false);
		wmb(); /* out of the write-combining buffers */
		thread_sleep_ns(FRAME_NS);
	}
}

/* Bytes into the grid; answers, if any, into reply. */
static size_t
grid_write(const char *s, size_t n, char *reply)
{
	bool alone = panic_is_under_way();
	uint64_t flags = 0;
	size_t nreply;

	if (!alone)
		flags = spin_lock_irq(&fb_lock);
	vterm_write(&vterm, s, n);
	nreply = vterm.vt_nreply;
	memcpy(reply, vterm.vt_reply, nreply);
	vterm.vt_nreply = 0;
	if (!alone)
		spin_unlock_irq(&fb_lock, flags);
	atomic_store(&dirty, 1);
	if (alone) {
		screen_draw(true);
		wmb();
	}
	return nreply;
}

void
vt_write(const char *s, size_t n)
{
	char reply[VT_REPLY_MAX];
	size_t nreply;

	if (fb == NULL)
		return;
	nreply = grid_write(s, n, reply);
	if (atomic_xchg(&asked, 1) == 0)
		waitq_wake_all(&fb_wq);
	vt_key_input(reply, nreply);
}

/* Messages: never wakes, never answers. */
static void
console_put(struct console *cn, const char *s, size_t n)
{
	char reply[VT_REPLY_MAX];
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] != '\n')
			continue;
		(void)grid_write(s + from, i - from, reply);
		(void)grid_write("\r\n", 2, reply);
		from = i + 1;
	}
	(void)grid_write(s + from, n - from, reply);
}

static struct console screen_console = {
	.cn_name = "tty0",
	.cn_write = console_put,
};

bool
vt_exists(void)
{
	return fb != NULL;
}

void
vt_bind(const struct vt_client *c, void *ctx)
{
	client_ctx = ctx;
	atomic_store(&client, c);
}

void
vt_size_get(struct vt_size *vs)
{
	vs->vs_rows = (uint16_t)vterm.vt_rows;
	vs->vs_cols = (uint16_t)vterm.vt_cols;
	vs->vs_xpixel = (uint16_t)(vterm.vt_cols * FONT_WIDTH);
	vs->vs_ypixel = (uint16_t)(vterm.vt_rows * FONT_HEIGHT);
}

void
vt_key_input(const char *s, size_t n)
{
	const struct vt_client *c = atomic_load(&client);

	if (c != NULL && n > 0)
		c->vc_rx(client_ctx, s, n);
}

bool
vt_application_cursor(void)
{
	return vterm.vt_app_cursor;
}

/* Room for the grid, what is shown, and a row. */
static bool
grid_make(unsigned rows, unsigned cols)
{
	size_t cells = (size_t)rows * cols * sizeof(struct vt_cell);
	char *mem = kva_alloc(vterm_bytes(rows, cols) + cells +
	    cols * sizeof(struct vt_cell));

	if (mem == NULL)
		return false;
	vterm_init(&vterm, mem, rows, cols);
	shown = (void *)(mem + vterm_bytes(rows, cols));
	line = shown + (size_t)rows * cols;
	for (size_t i = 0; i < (size_t)rows * cols; i++)
		shown[i].vc_char = NOT_SHOWN;
	return true;
}

static void
fbcon_init(void)
{
	unsigned rows, cols;

	info = md_framebuffer();
	if (info == NULL || info->fb_bpp != 32)
		return;
	cols = MIN(info->fb_width / FONT_WIDTH, (unsigned)VT_COLS_MAX);
	rows = MIN(info->fb_height / FONT_HEIGHT, (unsigned)VT_ROWS_MAX);
	if (rows < 2 || cols < 2 || !grid_make(rows, cols))
		return;
	palette_make();
	fb = kva_map_phys(info->fb_phys,
	    (size_t)info->fb_stride * info->fb_height, PMAP_WC);
	if (fb == NULL)
		return;
	console_register(&screen_console);
	kthread_start("fbcon", draw_thread, NULL);
	kprintf("fbcon: %ux%u characters\n", cols, rows);
}
INIT(INIT_DRIVER, 17, fbcon_init);
