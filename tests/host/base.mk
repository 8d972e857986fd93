# SPDX-License-Identifier: MIT
# tests/host/base.mk -- sys/base's pure parts as host programs.

HOST_TESTS += base_pure
base_pure_SRCS := tests/host/base_pure.c
