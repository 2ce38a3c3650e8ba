/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/early.h"
#include "payload/kernel/symbols.h"
#include "platform/machine.h"

#define FDT_MAGIC    0xd00dfeedu
#define FDT_SIZE_MAX (4ul << 20) /* No real tree is nearly as large: a totalsize beyond this is wrong. */

/* start.S */
extern uint64_t early_finisher;
_Noreturn void early_refuse(const char *line);

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

size_t fdt_extent(const void *fdt)
{
    const unsigned char *p = fdt;

    if (!p || (uintptr_t)p % 8)
        return 0;
    if (big_endian(p) != FDT_MAGIC)
        return 8;
    size_t size = big_endian(p + 4);
    return size < FDT_SIZE_MAX ? size : FDT_SIZE_MAX;
}

void early_check(const void *fdt)
{
    struct aia_fdt_region image = {image_start(), image_end() - image_start()};
    struct aia_fdt_error e;
    char line[272];

    if (!machine_place(fdt, fdt_extent(fdt), &image, &early_finisher, &e))
        return;
    aia_fdt_error_line(&e, line, sizeof(line));
    early_refuse(line);
}
