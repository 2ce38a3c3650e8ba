/* SPDX-License-Identifier: BSD-2-Clause */
/* The version, as in Semantic Versioning. CHANGELOG.md lists the changes. This line is the only place that states it. */
#ifndef AIA_VERSION_H
#define AIA_VERSION_H

#define AIA_VERSION "0.2.0"

#endif
