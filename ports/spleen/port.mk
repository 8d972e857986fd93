# SPDX-License-Identifier: MIT
# ports/spleen/port.mk -- the console's font as a C header for the kernel.
# Result: $(PORTS)/spleen/font_spleen.h.

$(PORTS)/spleen/.done: $(PORTS)/spleen/.unpacked ports/spleen/port.mk \
    ports/spleen/bdf2h.awk
	$(call port_run,spleen, \
	    awk -f ports/spleen/bdf2h.awk $(PORTS)/spleen/src/spleen-8x16.bdf \
		>$(PORTS)/spleen/font_spleen.h.tmp; \
	    mv $(PORTS)/spleen/font_spleen.h.tmp \
		$(PORTS)/spleen/font_spleen.h )
	@touch $@
