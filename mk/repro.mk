# SPDX-License-Identifier: BSD-2-Clause
#
# The bug from the field, and its absence.

USB_IMAGE := $B/img/usb-8192.img

$B/img/%.img: scripts/image | setup
	$(call say,IMAGE,$@)
	$Qscripts/image $@

test: $(USB_IMAGE)

.PHONY: repro
repro: all $(USB_IMAGE)
	@QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' scripts/repro $(USB_IMAGE) $(SEED)
