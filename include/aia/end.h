/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends what begin.h begins. */
#pragma GCC visibility pop
#ifdef __cplusplus
#pragma pop_macro("_Atomic")
}
#endif
