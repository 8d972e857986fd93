/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/serial.c: the table of serial lines between drivers and terminals.
 */
#include "base/atomic.h"

#include "dev/serial.h"

static struct serial_port *ports[SERIAL_MAX]; /* [I] after INIT_DRIVER */

void
serial_register(struct serial_port *sp)
{
	if (sp->sp_index < SERIAL_MAX)
		ports[sp->sp_index] = sp;
}

struct serial_port *
serial_port_get(unsigned index)
{
	return index < SERIAL_MAX ? ports[index] : NULL;
}

/* The client is published last: an interrupt that sees it sees ctx, too. */
void
serial_bind(struct serial_port *sp, const struct serial_client *client,
    void *ctx)
{
	sp->sp_ctx = ctx;
	atomic_store(&sp->sp_client, client);
}
