# SPDX-License-Identifier: MIT
# usr.bin/rsed/program.mk - the daemon: static, in /usr/sbin.
LIBS_rsed := -lrse
CFLAGS_rsed := -static
DIR_rsed := /usr/sbin
IMAGE_MANIFESTS += sysroot/rse.manifest
IMAGE_FILES += sysroot/rse.manifest $(wildcard sysroot/share/rse/*)
