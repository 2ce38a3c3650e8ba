# SPDX-License-Identifier: BSD-2-Clause
#
# SPIN on the models of the protocol and on their broken variants; herd7 on the order of memory, which those leave out.

.PHONY: model
model: | setup
	@models/memory/run
	@HOSTCC='$(HOSTCC)' models/run
