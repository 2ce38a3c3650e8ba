# SPDX-License-Identifier: BSD-2-Clause
#
# The bug from the field, and its absence.

.PHONY: repro
repro: all
	@QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' scripts/repro $(SEED)
