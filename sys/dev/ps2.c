/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/ps2.c: the keyboard at an 8042 controller; most laptops still have
 * one, and firmware makes USB keyboards look like one on many machines.
 *
 * The controller's self-test is left out: firmware has just used it, and on
 * some machines the test forgets the settings it made.
 */
#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/waitq.h"

#include <machine/io.h>
#include <machine/md.h>
#include <machine/platform.h>

#include "dev/keymap.h"
#include "dev/vt.h"

#define DATA	   0x60
#define STATUS	   0x64 /* read */
#define COMMAND	   0x64 /* write */
#define S_OUTPUT   0x01 /* a byte for us */
#define S_INPUT	   0x02 /* the controller is busy */
#define S_MOUSE	   0x20
#define C_READ	   0x20
#define C_WRITE	   0x60
#define C_NO_MOUSE 0xa7
#define C_NO_KBD   0xad
#define C_KBD	   0xae
#define CFG_KBD_IRQ 0x01
#define CFG_MOUSE_IRQ 0x02
#define CFG_KBD_OFF 0x10
#define CFG_SET1   0x40 /* translate to set 1 */
#define KBD_SCAN   0xf4
#define KBD_ACK	   0xfa
#define KBD_IRQ	   1
#define WAIT_NS	   (50 * NSEC_PER_MSEC)
#define DRAIN_MAX  64

static struct keyboard keyboard; /* the interrupt's */

static void
interrupt(void *arg)
{
	char out[KEY_BYTES_MAX];

	for (unsigned i = 0; i < DRAIN_MAX; i++) {
		uint8_t status = inb(STATUS), code;
		size_t n;

		if (!(status & S_OUTPUT))
			break;
		code = inb(DATA);
		if ((status & S_MOUSE) || code == KBD_ACK)
			continue;
		n = keyboard_decode(&keyboard, code, vt_application_cursor(),
		    out);
		vt_key_input(out, n);
	}
}

/* Until the bits of mask have the value; false: they never did. */
static bool
status_wait(uint8_t mask, uint8_t value)
{
	nsec_t limit = clock_mono() + WAIT_NS;

	while ((inb(STATUS) & mask) != value) {
		if (clock_mono() > limit)
			return false;
		cpu_pause();
	}
	return true;
}

static bool
put(uint16_t port, uint8_t byte)
{
	if (!status_wait(S_INPUT, 0))
		return false;
	outb(port, byte);
	return true;
}

static bool
get(uint8_t *byte)
{
	if (!status_wait(S_OUTPUT, S_OUTPUT))
		return false;
	*byte = inb(DATA);
	return true;
}

static void
drain(void)
{
	for (unsigned i = 0; i < DRAIN_MAX && (inb(STATUS) & S_OUTPUT); i++)
		(void)inb(DATA);
}

/* Both ports off while it is set up, then the keyboard alone on. */
static bool
controller_init(void)
{
	uint8_t config;

	if (inb(STATUS) == 0xff)
		return false;
	if (!put(COMMAND, C_NO_KBD) || !put(COMMAND, C_NO_MOUSE))
		return false;
	drain();
	if (!put(COMMAND, C_READ) || !get(&config))
		return false;
	config |= CFG_KBD_IRQ | CFG_SET1;
	config &= (uint8_t)~(CFG_MOUSE_IRQ | CFG_KBD_OFF);
	if (!put(COMMAND, C_WRITE) || !put(DATA, config))
		return false;
	return put(COMMAND, C_KBD) && put(DATA, KBD_SCAN);
}

static void
ps2_init(void)
{
	if (!md_has_i8042() || !vt_exists())
		return;
	if (!controller_init()) {
		klog(KLOG_WARNING, "ps2: the controller does not answer\n");
		return;
	}
	if (md_irq_register(KBD_IRQ, interrupt, NULL, "keyboard") != 0)
		klog(KLOG_ERR, "ps2: no interrupt\n");
	drain(); /* a byte that came before would keep the line up */
}
INIT(INIT_DRIVER, 40, ps2_init);
