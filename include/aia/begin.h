/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Before the first declaration of every public header; end.h goes behind the last. No include guard, on purpose.
 *
 * What is declared between the two is what leaves the library: all else in libaia.a is hidden. In C++ the names have
 * C linkage, and what is atomic in C is volatile: it has the same layout, and may be read; only the library writes it.
 */
#ifdef __cplusplus
extern "C" {
#define _Atomic volatile
#else
#include <stdatomic.h>
#endif
#pragma GCC visibility push(default)
