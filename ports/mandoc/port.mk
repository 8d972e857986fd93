# SPDX-License-Identifier: MIT
# ports/mandoc/port.mk -- man and its relatives: one static program with many
# names, $(PORTS)/mandoc/mandoc.

$(PORTS)/mandoc/.done: $(PORTS)/mandoc/.unpacked $(PORTS)/zlib/.done \
    ports/mandoc/port.mk ports/mandoc/configure.local
	$(call port_run,mandoc, \
	    { cat ports/mandoc/configure.local; \
		echo 'CC="$(CURDIR)/$(RSE_CC) -static"'; } \
		>$(PORTS)/mandoc/src/configure.local; \
	    cd $(PORTS)/mandoc/src; \
	    ./configure; \
	    $(PORT_MAKE) mandoc; \
	    strip -o ../mandoc mandoc )
	@touch $@
