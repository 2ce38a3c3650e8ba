/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In a build with AIA_ACCESS_HOOK the code calls access_hook(), with the name of the accessor, before each access to a CSR or a
 * device, each fence and each lock operation. mk/build.mk defines the macro for the library and for the code that writes
 * messages. In all other builds ACCESS_HOOK() does nothing.
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
