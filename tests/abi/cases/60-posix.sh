#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/abi/cases/60-posix.sh -- the POSIX test suite.
. /abi/cases/lib.sh

cd "$work" || exit 1
/abi/pts_run /abi/pts 12 "${LIMIT:-60}" $PTS
