/* SPDX-License-Identifier: BSD-2-Clause */
/* Every public header includes this after its last declaration (begin.h). */
#pragma GCC visibility pop
#ifdef __cplusplus
#pragma pop_macro("_Atomic")
}
#endif
