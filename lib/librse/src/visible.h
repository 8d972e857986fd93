/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/src/visible.h - what the library shows, and nothing else.
 *
 * Use: the compiler reads it before each source (-include), with
 * -fvisibility=hidden: a function declared in a public header is visible,
 * one that files of the engine share among themselves is not.
 */
#ifndef LIBRSE_VISIBLE_H
#define LIBRSE_VISIBLE_H

#pragma GCC visibility push(default)

#include "../include/librse.h"
#include <rse_recover.h>
#include <rsep.h>
#include "../../../rse/port/posix/node.h"
#include "../../../rse/port/posix/runner.h"

#pragma GCC visibility pop

#endif
