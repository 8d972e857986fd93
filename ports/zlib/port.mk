# SPDX-License-Identifier: MIT
# ports/zlib/port.mk -- libz.a and its headers, into the sysroot.

$(PORTS)/zlib/.done: $(PORTS)/zlib/.unpacked $(PORTS)/musl/.done \
    ports/zlib/port.mk
	$(call port_run,zlib, \
	    cd $(PORTS)/zlib/src; \
	    CC=$(CURDIR)/$(RSE_CC) AR=ar RANLIB=ranlib CFLAGS=-O2 \
		./configure --static --prefix=/usr; \
	    $(PORT_MAKE) libz.a; \
	    install -m 644 zlib.h zconf.h $(CURDIR)/$(SYSROOT)/usr/include; \
	    install -m 644 libz.a $(CURDIR)/$(SYSROOT)/usr/lib )
	@touch $@
