/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/uart_early.c: messages on COM1 before there is a driver.
 *
 * The driver takes the line over: console_unregister(&uart_early_console).
 */
#include "base/kprintf.h"

#include "amd64/amd64.h"

#define COM1		0x3f8
#define UART_THR	0 /* data, DLAB: divisor low */
#define UART_IER	1 /* DLAB: divisor high */
#define UART_FCR	2
#define UART_LCR	3
#define UART_MCR	4
#define UART_LSR	5
#define UART_SCR	7
#define LCR_8N1		0x03
#define LCR_DLAB	0x80
#define FCR_ENABLE	0x07 /* and both FIFOs empty */
#define MCR_DTR_RTS	0x03
#define LSR_THRE	0x20
#define SPIN_MAX	100000 /* a line that hangs must not hang us */

static void
uart_put(uint8_t byte)
{
	for (int i = 0; i < SPIN_MAX; i++) {
		if (inb(COM1 + UART_LSR) & LSR_THRE)
			break;
		cpu_pause();
	}
	outb(COM1 + UART_THR, byte);
}

static void
uart_write(struct console *cn, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			uart_put('\r');
		uart_put(s[i]);
	}
}

struct console uart_early_console = {
	.cn_name = "uart0",
	.cn_write = uart_write,
};

/* Only if something answers there; 115200 baud, 8N1. */
void
uart_early_init(void)
{
	outb(COM1 + UART_SCR, 0xa5);
	if (inb(COM1 + UART_SCR) != 0xa5)
		return;
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_DLAB);
	outb(COM1 + UART_THR, 1);
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_8N1);
	outb(COM1 + UART_FCR, FCR_ENABLE);
	outb(COM1 + UART_MCR, MCR_DTR_RTS);
	console_register(&uart_early_console);
}
