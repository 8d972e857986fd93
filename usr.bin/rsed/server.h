/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/server.h - the control socket.
 */
#ifndef RSED_SERVER_H
#define RSED_SERVER_H

#include <poll.h>

#define CLIENTS 16

/* A listening socket, or -1 with errno.  One left by a dead rsed goes. */
int server_open(const char *path);
/* A connection is waiting. */
void server_accept(int fd);
/* Fill in what to poll for; returns how many, at most CLIENTS. */
unsigned server_poll(struct pollfd *);
/* After poll: serve those that are ready. */
void server_serve(const struct pollfd *, unsigned n);

#endif
