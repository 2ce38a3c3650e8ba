/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A board to copy. Leave out everything that your device tree already describes: a NULL is better than a function that
 * does the same. The values here are right for QEMU's virt machine, so that a test can run this board.
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
#define SPINS     100000u /* some milliseconds; then the byte is lost, but nothing hangs */

#define FINISHER 0x100000ul /* sifive,test0 */

static _Alignas(8) char tree[64 << 10]; /* a copy of the device tree, and room for additions */

/* For example: a tree that lacks the number of identities of its interrupt files. */
static int template_fix_tree(void *fdt, struct aia_fdt_error *err)
{
    for (int node = -1; (node = fdt_node_offset_by_compatible(fdt, node, "riscv,imsics")) >= 0;)
        if (!fdt_getprop(fdt, node, "riscv,num-ids", NULL) &&
            fdt_setprop_u32(fdt, node, "riscv,num-ids", 255)) {
            *err = (struct aia_fdt_error){"/", "riscv,num-ids", "template: no room for it in the tree"};
            return -1;
        }
    return 0;
}

static int template_fix(struct machine *m, struct aia_fdt_error *err)
{
    /* For example: a name for a tree without one. Refuse a value that cannot be right, rather than guess. */
    if (m->aia.imsic.present && m->aia.imsic.num_ids < 63) {
        *err = (struct aia_fdt_error){"/", "", "template: fewer than 63 identities"};
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
