/* SPDX-License-Identifier: BSD-2-Clause */
/* Any machine whose device tree is complete, such as QEMU's virt machine. */
#include "platform/board.h"

const struct board board = {.name = "generic"};
