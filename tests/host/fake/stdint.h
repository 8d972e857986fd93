/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/stdint.h: the C library's, less the macro of its own that
 * base/types.h defines too.
 */
#ifndef FAKE_STDINT_H
#define FAKE_STDINT_H

#include_next <stdint.h>

#undef __always_inline

#endif
