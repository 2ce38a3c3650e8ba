/* SPDX-License-Identifier: BSD-2-Clause */
/* Any machine whose device tree tells everything, QEMU's virt among them. */
#include "platform/board.h"

const struct board board = {.name = "generic"};
