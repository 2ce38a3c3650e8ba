# SPDX-License-Identifier: BSD-2-Clause
#
# Format and static checks.

OUR_DIRS := $(wildcard include arch lib imsic aplic iommu fdt platform payload tests tools examples)
OUR_C    := $(if $(OUR_DIRS),$(shell find $(OUR_DIRS) -name '*.[ch]'))
OUR_SH   := $(shell find scripts tests .ci -type f 2>/dev/null | xargs grep -lE '^$(HASH)!.*\<(ba)?sh\>' 2>/dev/null)
FORMAT   := clang-format-14 --style=file

.PHONY: check-format check-clang check-cppcheck check-sparse check-shell
check: all host dtbs check-format check-clang check-cppcheck check-sparse check-shell

check-format: | setup
	$(call say,CHECK,clang-format)
	$Q$(if $(OUR_C),$(FORMAT) --dry-run -Werror $(OUR_C))

# Objects only for the host: clang's sanitizer runtimes are packaged by clang version, and linking would need them.
check-clang: | setup
	$(call say,CHECK,clang build)
	+$Q$(MAKE) --no-print-directory B=$B/clang CC=clang HOSTCC=clang all host-objects

check-cppcheck: | setup
	$(call say,CHECK,cppcheck)
	$Qcppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --std=c11 \
		--platform=unix64 --suppress=missingIncludeSystem $(INCLUDES) $(LIB_SRC) $(FDT_SRC) $(PAYLOAD_SRC) $(BOARD_SRC) platform/template/*.c

# sparse gets gcc's own predefined macros and header directories for the target, and nothing of the host's.
SPARSE = sparse --arch=riscv64 -m64 -Wsparse-error -Wno-decl -std=c11 -nostdinc $(INCLUDES) $(PAYLOAD_CFLAGS) $(TARGET_INC) \
	-include $B/target-macros.h
TARGET_INC = $(shell $(CROSS)gcc $(SPECS) -xc -E -v /dev/null 2>&1 | \
	sed -n '/search starts/,/^End/s|^ \(/.*\)|-isystem \1|p')

check-sparse: | setup
	$(call say,CHECK,sparse)
	@mkdir -p $B
	@$(CROSS)gcc $(SPECS) -march=$(MARCH) $(MODEL) -dM -E -xc /dev/null | grep -vE ' __(STDC|ATOMIC)_' >$B/target-macros.h
	$Qfor c in $(LIB_SRC) $(FDT_SRC) $(PAYLOAD_SRC) $(BOARD_SRC) platform/template/*.c; do $(SPARSE) $$c || exit 1; done

check-shell: | setup
	$(call say,CHECK,shellcheck)
	$Qshellcheck $(OUR_SH)

format: | setup
	$Q$(if $(OUR_C),$(FORMAT) -i $(OUR_C))
