/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The version, after Semantic Versioning; CHANGELOG.md says what changed. Here and nowhere else: aia.pc and the
 * payload's banner take it from this line.
 */
#ifndef AIA_VERSION_H
#define AIA_VERSION_H

#define AIA_VERSION "0.2.0"

#endif
