/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_discover() against device trees: each of dts/bad ends in the line it announces, each of dts/good
 * in the numbers it announces, those that QEMU writes in the addresses QEMU's memory map has, and damaged
 * ones in any answer at all, without a byte read outside of them.
 *
 * DTS_DIR (dts), DTB_DIR ($BUILD/dts or build/dts), QEMU; SEED and FLIPS for the damage.
 */
#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "platform/machine.h"

#define ABSENT UINT64_MAX

static struct machine m;
static struct machine_error err;

static const char *env(const char *name, const char *otherwise)
{
    const char *v = getenv(name);
    return v && *v ? v : otherwise;
}

/* --- a blob with unmapped pages on both sides: libfdt is not instrumented, the MMU is --- */

#define ARENA ((size_t)2 << 20)

static unsigned char *arena; /* ARENA bytes, a PROT_NONE page before and after */

static int arena_setup(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *p = mmap(NULL, ARENA + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    if (p == MAP_FAILED || mprotect(p + page, ARENA, PROT_READ | PROT_WRITE))
        return -1;
    arena = p + page;
    alarm(300); /* no blob may make it loop */
    return 0;
}

static int discover_at(const void *blob, size_t len, bool at_end)
{
    unsigned char *p = at_end ? arena + ARENA - ((len + 7) & ~(size_t)7) : arena;

    assert_true(len <= ARENA);
    memcpy(p, blob, len);
    return machine_discover(p, len, &m, &err);
}

/* At both ends of the arena, and the answer must be the same. */
static int discover(const void *blob, size_t len)
{
    int first = discover_at(blob, len, false);
    struct machine_error e = err;
    int second = discover_at(blob, len, true);

    assert_int_equal(first, second);
    assert_memory_equal(&e, &err, sizeof(e));
    return second;
}

static void *load(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    unsigned char *p = malloc(ARENA);

    if (!f)
        fail_msg("%s: cannot be read", path);
    *len = fread(p, 1, ARENA, f);
    fclose(f);
    /* QEMU's are padded to a megabyte: only what fdt_check_full() will look at. */
    if (*len >= sizeof(struct fdt_header) && fdt_check_header(p) == 0)
        assert_int_equal(fdt_pack(p), 0), *len = fdt_totalsize(p);
    return p;
}

/* --- what a .dts file announces: lines "// KEYWORD: REST" --- */

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
        if (getenv("DTB_DIR"))
            snprintf(path, sizeof(path), "%s/%s/%s.dtb", getenv("DTB_DIR"), kind, name);
        else
            snprintf(path, sizeof(path), "%s/dts/%s/%s.dtb", env("BUILD", "build"), kind, name);
        void *blob = load(path, &len);
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
        machine_error_line(&err, got, sizeof(got));
    /* Where it has to be told on QEMU, the way to end with an exit code is known by then. */
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

static const struct machine_hart *hart(uint64_t id)
{
    for (size_t i = 0; i < m.n_harts; i++)
        if (m.harts[i].hartid == id)
            return &m.harts[i];
    return NULL;
}

static uint64_t count_sstc(void)
{
    uint64_t n = 0;

    for (size_t i = 0; i < m.n_harts; i++)
        n += m.harts[i].sstc;
    return n;
}

/* The number that a key of a `// want:` line stands for. */
static uint64_t value(const char *key)
{
    const struct machine_pci *pci = &m.pci;
    const struct {
        const char *key;
        uint64_t value;
    } table[] = {
        {"harts", m.n_harts},
        {"sstc", count_sstc()},
        {"timebase", m.timebase},
        {"memories", m.n_memory},
        {"memory.base", m.memory[0].base},
        {"memory.size", m.memory[0].size},
        {"imsic", m.imsic.present},
        {"ids", m.imsic.num_ids},
        {"ipi", m.imsic.ipi_id},
        {"guests", m.harts[0].guests},
        {"hart-bits", m.imsic.hart_bits},
        {"aplics", m.n_aplics},
        {"aplic.sources", m.aplics[0].num_sources},
        {"aplic.msi", m.aplics[0].msi_mode},
        {"uart", m.uart.present ? m.uart.base : ABSENT},
        {"uart.clock", m.uart.clock},
        {"uart.shift", m.uart.reg_shift},
        {"uart.width", m.uart.reg_io_width},
        {"finisher", m.finisher},
        {"ecam", pci->present ? pci->ecam.base : ABSENT},
        {"buses", (uint64_t)(pci->bus_last - pci->bus_first + 1)},
        {"windows", pci->n_windows},
        {"window.0.size", pci->windows[0].size},
        {"window.1.cpu", pci->windows[1].cpu},
        {"window.1.pci", pci->windows[1].pci},
        {"window.2.pci", pci->windows[2].pci},
        {"uart.source", m.uart.wire.source},
        {"rtc.source", m.rtc.wire.source},
        {"rtc.mode", m.rtc.wire.mode},
        {"virtio.0.source", m.virtio[0].wire.source},
        {"virtio.0.mode", m.virtio[0].wire.mode},
        {"intx", pci->n_intx},
        {"intx.1.source", pci->intx[1].wire.source},
        {"index.0", (uint64_t)m.aplics[0].index[0]},
        {"index.1", (uint64_t)m.aplics[0].index[1]},
        {"bootargs.length", strlen(m.bootargs)},
    };

    if (!strncmp(key, "hart.", 5)) { /* the address of its file */
        const struct machine_hart *h = hart(strtoull(key + 5, NULL, 0));
        return h ? h->imsic_addr : ABSENT;
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (!strcmp(table[i].key, key))
            return table[i].value;
    fail_msg("%s: no such key", key);
    return 0;
}

static int check_good(const char *name, FILE *dts, const void *blob, size_t len)
{
    char want[400], line[270], key[100], number[100];
    int failed = 0, wants = 0;

    if (discover(blob, len)) {
        machine_error_line(&err, line, sizeof(line));
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
    return failed | !wants;
}

static void good_trees(void **state)
{
    (void)state;
    assert_true(for_each_tree("good", check_good) >= 12);
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

/* QEMU's memory map: sockets 16 MiB apart from 0x28000000, a hart's pages rounded up to a power of two. */
static void check_qemu(unsigned harts, unsigned per_socket, unsigned guests)
{
    unsigned pages = 1;

    while (pages < guests + 1)
        pages *= 2;
    assert_int_equal(m.n_harts, harts);
    for (unsigned id = 0; id < harts; id++) {
        const struct machine_hart *h = hart(id);

        assert_non_null(h);
        assert_int_equal(h->imsic_addr,
                         0x28000000 + id / per_socket * 0x1000000 + id % per_socket * pages * 0x1000);
        assert_int_equal(h->guests, pages - 1);
        assert_true(h->sstc && h->ssaia);
    }
    assert_true(m.imsic.present);
    assert_int_equal(m.imsic.num_ids, 255);
    assert_int_equal(m.imsic.ipi_id, 1);
    assert_int_equal(m.n_aplics, harts / per_socket);
    assert_int_equal(m.uart.base, 0x10000000);
    assert_int_equal(m.pci.ecam.base, 0x30000000);
    assert_int_equal(m.pci.n_windows, 3);
    assert_int_equal(m.finisher, 0x100000);
    assert_int_equal(m.timebase, 10000000);
    assert_string_equal(m.model, "riscv-virtio,qemu");
}

static void try_qemu(const char *machine, const char *smp)
{
    char line[270] = "";
    size_t len;
    void *blob = dump(machine, smp, &len);

    if (discover(blob, len)) {
        machine_error_line(&err, line, sizeof(line));
        fail_msg("-M virt,%s -smp %s: %s", machine, smp, line);
    }
    free(blob);
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
    void *blob = dump("aia=aplic-imsic", "129", &len);
    assert_int_equal(discover(blob, len), -1);
    assert_string_equal(err.text, "more than 128 harts");
    free(blob);
    try_qemu("aia=aplic", "2");
    assert_true(!m.imsic.present && m.n_aplics == 1 && !m.aplics[0].msi_mode && !hart(1)->imsic_addr);
    try_qemu("aia=none", "2");
    assert_true(!m.imsic.present && m.n_aplics == 0 && m.n_harts == 2);
}

/* --- damage --- */

/* Whatever the answer, it is one that can be used. */
static void check_answer(int r)
{
    char line[270];

    if (r) {
        machine_error_line(&err, line, sizeof(line));
        assert_true(err.node[0] && err.text[0]);
        for (const char *s = line; *s; s++)
            assert_true(isprint((unsigned char)*s));
        return;
    }
    assert_in_range(m.n_harts, 1, MACHINE_MAX_HARTS);
    assert_in_range(m.n_memory, 1, MACHINE_MAX_RANGES);
    assert_true(m.imsic.n_regs <= MACHINE_MAX_RANGES && m.pci.n_windows <= MACHINE_MAX_RANGES);
    assert_true(m.n_aplics <= MACHINE_MAX_APLICS && m.timebase);
    assert_true(memchr(m.bootargs, 0, sizeof(m.bootargs)) && memchr(m.model, 0, sizeof(m.model)));
    for (size_t i = 0; i < m.n_harts; i++) {
        assert_true(m.harts[i].imsic_addr % 0x1000 == 0);
        for (size_t j = 0; j < i; j++)
            assert_true(!m.harts[i].imsic_addr || m.harts[i].imsic_addr != m.harts[j].imsic_addr);
    }
}

static void *load_good(const char *name, size_t *len)
{
    char path[600];

    if (getenv("DTB_DIR"))
        snprintf(path, sizeof(path), "%s/good/%s.dtb", getenv("DTB_DIR"), name);
    else
        snprintf(path, sizeof(path), "%s/dts/good/%s.dtb", env("BUILD", "build"), name);
    return load(path, len);
}

/* Every length, and every length again with a header that admits to it. */
static void truncated(void **state)
{
    size_t full;
    fdt32_t *blob = load_good("groups", &full);
    fdt32_t total = blob[1];

    (void)state;
    for (size_t len = 0; len < full; len++) {
        assert_int_equal(discover(blob, len), -1);
        check_answer(-1);
        blob[1] = cpu_to_fdt32((uint32_t)len);
        assert_int_equal(discover(blob, len), -1);
        check_answer(-1);
        blob[1] = total;
    }
    assert_int_equal(discover(blob, full), 0);
    assert_int_equal(machine_discover(NULL, 0, &m, &err), -1);
    assert_int_equal(machine_discover(arena + 4, full, &m, &err), -1);
    free(blob);
}

static uint64_t rng;

static uint32_t below(uint32_t n) /* xorshift64* */
{
    rng ^= rng >> 12;
    rng ^= rng << 25;
    rng ^= rng >> 27;
    return (uint32_t)((rng * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % n;
}

/* Bytes anywhere, or cells set to values that lengths, counts and shifts are wrong at. */
static void damage(unsigned char *blob, size_t len)
{
    static const uint32_t nasty[] = {0, 1, 2, 3, 4, 7, 9, 11, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};

    for (uint32_t n = 1 + below(4); n; n--) {
        if (below(2)) {
            blob[below((uint32_t)len)] ^= (unsigned char)(1 + below(255));
        } else {
            fdt32_t v = cpu_to_fdt32(nasty[below(sizeof(nasty) / sizeof(nasty[0]))]);
            memcpy(blob + 4 * below((uint32_t)len / 4), &v, 4);
        }
    }
}

static void flipped(void **state)
{
    static const char *const names[] = {"plain",          "groups-default-shift", "bus-ranges",
                                        "isa-extensions", "aplic-direct",         "wires",
                                        "aplic-indexes"};
    uint64_t seed = strtoull(env("SEED", "1"), NULL, 0);
    unsigned long flips = strtoul(env("FLIPS", "20000"), NULL, 0), accepted = 0, meaning = 0;
    size_t n_names = sizeof(names) / sizeof(names[0]), len[8];
    unsigned char *blobs[8], *copy = malloc(ARENA);

    (void)state;
    for (size_t i = 0; i < n_names; i++)
        blobs[i] = load_good(names[i], &len[i]);
    rng = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (unsigned long i = 0; i < flips; i++) {
        size_t t = below((uint32_t)n_names);

        memcpy(copy, blobs[t], len[t]);
        damage(copy, len[t]);
        int r = discover_at(copy, len[t], i % 2);
        check_answer(r);
        accepted += !r;
        meaning += r && !strstr(err.text, "damaged");
    }
    print_message("# seed %" PRIu64 ": %lu damaged trees, %lu accepted, %lu refused for their meaning\n",
                  seed, flips, accepted, meaning);
    /* Had all been refused as damaged, nothing behind fdt_check_full() was tested. */
    assert_true(accepted > flips / 20 && meaning > flips / 20);
    for (size_t i = 0; i < n_names; i++)
        free(blobs[i]);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_trees), cmocka_unit_test(good_trees), cmocka_unit_test(qemu_trees),
        cmocka_unit_test(truncated), cmocka_unit_test(flipped),
    };
    return cmocka_run_group_tests_name("machine", tests, arena_setup, NULL);
}
