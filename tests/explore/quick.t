#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The scenarios that are small enough for every `make test`. BUILD is where make built.
# Needs: explore-bin
exec "${BUILD:-build}/explore/explore" --quick --tap
