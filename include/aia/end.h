/* SPDX-License-Identifier: BSD-2-Clause */
/* See begin.h. */
#pragma GCC visibility pop
#ifdef __cplusplus
#undef _Atomic
}
#endif
