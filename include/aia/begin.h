/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every public header includes this before its first declaration, and end.h after its last. There is no include guard, because
 * each header includes both again.
 *
 * Functions that are declared between the two are visible outside the library; all other functions are hidden. In C++ the names
 * have C linkage, and fields that are atomic in C are volatile. Such fields have the same layout, and C++ code may read them.
 * end.h restores the macro _Atomic that <stdatomic.h> of C++23 defines.
 */
#ifdef __cplusplus
extern "C" {
#pragma push_macro("_Atomic")
#undef _Atomic
#define _Atomic volatile
#else
#include <stdatomic.h>
#endif
#pragma GCC visibility push(default)
