/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host tests find this file before the compiler's <stdatomic.h>. It has the same operations, and reports each as an access
 * to the model before the operation happens. So tests see what one hart writes between two accesses of another, and the
 * harts race for the library's own words too.
 *
 * Only the _explicit operations that the library uses are here. Memory order is not modelled.
 */
#ifndef MODEL_STDATOMIC_H
#define MODEL_STDATOMIC_H

#include_next <stdatomic.h>

/* NULL until the model runs (m_core.c), so that a test can do without the model. `write`: the operation may change *p. */
extern void (*model_atomic_hook)(const volatile void *p, _Bool write);

#define model_atomic(p, write) (model_atomic_hook ? model_atomic_hook(p, write) : (void)0)

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and_explicit

/* The compilers' own names. A weak compare-and-exchange is a strong one here: it fails only if the values differ. */
#ifdef __clang__
#define MODEL_N(op)                    __c11_atomic_##op
#define MODEL_OP(op)                   __c11_atomic_##op
#define MODEL_CAS(p, e, v, succ, fail) __c11_atomic_compare_exchange_strong(p, e, v, succ, fail)
#else
#define MODEL_N(op)                    __atomic_##op##_n
#define MODEL_OP(op)                   __atomic_##op
#define MODEL_CAS(p, e, v, succ, fail) __atomic_compare_exchange_n(p, e, v, 0, succ, fail)
#endif

#define atomic_load_explicit(p, order)         (model_atomic(p, 0), MODEL_N(load)(p, order))
#define atomic_store_explicit(p, v, order)     (model_atomic(p, 1), MODEL_N(store)(p, v, order))
#define atomic_exchange_explicit(p, v, order)  (model_atomic(p, 1), MODEL_N(exchange)(p, v, order))
#define atomic_fetch_add_explicit(p, v, order) (model_atomic(p, 1), MODEL_OP(fetch_add)(p, v, order))
#define atomic_fetch_sub_explicit(p, v, order) (model_atomic(p, 1), MODEL_OP(fetch_sub)(p, v, order))
#define atomic_fetch_or_explicit(p, v, order)  (model_atomic(p, 1), MODEL_OP(fetch_or)(p, v, order))
#define atomic_fetch_and_explicit(p, v, order) (model_atomic(p, 1), MODEL_OP(fetch_and)(p, v, order))
#define atomic_compare_exchange_strong_explicit(p, e, v, succ, fail) \
    (model_atomic(p, 1), MODEL_CAS(p, e, v, succ, fail))
#define atomic_compare_exchange_weak_explicit(p, e, v, succ, fail) \
    (model_atomic(p, 1), MODEL_CAS(p, e, v, succ, fail))

#endif
