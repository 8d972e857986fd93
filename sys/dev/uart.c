/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/uart.c: serial lines of the 16550 kind, ttyS0 to ttyS3.
 *
 * Output goes into a ring, from there to the chip while it takes bytes, and
 * the rest when it interrupts. Kernel messages go past the ring, waiting for
 * the chip, so that they come out even when the machine is dying.
 * Locks: u_lock; the callbacks run without it.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/lock.h"
#include "base/panic.h"
#include "base/string.h"

#include <abi/errno.h>
#include <machine/cpu.h>
#include <machine/io.h>
#include <machine/md.h>
#include <machine/platform.h>

#include "dev/serial.h"

#define RBR	    0 /* and THR; DLAB: divisor low */
#define IER	    1 /* DLAB: divisor high */
#define IIR	    2 /* and FCR */
#define LCR	    3
#define MCR	    4
#define LSR	    5
#define MSR	    6
#define SCR	    7

#define IER_RX	    0x01
#define IER_TX	    0x02
#define IER_LINE    0x04
#define IIR_NONE    0x01
#define IIR_FIFO    0xc0
#define FCR_ON	    0x01
#define FCR_CLEAR   0x06
#define FCR_TRIGGER 0x80 /* at 8 of 16 bytes, or when the line pauses */
#define LCR_DLAB    0x80
#define LCR_BREAK   0x40
#define MCR_DTR	    0x01
#define MCR_RTS	    0x02
#define MCR_OUT2    0x08 /* lets interrupts through on PCs */
#define LSR_DATA    0x01
#define LSR_BREAK   0x10
#define LSR_THRE    0x20
#define LSR_IDLE    0x40

#define FIFO_SIZE   16
#define RING_SIZE   4096 /* a power of two */
#define PUMP_MAX    512  /* bytes at one time with interrupts off */
#define BAUD_BASE   115200
#define SPIN_MAX    200000
#define RX_BATCH    64
#define RX_ROUNDS   64 /* an interrupt that never ends is a broken chip */

struct uart {
	struct spinlock u_lock;
	struct serial_port u_port;
	uint16_t u_io;
	uint8_t u_ier;
	uint8_t u_lcr;
	uint8_t u_fifo; /* bytes the transmitter takes at once */
	bool u_starved;	/* the client was told "full" and waits */
	uint32_t u_head, u_tail; /* of the ring: put at head, take at tail */
	char u_ring[RING_SIZE];
};

static const struct {
	uint16_t io;
	uint8_t irq;
	const char *name;
} places[SERIAL_MAX] = {
	{ 0x3f8, 4, "ttyS0" },
	{ 0x2f8, 3, "ttyS1" },
	{ 0x3e8, 4, "ttyS2" },
	{ 0x2e8, 3, "ttyS3" },
};

static struct uart uarts[SERIAL_MAX];
static bool console_live; /* what was said before is on this line already */

static uint8_t
reg_read(struct uart *u, unsigned reg)
{
	return inb((uint16_t)(u->u_io + reg));
}

static void
reg_write(struct uart *u, unsigned reg, uint8_t v)
{
	outb((uint16_t)(u->u_io + reg), v);
}

static void
ier_set(struct uart *u, uint8_t ier)
{
	if (u->u_ier != ier) {
		u->u_ier = ier;
		reg_write(u, IER, ier);
	}
}

/*
 * u_lock held: ring to chip, a FIFO-full each time it says it is empty. The
 * interrupt is wanted only if something is left.
 */
static void
pump(struct uart *u)
{
	unsigned sent = 0;

	while (u->u_head != u->u_tail && sent < PUMP_MAX &&
	    (reg_read(u, LSR) & LSR_THRE)) {
		for (unsigned i = 0; i < u->u_fifo && u->u_head != u->u_tail;
		     i++, sent++)
			reg_write(u, RBR,
			    (uint8_t)u->u_ring[u->u_tail++ % RING_SIZE]);
	}
	ier_set(u, u->u_head != u->u_tail ? u->u_ier | IER_TX :
					    u->u_ier & ~IER_TX);
}

static size_t
uart_write(struct serial_port *sp, const char *s, size_t n)
{
	struct uart *u = sp->sp_priv;
	uint64_t flags = spin_lock_irq(&u->u_lock);
	size_t done = 0;

	while (done < n) {
		size_t room = RING_SIZE - (u->u_head - u->u_tail);
		size_t at = u->u_head % RING_SIZE;
		size_t len = MIN(MIN(n - done, room), RING_SIZE - at);

		if (len == 0)
			break;
		memcpy(u->u_ring + at, s + done, len);
		u->u_head += (uint32_t)len;
		done += len;
	}
	if (done < n)
		u->u_starved = true;
	if (!(u->u_ier & IER_TX))
		pump(u);
	spin_unlock_irq(&u->u_lock, flags);
	return done;
}

static size_t
uart_room(struct serial_port *sp)
{
	struct uart *u = sp->sp_priv;
	uint64_t flags = spin_lock_irq(&u->u_lock);
	size_t room = RING_SIZE - (u->u_head - u->u_tail);

	if (room == 0)
		u->u_starved = true;
	spin_unlock_irq(&u->u_lock, flags);
	return room;
}

static size_t
uart_pending(struct serial_port *sp)
{
	struct uart *u = sp->sp_priv;
	uint64_t flags = spin_lock_irq(&u->u_lock);
	size_t n = u->u_head - u->u_tail;

	if (n == 0 && !(reg_read(u, LSR) & LSR_IDLE))
		n = 1;
	spin_unlock_irq(&u->u_lock, flags);
	return n;
}

static void
uart_flush(struct serial_port *sp)
{
	struct uart *u = sp->sp_priv;
	uint64_t flags = spin_lock_irq(&u->u_lock);

	u->u_tail = u->u_head;
	spin_unlock_irq(&u->u_lock, flags);
}

/* u_lock held. */
static void
divisor_set(struct uart *u, uint32_t divisor)
{
	reg_write(u, LCR, u->u_lcr | LCR_DLAB);
	reg_write(u, RBR, (uint8_t)divisor);
	reg_write(u, IER, (uint8_t)(divisor >> 8));
	reg_write(u, LCR, u->u_lcr);
	reg_write(u, IER, u->u_ier);
}

static int
uart_set_mode(struct serial_port *sp, const struct serial_mode *sm)
{
	struct uart *u = sp->sp_priv;
	uint64_t flags;
	uint8_t lcr;

	if (sm->sm_data_bits < 5 || sm->sm_data_bits > 8 ||
	    sm->sm_baud > BAUD_BASE ||
	    (sm->sm_baud != 0 && BAUD_BASE / sm->sm_baud > 0xffff))
		return -EINVAL;
	lcr = (uint8_t)(sm->sm_data_bits - 5);
	if (sm->sm_stop_bits == 2)
		lcr |= 0x04;
	if (sm->sm_parity != SERIAL_PARITY_NONE)
		lcr |= sm->sm_parity == SERIAL_PARITY_EVEN ? 0x18 : 0x08;
	flags = spin_lock_irq(&u->u_lock);
	u->u_lcr = lcr;
	if (sm->sm_baud != 0)
		divisor_set(u, BAUD_BASE / sm->sm_baud);
	reg_write(u, MCR, sm->sm_baud == 0 ? MCR_OUT2 :
		MCR_DTR | MCR_RTS | MCR_OUT2);
	spin_unlock_irq(&u->u_lock, flags);
	return 0;
}

/* Without the interrupt the chip's FIFO fills up, and RTS asks for silence. */
static void
uart_throttle(struct serial_port *sp, bool on)
{
	struct uart *u = sp->sp_priv;
	uint64_t flags = spin_lock_irq(&u->u_lock);

	reg_write(u, MCR, MCR_DTR | MCR_OUT2 | (on ? 0 : MCR_RTS));
	ier_set(u, on ? u->u_ier & ~IER_RX : u->u_ier | IER_RX);
	spin_unlock_irq(&u->u_lock, flags);
}

static void
uart_send_break(struct serial_port *sp, bool on)
{
	struct uart *u = sp->sp_priv;
	uint64_t flags = spin_lock_irq(&u->u_lock);

	u->u_lcr = (uint8_t)(on ? u->u_lcr | LCR_BREAK :
				  u->u_lcr & ~LCR_BREAK);
	reg_write(u, LCR, u->u_lcr);
	spin_unlock_irq(&u->u_lock, flags);
}

static const struct serialops uart_ops = {
	.so_write = uart_write,
	.so_room = uart_room,
	.so_pending = uart_pending,
	.so_flush = uart_flush,
	.so_set_mode = uart_set_mode,
	.so_throttle = uart_throttle,
	.so_send_break = uart_send_break,
};

/* u_lock held: what has come, up to a break; returns the number of bytes. */
static size_t
receive(struct uart *u, char *buf, size_t size, bool *is_break)
{
	size_t n = 0;
	uint8_t lsr;

	*is_break = false;
	while (n < size && ((lsr = reg_read(u, LSR)) & LSR_DATA)) {
		char c = (char)reg_read(u, RBR);

		if (lsr & LSR_BREAK) {
			*is_break = true;
			break;
		}
		buf[n++] = c;
	}
	return n;
}

static void
service(struct uart *u)
{
	const struct serial_client *sc = atomic_load(&u->u_port.sp_client);
	void *ctx = u->u_port.sp_ctx;
	bool is_break = false, ready = false;
	char buf[RX_BATCH];
	size_t n;

	for (unsigned i = 0; i < RX_ROUNDS; i++) {
		spin_lock(&u->u_lock);
		if (reg_read(u, IIR) & IIR_NONE) {
			spin_unlock(&u->u_lock);
			break;
		}
		(void)reg_read(u, MSR);
		n = u->u_ier & IER_RX ?
		    receive(u, buf, sizeof(buf), &is_break) : 0;
		pump(u);
		if (u->u_starved &&
		    u->u_head - u->u_tail <= RING_SIZE / 2) {
			u->u_starved = false;
			ready = true;
		}
		spin_unlock(&u->u_lock);
		if (sc == NULL)
			continue;
		if (n > 0)
			sc->sc_rx(ctx, buf, n);
		if (is_break && n < sizeof(buf))
			sc->sc_break(ctx);
	}
	if (ready && sc != NULL)
		sc->sc_tx_ready(ctx);
}

/* Two chips may share a wire. arg: the wire's number. */
static void
uart_interrupt(void *arg)
{
	for (unsigned i = 0; i < SERIAL_MAX; i++) {
		if (uarts[i].u_io != 0 && places[i].irq == (uintptr_t)arg)
			service(&uarts[i]);
	}
}

static void
put_wait(struct uart *u, uint8_t byte)
{
	for (unsigned i = 0; i < SPIN_MAX && !(reg_read(u, LSR) & LSR_THRE);
	     i++)
		cpu_pause();
	reg_write(u, RBR, byte);
}

/* In a panic the lock's holder may never run again: do without. */
static void
console_put(struct console *cn, const char *s, size_t n)
{
	struct uart *u = &uarts[0];
	bool locked = !panic_is_under_way();
	uint64_t flags = 0;

	if (!console_live)
		return;
	if (locked)
		flags = spin_lock_irq(&u->u_lock);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			put_wait(u, '\r');
		put_wait(u, (uint8_t)s[i]);
	}
	if (locked)
		spin_unlock_irq(&u->u_lock, flags);
}

static struct console uart_console = {
	.cn_name = "ttyS0",
	.cn_write = console_put,
};

/* Nothing there: the scratch register does not keep what it is given. */
static bool
probe(uint16_t io)
{
	outb((uint16_t)(io + SCR), 0x5a);
	if (inb((uint16_t)(io + SCR)) != 0x5a)
		return false;
	outb((uint16_t)(io + SCR), 0xa5);
	return inb((uint16_t)(io + SCR)) == 0xa5;
}

static void
attach(unsigned i)
{
	struct uart *u = &uarts[i];

	/* Messages take this lock under that of the log. */
	spin_init(&u->u_lock, LR_NONE, "uart");
	u->u_port.sp_name = places[i].name;
	u->u_port.sp_index = i;
	u->u_port.sp_ops = &uart_ops;
	u->u_port.sp_priv = u;
	u->u_io = places[i].io;
	u->u_lcr = 0x03; /* 8N1 */
	reg_write(u, IER, 0);
	divisor_set(u, 1);
	reg_write(u, IIR, FCR_ON | FCR_CLEAR | FCR_TRIGGER);
	u->u_fifo = (reg_read(u, IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_SIZE : 1;
	reg_write(u, MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
	(void)reg_read(u, LSR);
	(void)reg_read(u, RBR);
	(void)reg_read(u, MSR);
}

static void
uart_init(void)
{
	uint16_t irqs = 0;

	for (unsigned i = 0; i < SERIAL_MAX; i++) {
		if (probe(places[i].io))
			attach(i);
	}
	if (uarts[0].u_io != 0) {
		console_register(&uart_console);
		console_live = true;
		md_early_console_stop();
	}
	for (unsigned i = 0; i < SERIAL_MAX; i++) {
		unsigned irq = places[i].irq;

		if (uarts[i].u_io == 0)
			continue;
		if (!(irqs >> irq & 1) && md_irq_register(irq, uart_interrupt,
			(void *)(uintptr_t)irq, "uart") != 0) {
			klog(KLOG_ERR, "%s: no interrupt\n", places[i].name);
			continue;
		}
		irqs |= (uint16_t)(1u << irq);
		ier_set(&uarts[i], IER_RX | IER_LINE);
		serial_register(&uarts[i].u_port);
	}
}
INIT(INIT_DRIVER, 15, uart_init);
