# SPDX-License-Identifier: BSD-2-Clause
#
# SPIN over the protocol's models, and over their broken variants.

.PHONY: model
model: | setup
	@HOSTCC='$(HOSTCC)' models/run
