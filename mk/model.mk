# SPDX-License-Identifier: BSD-2-Clause
#
# SPIN over the protocol's models, and over their broken variants; herd7 over what they leave out, the order of memory.

.PHONY: model
model: | setup
	@models/memory/run
	@HOSTCC='$(HOSTCC)' models/run
