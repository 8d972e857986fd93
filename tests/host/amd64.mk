# SPDX-License-Identifier: MIT
# tests/host/amd64.mk -- what of sys/amd64 a host program can check.

HOST_TESTS += amd64_sigframe
amd64_sigframe_SRCS := tests/host/amd64_sigframe.c
