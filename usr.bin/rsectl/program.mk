# SPDX-License-Identifier: MIT
# usr.bin/rsectl/program.mk - rsectl shares rsed's view of device and file.
LIBS_rsectl := -lrse
CFLAGS_rsectl := -static -Iusr.bin/rsed usr.bin/rsed/conf.c usr.bin/rsed/tori.c
DEPS_rsectl := $(addprefix usr.bin/rsed/,conf.c conf.h tori.c tori.h)
