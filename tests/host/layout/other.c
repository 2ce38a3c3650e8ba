/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A piece of an embedder's code, compiled several times, with other decisions about layout than the library's (mk/test.mk).
 * LAYOUT_OF is the name of the decision.
 */
#include <aia/aia.h>

#define NAME_(of) init_##of
#define NAME(of)  NAME_(of)
int NAME(LAYOUT_OF)(void *machine, const struct aia_config *config);

int NAME(LAYOUT_OF)(void *machine, const struct aia_config *config)
{
    return aia_init((struct aia *)machine, config);
}
