/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/torus.h: what the layers above tell the tori.
 *
 * Use: kern registers at boot how to ask whether the running thread may do
 * what only root may, and whose it is. Until then nobody may.
 */
#ifndef TORUS_TORUS_H
#define TORUS_TORUS_H

#include "base/types.h"

void torus_privilege_register(bool (*privileged)(void), uid_t (*user)(void));

#endif
