#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The scenarios that are small enough for every `make test`. BUILD is where make built.
exec "${BUILD:-build}/explore/explore" --quick --tap
