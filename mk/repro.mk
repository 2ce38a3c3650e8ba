# SPDX-License-Identifier: BSD-2-Clause
#
# A bug that users saw, and the proof that libaia does not have it.

.PHONY: repro
repro: all
	@QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' scripts/repro $(SEED)
