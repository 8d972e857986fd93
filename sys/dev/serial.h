/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/serial.h: serial lines, as a terminal above them sees them.
 *
 * Use: a driver registers its ports in INIT_DRIVER; in INIT_LATE the terminal
 * layer walks serial_port_get(0), (1), ... and binds itself to each. Until a
 * port is bound, what it receives is dropped.
 * Invariant: the callbacks run in interrupt context with no driver lock held;
 * they must not sleep, and may call the so_ functions.
 */
#ifndef DEV_SERIAL_H
#define DEV_SERIAL_H

#include "base/types.h"

#define SERIAL_MAX 4

struct serial_port;

enum serial_parity { SERIAL_PARITY_NONE, SERIAL_PARITY_ODD,
	SERIAL_PARITY_EVEN };

struct serial_mode {
	uint32_t sm_baud; /* 0: hang up */
	uint8_t sm_data_bits; /* 5 ... 8 */
	uint8_t sm_stop_bits; /* 1 or 2 */
	uint8_t sm_parity;    /* enum serial_parity */
};

struct serialops {
	/* Queue bytes for output; returns how many were taken. Any context. */
	size_t (*so_write)(struct serial_port *, const char *, size_t);
	size_t (*so_room)(struct serial_port *);
	size_t (*so_pending)(struct serial_port *); /* bytes not yet sent */
	void (*so_flush)(struct serial_port *);	    /* forget these */
	/* -EINVAL: the hardware cannot. */
	int (*so_set_mode)(struct serial_port *, const struct serial_mode *);
	void (*so_throttle)(struct serial_port *, bool on); /* stop receiving */
	void (*so_send_break)(struct serial_port *, bool on);
};

/* What the terminal wants to hear; all must be set. */
struct serial_client {
	void (*sc_rx)(void *ctx, const char *bytes, size_t n);
	void (*sc_break)(void *ctx);
	void (*sc_tx_ready)(void *ctx); /* there is room again */
};

struct serial_port {
	const char *sp_name; /* [I] "ttyS0" */
	unsigned sp_index;   /* [I] 0: ttyS0 */
	const struct serialops *sp_ops; /* [I] */
	void *sp_priv;	     /* [I] driver's */
	const struct serial_client *sp_client; /* [a] NULL: not bound */
	void *sp_ctx;	     /* [I] once sp_client is set */
};

void serial_register(struct serial_port *);
/* NULL: there is no such port (ports after it may exist). */
struct serial_port *serial_port_get(unsigned index);
void serial_bind(struct serial_port *, const struct serial_client *,
    void *ctx);

#endif
