# SPDX-License-Identifier: MIT
# tests/host/rsectl.mk -- rsectl_test.sh and rsed_test.sh run the programs as
# they are in the image: a static one does not mind which kernel it is on.
ifneq ($(TAP),)
$(TAP)/host-rsectl.tap: $(BUILD)/usr.bin/rsectl
$(TAP)/host-rsed.tap: $(BUILD)/usr.bin/rsed
endif
