# SPDX-License-Identifier: MIT
# ports/musl/port.mk -- the C library, the kernel's interface headers for
# programs, and the compiler wrapper rse-cc that uses both.

$(PORTS)/musl/.done: $(PORTS)/musl/.unpacked ports/musl/port.mk \
    ports/musl/mkcc.sh $(wildcard ports/musl/patches/*)
	$(call port_run,musl, \
	    cd $(PORTS)/musl/src; \
	    ./configure --prefix=/usr --syslibdir=/lib \
		--target=x86_64-linux-musl --disable-wrapper \
		CC=gcc AR=ar RANLIB=ranlib; \
	    $(PORT_MAKE); \
	    make install DESTDIR=$(CURDIR)/$(SYSROOT) )
	@ports/musl/mkcc.sh $(CURDIR)/$(SYSROOT) $(CURDIR)/$(BUILD)/bin
	@touch $@
