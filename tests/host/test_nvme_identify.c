/* SPDX-License-Identifier: BSD-2-Clause */
/* Right and wrong answers of Identify Namespace (payload/drivers/nvme.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/nvme.h"

static uint8_t page[4096];

static void namespace(uint64_t size, uint64_t capacity, unsigned formats, unsigned format, unsigned shift,
                      unsigned metadata)
{
    memset(page, 0, sizeof(page));
    memcpy(page, &size, 8);
    memcpy(page + 8, &capacity, 8);
    page[25] = (uint8_t)(formats - 1);
    page[26] = (uint8_t)format;
    page[128 + 4 * (format & 15) + 1] = (uint8_t)(metadata >> 8);
    page[128 + 4 * (format & 15)] = (uint8_t)metadata;
    page[128 + 4 * (format & 15) + 2] = (uint8_t)shift;
}

static int parse(void)
{
    struct nvme_namespace ns = {0};
    int error = nvme_parse_namespace(page, &ns);

    if (!error)
        assert_int_equal(ns.sectors, 0x123456789);
    if (!error)
        assert_int_equal(ns.sector_size, 1u << page[128 + 4 * (page[26] & 15) + 2]);
    return error;
}

static void nvme_namespaces(void **state)
{
    const uint64_t n = 0x123456789;

    (void)state;
    namespace(n, n, 1, 0, 9, 0);
    assert_int_equal(parse(), DISK_OK);
    namespace(n, n - 5, 8, 7, 9, 0); /* thin provisioning; the last of eight formats */
    assert_int_equal(parse(), DISK_OK);
    namespace(n, n, 8, 0x17, 9, 0); /* bit 4 is about metadata, which this format does not have */
    assert_int_equal(parse(), DISK_OK);
    memset(page, 0, sizeof(page)); /* there is no such namespace */
    assert_int_equal(parse(), DISK_EIDENTIFY);
    namespace(n, n + 1, 1, 0, 9, 0);
    assert_int_equal(parse(), DISK_EIDENTIFY);
    namespace(n, 0, 1, 0, 9, 0);
    assert_int_equal(parse(), DISK_EIDENTIFY);
    namespace(n, n, 4, 4, 9, 0); /* a format that does not exist */
    assert_int_equal(parse(), DISK_EIDENTIFY);
    for (unsigned shift = 10; shift <= 12; shift++) {
        namespace(n, n, 1, 0, shift, 0);
        assert_int_equal(parse(), DISK_OK);
    }
    namespace(n, n, 1, 0, 13, 0); /* blocks larger than a page */
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 12, 8);
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 8, 0);
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 0, 0);
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 9, 8);
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 9, 256);
    assert_int_equal(parse(), DISK_EFEATURE);
    memset(page, 0xff, sizeof(page));
    assert_int_equal(parse(), DISK_EFEATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nvme_namespaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
