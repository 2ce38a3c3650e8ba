/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A board to copy. Leave out what your device tree already tells: a NULL is better than a function that does the same.
 * What stands here is right for QEMU's virt machine, so that it can be tested.
 */
#include "platform/board.h"
#include "mmio.h"

#include <libfdt.h>
#include <string.h>

#define UART      0x10000000ul /* ns16550, registers a byte apart */
#define UART_DATA (UART + 0)
#define UART_LSR  (UART + 5)
#define LSR_READY 0x01u
#define LSR_EMPTY 0x20u
#define SPINS     100000u /* some milliseconds: then the byte is lost, but nothing hangs */

#define FINISHER 0x100000ul /* sifive,test0 */

static _Alignas(8) char tree[64 << 10]; /* a copy of the device tree, and room for what is added to it */

/* For example: interrupt files of which the tree forgot to say how many identities they have. */
static int template_fix_tree(void *fdt, struct machine_error *err)
{
    for (int node = -1; (node = fdt_node_offset_by_compatible(fdt, node, "riscv,imsics")) >= 0;)
        if (!fdt_getprop(fdt, node, "riscv,num-ids", NULL) &&
            fdt_setprop_u32(fdt, node, "riscv,num-ids", 255)) {
            *err = (struct machine_error){"/", "riscv,num-ids", "template: no room for it in the tree"};
            return -1;
        }
    return 0;
}

static int template_fix(struct machine *m, struct machine_error *err)
{
    /* For example: a tree that forgot to say so. What cannot be right is better refused than guessed. */
    if (m->imsic.present && m->imsic.num_ids < 63) {
        *err = (struct machine_error){"/", "", "template: fewer than 63 identities"};
        return -1;
    }
    strncpy(m->model, "template board", sizeof(m->model) - 1);
    return 0;
}

static void template_put(char c)
{
    for (unsigned i = 0; i < SPINS; i++)
        if (mmio_read8(UART_LSR) & LSR_EMPTY) {
            mmio_write8(UART_DATA, (uint8_t)c);
            return;
        }
}

static int template_get(void)
{
    return mmio_read8(UART_LSR) & LSR_READY ? mmio_read8(UART_DATA) : -1;
}

static void template_end(int code)
{
    mmio_write32(FINISHER, code ? (uint32_t)code << 16 | 0x3333u : 0x5555u);
    fence_all();
}

const struct board board = {
    .name = "template",
    .fix_tree = template_fix_tree,
    .tree = tree,
    .tree_size = sizeof(tree),
    .fix = template_fix,
    .put = template_put,
    .get = template_get,
    .end = template_end,
};
