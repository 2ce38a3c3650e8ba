/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every public header includes this before its first declaration, and end.h after its last. There is no include guard, because
 * each header includes both again.
 *
 * Functions that are declared between the two are visible outside the library; all other functions are hidden. In C++ the names
 * have C linkage, and fields that are atomic in C are volatile. Those have the same layout, and C++ code may read them.
 */
#ifdef __cplusplus
extern "C" {
#define _Atomic volatile
#else
#include <stdatomic.h>
#endif
#pragma GCC visibility push(default)
