# SPDX-License-Identifier: BSD-2-Clause
#
# The cost of operations in retired instructions. Counts are exact, so two runs give the same. BASELINE=FILE compares with the
# build/bench.json of another build, TOLERANCE= percent.

.PHONY: bench
bench: all
	@QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' SMP='$(SMP)' SIZE='$(CROSS)size' \
	BASELINE='$(BASELINE)' TOLERANCE='$(TOLERANCE)' scripts/bench
