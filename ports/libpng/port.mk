# SPDX-License-Identifier: MIT
# ports/libpng/port.mk -- libpng.a and its headers, into the sysroot.

$(PORTS)/libpng/.done: $(PORTS)/libpng/.unpacked $(PORTS)/zlib/.done \
    ports/libpng/port.mk
	$(call port_run,libpng, \
	    cd $(PORTS)/libpng/src; \
	    CC=$(CURDIR)/$(RSE_CC) CFLAGS=-O2 ./configure --prefix=/usr \
		--host=x86_64-linux-musl --build=x86_64-linux-gnu \
		--disable-shared --disable-tools; \
	    $(PORT_MAKE) libpng16.la; \
	    install -m 644 png.h pngconf.h pnglibconf.h \
		$(CURDIR)/$(SYSROOT)/usr/include; \
	    install -m 644 .libs/libpng16.a \
		$(CURDIR)/$(SYSROOT)/usr/lib/libpng.a )
	@touch $@
