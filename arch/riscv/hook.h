/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In a build with AIA_ACCESS_HOOK a function of the test's is called before every access to a CSR or a
 * device, every fence and every lock operation, with the name of the accessor. mk/build.mk gives the macro
 * to the library and to the code that writes messages, and to nothing else. In all other builds it is nothing.
 */
#ifndef HOOK_H
#define HOOK_H

#ifdef AIA_ACCESS_HOOK
void access_hook(const char *what);
#define ACCESS_HOOK() access_hook(__func__)
#else
#define ACCESS_HOOK() ((void)0)
#endif

#endif
