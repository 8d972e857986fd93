# SPDX-License-Identifier: MIT
# usr.bin/rsectl/program.mk - rsectl shares rsed's view of device and file,
# and draws with libpng and the console's font.
LIBS_rsectl := -lrse -lpng -lz
CFLAGS_rsectl := -static -Iusr.bin/rsed usr.bin/rsed/conf.c \
	usr.bin/rsed/tori.c -I$(PORTS)/spleen
DEPS_rsectl := $(addprefix usr.bin/rsed/,conf.c conf.h tori.c tori.h) \
	$(addprefix $(PORTS)/,spleen/.done libpng/.done)
