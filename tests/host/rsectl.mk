# SPDX-License-Identifier: MIT
# tests/host/rsectl.mk -- rsectl_test.sh runs the program as it is in the
# image: a static one does not mind which kernel it is on.
ifneq ($(TAP),)
$(TAP)/host-rsectl.tap: $(BUILD)/usr.bin/rsectl
endif
