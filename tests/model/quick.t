#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The quick part of `make model`.
exec "$(dirname "$0")/../../models/run" quick
