/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/librse_known.c - the known answers, from librse and musl,
 * inside: the same program as on the host.
 * GUEST: -lrse
 */
#include "../host/rse_known.c"
