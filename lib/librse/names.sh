#!/bin/sh
# SPDX-License-Identifier: MIT
# lib/librse/names.sh -- the names that a manual page is about.
#
# Use: names.sh PAGE...

exec sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([A-Za-z0-9_]*\).*/\1/p' "$@"
