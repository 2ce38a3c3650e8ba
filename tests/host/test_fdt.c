/* SPDX-License-Identifier: BSD-2-Clause */
/* libaia-fdt as an embedder meets it: what it fills in, and how it names what it refuses. test_machine.c has the trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include <aia/fdt.h>

static struct aia_fdt_tree tree;
static struct aia_fdt facts;
static void *dtb;

/* Read the compiled dts/NAME.dts. */
static int read_tree(const char *name, struct aia_fdt_unused *unused, size_t room)
{
    enum { MOST = 1 << 16 };
    const char *build = getenv("BUILD");
    char path[600];

    (void)snprintf(path, sizeof(path), "%s/dts/%s.dtb", build ? build : "build", name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: cannot be read", path);
    free(dtb);
    dtb = malloc(MOST);
    size_t len = fread(dtb, 1, MOST, f);
    (void)fclose(f);
    tree = (struct aia_fdt_tree){.blob = dtb, .max = len, .unused = unused, .max_unused = room};
    return aia_fdt_read(&tree, &facts);
}

static void assert_error(const char *line)
{
    char got[270];

    aia_fdt_error_line(&tree.error, got, sizeof(got));
    assert_string_equal(got, line);
}

/* Replace a property of a node of the tree that was read, in room that is made for it; read the result. */
static int edit(const char *node, const char *prop, const uint32_t *cells, size_t n)
{
    fdt32_t out[32];
    size_t len = fdt_totalsize(dtb) + 512;

    for (size_t i = 0; i < n; i++)
        out[i] = cpu_to_fdt32(cells[i]);
    dtb = realloc(dtb, len);
    assert_int_equal(fdt_open_into(dtb, dtb, (int)len), 0);
    assert_int_equal(fdt_setprop(dtb, fdt_path_offset(dtb, node), prop, out, (int)n * 4), 0);
    tree = (struct aia_fdt_tree){.blob = dtb, .max = len};
    return aia_fdt_read(&tree, &facts);
}

static int node_of(const char *path)
{
    return fdt_path_offset(dtb, path);
}

static void files(void **state)
{
    static _Atomic uint32_t slots[256];
    struct imsic_file file;

    (void)state;
    assert_int_equal(read_tree("good/plain", NULL, 0), AIA_OK);
    aia_fdt_file(&facts, 1, slots, &file);
    assert_true(file.mmio == 0x28001000 && file.msi_addr == 0x28001000 && file.n_ids == 255);
    assert_ptr_equal(file.slots, slots);
    assert_int_equal(aia_fdt_hart(&facts, facts.harts[1].hartid), 1);
    assert_int_equal(aia_fdt_hart(&facts, 77), -1);
    facts.harts[1].imsic_addr = 0; /* as for a hart that has no file */
    aia_fdt_file(&facts, 1, slots, &file);
    assert_true(file.mmio == 0 && file.n_ids == 0);
}

static void domains(void **state)
{
    struct aplic a = {.wait_limit = 5};

    (void)state;
    assert_int_equal(read_tree("good/plain", NULL, 0), AIA_OK);
    aia_fdt_domain(&facts, 0, &a);
    assert_true(a.mmio == facts.aplics[0].reg.base && a.n_sources == 96 && !a.direct && a.n_harts == 2 &&
                a.wait_limit == 5);
    assert_true(a.layout.base == 0x28000000 && a.layout.hart_shift == 12 && a.layout.hart_bits == 1 &&
                a.layout.group_bits == 0);
    assert_int_equal(read_tree("good/aplic-direct", NULL, 0), AIA_OK);
    a = (struct aplic){0};
    aia_fdt_domain(&facts, 0, &a);
    assert_true(a.direct && a.index == facts.aplics[0].index && a.index[0] >= 0 && !a.layout.base);
}

/* Two sockets: the group's number is in the address, above the harts'. */
static void groups(void **state)
{
    struct aplic a = {0};

    (void)state;
    assert_int_equal(read_tree("good/plain", NULL, 0), AIA_OK);
    facts.imsic.group_bits = 1;
    facts.imsic.group_shift = 24;
    facts.imsic.guest_bits = 2;
    facts.imsic.regs[0].base = 0x29004000;
    aia_fdt_domain(&facts, 0, &a);
    assert_true(a.layout.base == 0x28000000 && a.layout.hart_shift == 14 && a.layout.group_shift == 24 &&
                a.layout.group_bits == 1);
}

static void devices(void **state)
{
    struct aia_fdt_region r;
    struct aia_fdt_wire w;
    int uart;

    (void)state;
    assert_int_equal(read_tree("good/plain", NULL, 0), AIA_OK);
    uart = aia_fdt_next(&tree, -1, "ns16550a");
    assert_true(uart > 0 && aia_fdt_next(&tree, uart, "ns16550a") < 0);
    assert_int_equal(aia_fdt_reg(&tree, uart, 0, &r), AIA_OK);
    assert_true(r.base == 0x10000000);
    assert_int_equal(aia_fdt_reg(&tree, uart, 1, &r), AIA_EINVAL);
    assert_error("/soc/serial@10000000: reg: no entry 1: it has 1");
    assert_int_equal(aia_fdt_wire(&tree, uart, 0, &w), AIA_OK);
    assert_true(w.source == 10 && w.aplic == 0 && w.mode == APLIC_LEVEL_HIGH);
    assert_int_equal(aia_fdt_wire(&tree, uart, 1, &w), AIA_EINVAL);
    assert_int_equal(w.source, 0);
    assert_error("/soc/serial@10000000: interrupts: no interrupt 1");
    assert_int_equal(aia_fdt_wire(&tree, node_of("/cpus"), 0, &w), AIA_EINVAL);
    assert_error("/cpus: interrupts: no interrupt 0");
}

/* Each interrupt of a device that has several, by both properties. */
static void several(void **state)
{
    static const char uart[] = "/soc/serial@10000000";
    struct aia_fdt_wire w;
    uint32_t aplic;

    (void)state;
    assert_int_equal(read_tree("good/plain", NULL, 0), AIA_OK);
    aplic = facts.aplics[0].phandle;
    assert_int_equal(edit(uart, "interrupts", (uint32_t[]){11, 4, 12, 1, 13}, 5), AIA_OK);
    assert_int_equal(aia_fdt_wire(&tree, node_of(uart), 0, &w), AIA_OK);
    assert_true(w.source == 11 && w.mode == APLIC_LEVEL_HIGH);
    assert_int_equal(aia_fdt_wire(&tree, node_of(uart), 1, &w), AIA_OK);
    assert_true(w.source == 12 && w.mode == APLIC_EDGE_RISE);
    assert_int_equal(aia_fdt_wire(&tree, node_of(uart), 2, &w), AIA_EINVAL);
    assert_int_equal(
        edit(uart, "interrupts-extended", (uint32_t[]){aplic, 21, 8, aplic, 22, 2, aplic, 23}, 8), AIA_OK);
    assert_int_equal(aia_fdt_wire(&tree, node_of(uart), 1, &w), AIA_OK);
    assert_true(w.source == 22 && w.mode == APLIC_EDGE_FALL);
    assert_int_equal(aia_fdt_wire(&tree, node_of(uart), 2, &w), AIA_EINVAL);
    assert_error(
        "/soc/serial@10000000: interrupts-extended: cut short: a source and its flags are two cells");
    assert_int_equal(aia_fdt_wire(&tree, node_of(uart), 3, &w), AIA_EINVAL);
    assert_error("/soc/serial@10000000: interrupts-extended: no interrupt 3");
}

/* A device's wire before the tree was read, and a structure of another size, are errors and not faults. */
static void misuse(void **state)
{
    struct aia_fdt_wire w;

    (void)state;
    assert_int_equal(read_tree("good/plain", NULL, 0), AIA_OK);
    tree = (struct aia_fdt_tree){.blob = dtb, .max = fdt_totalsize(dtb)};
    assert_int_equal(aia_fdt_wire(&tree, aia_fdt_next(&tree, -1, "ns16550a"), 0, &w), AIA_EINVAL);
    assert_int_equal(aia_fdt_read_sized(&tree, sizeof(tree), &facts, sizeof(facts) - 8), AIA_EINVAL);
    assert_error("/: AIA_MAX_HARTS is 128 in libaia-fdt, and another number in its caller");
    tree.max = 30;
    assert_int_equal(aia_fdt_read(&tree, &facts), AIA_EINVAL);
    assert_non_null(strstr(tree.error.text, "the device tree is damaged"));
    tree.blob = NULL;
    assert_int_equal(aia_fdt_check(&tree), AIA_EINVAL);
}

/* The parts that are not used are counted without room, and kept as far as there is room. */
static void unused(void **state)
{
    struct aia_fdt_unused list[8];
    size_t n;

    (void)state;
    assert_int_equal(read_tree("good/aplic-reg-small", NULL, 0), AIA_OK);
    n = tree.n_unused;
    assert_true(n > 0);
    assert_int_equal(read_tree("good/aplic-reg-small", list, 8), AIA_OK);
    assert_true(tree.n_unused == n && list[0].part == AIA_FDT_APLIC && list[0].why.text[0]);
    assert_int_equal(read_tree("bad/imsic-ipi-id-large", list, 0), AIA_EINVAL);
    assert_true(tree.error.node[0] && tree.error.text[0]);
}

/* An interrupt file that lies in memory is refused, if the embedder says where memory is. */
static void memory(void **state)
{
    const struct aia_fdt_region ram[] = {{0x80000000, 0x1000}, {0x28001000, 0x1000}};

    (void)state;
    assert_int_equal(read_tree("good/plain", NULL, 0), AIA_OK);
    tree.memory = ram;
    tree.n_memory = 2;
    assert_int_equal(aia_fdt_read(&tree, &facts), AIA_EINVAL);
    assert_non_null(strstr(tree.error.text, "overlaps memory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),   cmocka_unit_test(domains), cmocka_unit_test(groups),
        cmocka_unit_test(devices), cmocka_unit_test(several), cmocka_unit_test(misuse),
        cmocka_unit_test(unused),  cmocka_unit_test(memory),
    };
    int failed = cmocka_run_group_tests_name("libaia-fdt", tests, NULL, NULL);

    free(dtb);
    return failed;
}
