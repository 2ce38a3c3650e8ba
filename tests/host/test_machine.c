/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_discover() on device trees: each tree of dts/bad gives the error line that it announces, each tree of dts/good the
 * numbers that it announces, and QEMU's own trees the addresses of QEMU's memory map.
 *
 * DTS_DIR (dts), DTB_DIR ($BUILD/dts or build/dts), QEMU.
 */
#include <dirent.h>
#include <inttypes.h>

#include "blob.h"

#define ABSENT UINT64_MAX

/* --- the comments of a .dts file: lines "// KEYWORD: REST" --- */

static bool next_comment(FILE *f, const char *keyword, char *rest, size_t size)
{
    char line[400], prefix[20];

    snprintf(prefix, sizeof(prefix), "// %s: ", keyword);
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        if (!strncmp(line, prefix, strlen(prefix))) {
            snprintf(rest, size, "%s", line + strlen(prefix));
            return true;
        }
    }
    return false;
}

static int for_each_tree(const char *kind,
                         int (*check)(const char *name, FILE *dts, const void *blob, size_t len))
{
    char dir[300], path[600], name[200];
    struct dirent **list;
    int failed = 0;

    snprintf(dir, sizeof(dir), "%s/%s", env("DTS_DIR", "dts"), kind);
    int n = scandir(dir, &list, NULL, alphasort);
    if (n < 0)
        fail_msg("%s: no such directory", dir);
    int trees = 0;
    for (int i = 0; i < n; free(list[i]), i++) {
        const char *dot = strrchr(list[i]->d_name, '.');
        size_t len;

        if (!dot || strcmp(dot, ".dts"))
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)(dot - list[i]->d_name), list[i]->d_name);
        snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
        FILE *dts = fopen(path, "r");
        assert_non_null(dts);
        void *blob = load_tree(kind, name, &len);
        failed += check(name, dts, blob, len);
        free(blob);
        fclose(dts);
        trees++;
    }
    free(list);
    print_message("# %d trees in %s, %d failed\n", trees, dir, failed);
    assert_int_equal(failed, 0);
    return trees;
}

static int check_bad(const char *name, FILE *dts, const void *blob, size_t len)
{
    char want[400], got[270] = "(no error)";

    if (!next_comment(dts, "expect", want, sizeof(want)))
        fail_msg("%s: announces no line", name);
    if (discover(blob, len))
        aia_fdt_error_line(&err, got, sizeof(got));
    /* On QEMU, the way to end with an exit code is known before the error, if the error has to reach the host. */
    if (!strcmp(want, got) && (m.finisher == 0x100000 || next_comment(dts, "boots", want, sizeof(want))))
        return 0;
    print_error("# bad/%s.dts\n#   wants: %s\n#   got:   %s\n", name, want, got);
    return 1;
}

static void bad_trees(void **state)
{
    (void)state;
    assert_true(for_each_tree("bad", check_bad) >= 28);
}

static const struct aia_fdt_hart *hart(uint64_t id)
{
    for (size_t i = 0; i < m.aia.n_harts; i++)
        if (m.aia.harts[i].hartid == id)
            return &m.aia.harts[i];
    return NULL;
}

static uint64_t count_sstc(void)
{
    uint64_t n = 0;

    for (size_t i = 0; i < m.aia.n_harts; i++)
        n += m.aia.harts[i].sstc;
    return n;
}

static uint64_t count_ssaia(void)
{
    uint64_t n = 0;

    for (size_t i = 0; i < m.aia.n_harts; i++)
        n += m.aia.harts[i].ssaia;
    return n;
}

static uint64_t count_owned(const struct aia_fdt_aplic *a)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < AIA_FDT_SOURCES; i++)
        n += aia_fdt_owns(a, i);
    return n;
}

/* The value of a key of a `// want:` line. */
static uint64_t value(const char *key)
{
    const struct machine_pci *pci = &m.hosts[0];
    const struct {
        const char *key;
        uint64_t value;
    } table[] = {
        {"harts", m.aia.n_harts},
        {"sstc", count_sstc()},
        {"timebase", m.aia.timebase},
        {"memories", m.n_memory},
        {"memory.base", m.memory[0].base},
        {"memory.size", m.memory[0].size},
        {"memory.1.base", m.memory[1].base},
        {"memory.1.size", m.memory[1].size},
        {"memory.2.base", m.memory[2].base},
        {"reserveds", m.n_reserved},
        {"reserved.0.base", m.reserved[0].base},
        {"reserved.0.size", m.reserved[0].size},
        {"reserved.1.base", m.reserved[1].base},
        {"reserved.1.size", m.reserved[1].size},
        {"reserved.2.base", m.reserved[2].base},
        {"reserved.2.size", m.reserved[2].size},
        {"imsic", m.aia.imsic.present},
        {"ids", m.aia.imsic.num_ids},
        {"ipi", m.aia.imsic.ipi_id},
        {"guests", m.aia.harts[0].guests},
        {"hart-bits", m.aia.imsic.hart_bits},
        {"aplics", m.aia.n_aplics},
        {"aplic.sources", m.aia.aplics[0].num_sources},
        {"aplic.msi", m.aia.aplics[0].msi_mode},
        {"uart", m.uart.present ? m.uart.base : ABSENT},
        {"uart.clock", m.uart.clock},
        {"uart.shift", m.uart.reg_shift},
        {"uart.width", m.uart.reg_io_width},
        {"finisher", m.finisher},
        {"aplic.owned", count_owned(&m.aia.aplics[0])},
        {"aplic.1.owned", count_owned(&m.aia.aplics[1])},
        {"hosts", m.n_hosts},
        {"host.1.ecam", m.hosts[1].ecam.base},
        {"host.1.windows", m.hosts[1].n_windows},
        {"host.1.window.0.cpu", m.hosts[1].windows[0].cpu},
        {"host.1.window.1.cpu", m.hosts[1].windows[1].cpu},
        {"host.1.window.1.pci", m.hosts[1].windows[1].pci},
        {"host.1.window.1.size", m.hosts[1].windows[1].size},
        {"host.1.window.2.cpu", m.hosts[1].windows[2].cpu},
        {"host.1.window.2.size", m.hosts[1].windows[2].size},
        {"host.1.intx", m.hosts[1].n_intx},
        {"msi.maps", pci->n_msi_map},
        {"msi.0.ours", pci->msi_map[0].ours},
        {"msi.1.ours", pci->msi_map[1].ours},
        {"msi.1.from", pci->msi_map[1].from},
        {"iommu.0.ours", pci->iommu_map[0].ours},
        {"iommu.1.ours", pci->iommu_map[1].ours},
        {"host.1.iommu.0.ours", m.hosts[1].iommu_map[0].ours},
        {"iommu.0.n", pci->iommu_map[0].n},
        {"iommu.host", m.iommu.host},
        {"ssaia", count_ssaia()},
        {"virtios", m.n_virtio},
        {"rtc", m.rtc.present ? m.rtc.base : ABSENT},
        {"model.length", strlen(m.model)},
        {"imsic.ranges", m.aia.imsic.n_regs},
        {"ecam", m.n_hosts ? pci->ecam.base : ABSENT},
        {"buses", (uint64_t)(pci->bus_last - pci->bus_first + 1)},
        {"windows", pci->n_windows},
        {"window.0.size", pci->windows[0].size},
        {"window.1.cpu", pci->windows[1].cpu},
        {"window.1.pci", pci->windows[1].pci},
        {"window.2.pci", pci->windows[2].pci},
        {"uart.source", m.uart.wire.source},
        {"iommu.form", m.iommu.form},
        {"iommu.base", m.iommu.reg.base},
        {"iommu.function", m.iommu.function},
        {"iommu.source", m.iommu.wire.source},
        {"iommu.maps", pci->n_iommu_map},
        {"iommu.map.0", pci->iommu_map[0].from},
        {"iommu.map.1", pci->iommu_map[1].to},
        {"rtc.source", m.rtc.wire.source},
        {"rtc.mode", m.rtc.wire.mode},
        {"virtio.0.source", m.virtio[0].wire.source},
        {"virtio.4.source", m.virtio[4].wire.source},
        {"virtio.0.mode", m.virtio[0].wire.mode},
        {"intx", pci->n_intx},
        {"intx.1.source", pci->intx[1].wire.source},
        {"intx.2.source", pci->intx[2].wire.source},
        {"index.0", (uint64_t)m.aia.aplics[0].index[0]},
        {"index.1", (uint64_t)m.aia.aplics[0].index[1]},
        {"bootargs.length", strlen(m.bootargs)},
    };

    if (!strncmp(key, "hart.", 5)) { /* the address of that hart's file */
        const struct aia_fdt_hart *h = hart(strtoull(key + 5, NULL, 0));
        return h ? h->imsic_addr : ABSENT;
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (!strcmp(table[i].key, key))
            return table[i].value;
    fail_msg("%s: no such key", key);
    return 0;
}

static bool is_unused(const char *want)
{
    char line[270];

    for (size_t i = 0; i < m.n_unused && i < MACHINE_MAX_UNUSED; i++) {
        aia_fdt_error_line(&m.unused[i].why, line, sizeof(line));
        if (!strcmp(line, want))
            return true;
    }
    return false;
}

/* Check that exactly the parts that the source announces are not used. */
static int check_unused(const char *name, FILE *dts)
{
    char want[400], line[270];
    size_t n = 0, missing = 0;

    for (rewind(dts); next_comment(dts, "unused", want, sizeof(want)); n++)
        if (!is_unused(want)) {
            print_error("# good/%s.dts: wants not used: %s\n", name, want);
            missing++;
        }
    for (size_t i = 0; (missing || n != m.n_unused) && i < m.n_unused && i < MACHINE_MAX_UNUSED; i++) {
        aia_fdt_error_line(&m.unused[i].why, line, sizeof(line));
        print_error("# good/%s.dts: not used: %s\n", name, line);
    }
    return missing || n != m.n_unused;
}

static int check_good(const char *name, FILE *dts, const void *blob, size_t len)
{
    char want[400], line[270], key[100], number[100];
    int failed = 0, wants = 0;

    if (discover(blob, len)) {
        aia_fdt_error_line(&err, line, sizeof(line));
        print_error("# good/%s.dts: %s\n", name, line);
        return 1;
    }
    for (; next_comment(dts, "want", want, sizeof(want)); wants++) {
        if (sscanf(want, "%99s %99s", key, number) != 2)
            fail_msg("%s: not KEY NUMBER: %s", name, want);
        uint64_t w = strcmp(number, "absent") ? strtoull(number, NULL, 0) : ABSENT, got = value(key);
        if (got == w)
            continue;
        print_error("# good/%s.dts: wants %s, got %#" PRIx64 "\n", name, want, got);
        failed = 1;
    }
    return failed | !wants | check_unused(name, dts);
}

static void good_trees(void **state)
{
    (void)state;
    assert_true(for_each_tree("good", check_good) >= 12);
}

/* --- as large as the bindings allow --- */

/* Discover the plain tree with this property of this node. */
static void discover_with(const char *path, const char *prop, const fdt32_t *cells, size_t n)
{
    size_t len, room = 8192 + n * sizeof(*cells);
    void *plain = load_tree("good", "plain", &len), *fdt = malloc(room);

    assert_int_equal(fdt_open_into(plain, fdt, (int)room), 0);
    assert_int_equal(fdt_setprop(fdt, fdt_path_offset(fdt, path), prop, cells, (int)(n * sizeof(*cells))), 0);
    assert_int_equal(fdt_pack(fdt), 0);
    assert_int_equal(discover(fdt, fdt_totalsize(fdt)), 0);
    free(plain);
    free(fdt);
}

static uint32_t imsic_phandle(void)
{
    size_t len;
    void *plain = load_tree("good", "plain", &len);
    uint32_t phandle = fdt_get_phandle(plain, fdt_path_offset(plain, "/soc/interrupt-controller@28000000"));

    free(plain);
    return phandle;
}

static fdt32_t *put(fdt32_t *at, size_t n, const uint32_t *cells)
{
    for (size_t i = 0; i < n; i++)
        *at++ = cpu_to_fdt32(cells[i]);
    return at;
}

/* riscv,imsics.yaml allows 16,384 ranges. An interrupt map with an entry for each pin of 256 functions, eight times over. */
static void large_trees(void **state)
{
    fdt32_t *cells = malloc(16384 * 4 * sizeof(*cells)), *at = cells;
    uint32_t aplic, imsic = imsic_phandle();

    (void)state;
    for (uint32_t i = 0; i < 16384; i++)
        at = put(at, 4, (uint32_t[]){0, 0x28000000 + i * 0x1000, 0, 0x1000});
    discover_with("/soc/interrupt-controller@28000000", "reg", cells, (size_t)(at - cells));
    assert_int_equal(hart(1)->imsic_addr, 0x28001000);
    assert_int_equal(m.aia.imsic.n_regs, 2);

    discover_with("/soc/pci@30000000", "interrupt-map", cells, 0);
    assert_int_equal(m.hosts[0].n_intx, 0);
    aplic = m.aia.aplics[0].phandle;
    at = cells;
    for (uint32_t i = 0; i < 8 * 1024; i++)
        at = put(at, 7, (uint32_t[]){i / 4 % 256 << 8, 0, 0, i % 4 + 1, aplic, i / 1024 + 1, 4});
    discover_with("/soc/pci@30000000", "interrupt-map", cells, (size_t)(at - cells));
    assert_int_equal(m.hosts[0].n_intx, MACHINE_MAX_INTX);
    assert_int_equal(m.hosts[0].intx[1023].wire.source, 1);
    assert_int_equal(m.n_unused, 0);

    /* More ranges of requesters than are kept: no requester's MSIs are known to arrive. */
    at = cells;
    for (uint32_t i = 0; i < MACHINE_MAX_MAPS + 1; i++)
        at = put(at, 4, (uint32_t[]){i * 16, imsic, i * 16, 8});
    discover_with("/soc/pci@30000000", "msi-map", cells, (size_t)(at - cells));
    assert_int_equal(m.hosts[0].n_msi_map, 1);
    assert_true(!m.hosts[0].msi_map[0].ours && m.hosts[0].msi_map[0].n == 0x10000);
    assert_string_equal(m.unused[0].why.text, "more than 32 ranges");
    free(cells);
}

/* --- what QEMU itself writes --- */

static const char two_sockets[] = "8,sockets=2,cores=4 -m 512M -object memory-backend-ram,id=m0,size=256M "
                                  "-object memory-backend-ram,id=m1,size=256M "
                                  "-numa node,memdev=m0,cpus=0-3 -numa node,memdev=m1,cpus=4-7";

static void *dump(const char *machine, const char *smp, size_t *len)
{
    char path[] = "/tmp/test_machine.XXXXXX", cmd[800];
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    snprintf(cmd, sizeof(cmd),
             "%s -M virt,%s,dumpdtb=%s -nographic -bios none -smp %s >/dev/null 2>&1 </dev/null",
             env("QEMU", "qemu-system-riscv64"), machine, path, smp);
    if (system(cmd))
        fail_msg("%s: failed", cmd);
    void *blob = load(path, len);
    unlink(path);
    return blob;
}

/* QEMU's memory map: sockets are 16 MiB apart from 0x28000000, and a hart's pages are rounded up to a power of two. */
static void check_qemu(unsigned harts, unsigned per_socket, unsigned guests)
{
    unsigned pages = 1;

    while (pages < guests + 1)
        pages *= 2;
    assert_int_equal(m.aia.n_harts, harts);
    for (unsigned id = 0; id < harts; id++) {
        const struct aia_fdt_hart *h = hart(id);

        assert_non_null(h);
        assert_int_equal(h->imsic_addr,
                         0x28000000 + id / per_socket * 0x1000000 + id % per_socket * pages * 0x1000);
        assert_int_equal(h->guests, pages - 1);
        assert_true(h->sstc && h->ssaia);
    }
    assert_true(m.aia.imsic.present);
    assert_int_equal(m.aia.imsic.num_ids, 255);
    assert_int_equal(m.aia.imsic.ipi_id, 1);
    assert_int_equal(m.aia.n_aplics, harts / per_socket);
    assert_int_equal(m.uart.base, 0x10000000);
    assert_int_equal(m.hosts[0].ecam.base, 0x30000000);
    assert_int_equal(m.hosts[0].n_windows, 3);
    assert_int_equal(m.finisher, 0x100000);
    assert_int_equal(m.aia.timebase, 10000000);
    assert_string_equal(m.model, "riscv-virtio,qemu");
}

static void try_qemu(const char *machine, const char *smp)
{
    char line[270] = "";
    size_t len;
    void *blob = dump(machine, smp, &len);

    if (discover(blob, len)) {
        aia_fdt_error_line(&err, line, sizeof(line));
        fail_msg("-M virt,%s -smp %s: %s", machine, smp, line);
    }
    free(blob);
    for (size_t i = 0; i < m.n_unused; i++) /* only the number of harts may be too large */
        if (m.unused[i].part != MACHINE_PART_HART)
            fail_msg("-M virt,%s -smp %s: not used: %s", machine, smp, m.unused[i].why.text);
}

static void qemu_trees(void **state)
{
    static const char *const smps[] = {"1", "2", "3", "4", "33", "128"};
    char machine[80], cmd[200];
    size_t len;

    (void)state;
    snprintf(cmd, sizeof(cmd), "%s --version >/dev/null 2>&1", env("QEMU", "qemu-system-riscv64"));
    if (system(cmd))
        skip();
    for (size_t i = 0; i < sizeof(smps) / sizeof(smps[0]); i++) {
        try_qemu("aia=aplic-imsic", smps[i]);
        check_qemu((unsigned)atoi(smps[i]), (unsigned)atoi(smps[i]), 0);
    }
    for (unsigned guests = 0; guests <= 7; guests++) {
        snprintf(machine, sizeof(machine), "aia=aplic-imsic,aia-guests=%u", guests);
        try_qemu(machine, "5");
        check_qemu(5, 5, guests);
    }
    try_qemu("aia=aplic-imsic", two_sockets);
    check_qemu(8, 4, 0);
    try_qemu("aia=aplic-imsic,aia-guests=5", two_sockets);
    check_qemu(8, 4, 5);
    /* More harts than there is room for: disabled harts give their room to others. */
    void *many = dump("aia=aplic-imsic", "130", &len);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(cmd, sizeof(cmd), "/cpus/cpu@%x", i);
        assert_int_equal(fdt_setprop_inplace(many, fdt_path_offset(many, cmd), "status", "fail", 5), 0);
    }
    assert_int_equal(discover(many, len), 0);
    assert_true(m.aia.n_harts == 126 && m.n_unused == 0 && !hart(3) && hart(129)->imsic_addr == 0x28081000);
    free(many);
    try_qemu("aia=aplic-imsic", "130");
    assert_true(m.aia.n_harts == MACHINE_MAX_HARTS && m.n_unused == 1);
    assert_string_equal(m.unused[0].why.text, "more than 128 harts");
    try_qemu("aia=aplic", "2");
    assert_true(!m.aia.imsic.present && m.aia.n_aplics == 1 && !m.aia.aplics[0].msi_mode &&
                !hart(1)->imsic_addr);
    void *blob = dump("aia=none", "2", &len);
    assert_int_equal(discover(blob, len), -1);
    assert_string_equal(err.text, "no S-level IMSIC and no S-level APLIC: this machine has no AIA");
    free(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_trees),
        cmocka_unit_test(good_trees),
        cmocka_unit_test(large_trees),
        cmocka_unit_test(qemu_trees),
    };
    return cmocka_run_group_tests_name("machine", tests, arena_setup, NULL);
}
