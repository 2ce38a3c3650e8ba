# SPDX-License-Identifier: BSD-2-Clause
#
# The target's compiler, libaia.a and libfdt.a.

HASH     := \#
MARCH    ?= rv$(XLEN)imac_zicsr_zifencei
MABI     ?= $(if $(filter 32,$(XLEN)),ilp32,lp64)
SPECS    ?= --specs=picolibc.specs
INCLUDES  = -Iinclude -Iarch/riscv -I.
WARN      = -Wall -Wextra -Wconversion -Wshadow -Werror
MODEL     = -mabi=$(MABI) -mcmodel=medany -ffreestanding -fno-common -ffunction-sections -fdata-sections

ifneq ($(findstring clang,$(CC)),)
# LLVM before 15 does not accept the names of the CSR and fence.i extensions, but implies them. picolibc's headers are where
# gcc finds them. The link is made by gcc, which knows picolibc's multilibs.
CLANG_MARCH = $(shell $(CC) --target=riscv$(XLEN)-unknown-elf -march=$(MARCH) -xc -c -o /dev/null /dev/null 2>/dev/null \
	&& echo $(MARCH) || echo rv$(XLEN)imac)
LIBC_INC    = $(shell echo '$(HASH)include <string.h>' | $(CROSS)gcc $(SPECS) -E - | \
	sed -n 's|^$(HASH) 1 "\(/.*\)/string.h".*|\1|p' | head -n 1)
TARGET_CC   = $(CC) --target=riscv$(XLEN)-unknown-elf -march=$(CLANG_MARCH) -isystem $(LIBC_INC) -ftls-model=local-exec
else
TARGET_CC   = $(CC) $(SPECS) -march=$(MARCH)
endif
# If -march names all extensions, gcc selects no multilib, and the libraries come out hard-float.
MULTILIB    = $(CROSS)gcc -march=$(firstword $(subst _, ,$(MARCH))) -mabi=$(MABI) -mcmodel=medany
TARGET_LD   = $(MULTILIB) $(SPECS)
CFLAGS_ALL  = $(MODEL) -O2 -g -std=c11 $(WARN) $(INCLUDES) $(CFLAGS)

# An IOMMU's table entry changes by one store of 64 bits, which RV32 does not have.
LIB_SRC := $(wildcard lib/*.c imsic/*.c aplic/*.c $(if $(filter 64,$(XLEN)),iommu/*.c))

# A change of compiler, flags or board rebuilds everything: this file is only touched when its text changes.
$B/.flags: FORCE | setup
	@mkdir -p $B
	@echo "$(subst ",,$(TARGET_CC) $(CFLAGS_ALL) $(PAYLOAD_CFLAGS) $(PLATFORM_DIR) $(HOST_FLAGS))" | cmp -s - $@ || \
	echo "$(subst ",,$(TARGET_CC) $(CFLAGS_ALL) $(PAYLOAD_CFLAGS) $(PLATFORM_DIR) $(HOST_FLAGS))" >$@

$B/obj/%.o: %.c $B/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q$(TARGET_CC) $(CFLAGS_ALL) $(PAYLOAD_CFLAGS) -MMD -MP -c $< -o $@

$B/obj/%.o: %.S $B/.flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$Q$(TARGET_CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

# HOOKS=1: the same payload in build/hooks, where a test is called before each access of these files (hook.h).
ifneq ($(HOOKS),)
HOOKED := lib/% imsic/% aplic/% iommu/% payload/pci/msi payload/pci/msix payload/load/soft payload/kernel/irq payload/kernel/port
$(HOOKED:%=$B/obj/%.o): private CFLAGS_ALL += -DAIA_ACCESS_HOOK
endif

# Functions that no header with include/aia/begin.h declares are hidden. The payload links these objects; only the payload uses
# the functions of the IMSIC driver, to drive interrupt files itself. (private: .flags is made by the same rules.)
LIB_OBJ := $(LIB_SRC:%.c=$B/obj/%.o)
$(LIB_OBJ): private CFLAGS_ALL += -fvisibility=hidden

# For embedders: one object for each source file; that of lib/irq.c is lib-irq.o. A link with an archive ignores visibility, so the
# hidden names get the prefix aia__ here. An embedder may then have a function with the name of a hidden one.
$B/libaia.a: $(LIB_OBJ) mk/build.mk
	$(call say,AR,$@)
	@rm -rf $@ $B/obj/archive && mkdir -p $B/obj/archive
	$Q$(CROSS)readelf -sW $(LIB_OBJ) | awk '$$6 == "HIDDEN" { print $$8, "aia__" $$8 }' | sort -u >$B/obj/archive/names
	$Qfor o in $(LIB_OBJ:$B/obj/%=%); do $(CROSS)objcopy --redefine-syms=$B/obj/archive/names \
		$B/obj/$$o $B/obj/archive/$$(echo $$o | tr / -) || exit 1; done
	$Q$(CROSS)ar rcs $@ $B/obj/archive/*.o

# Not this project's source, so no warnings are asked for. Its file names are known only after it was fetched: one recipe for all.
LIBFDT_SRC ?= build/dl/dtc/libfdt

$B/libfdt.a: $B/.flags
	$(call say,LIBFDT,$(LIBFDT_SRC))
	@rm -rf $B/obj/libfdt $@ && mkdir -p $B/obj/libfdt
	$Qfor c in $(LIBFDT_SRC)/*.c; do \
		$(TARGET_CC) $(MODEL) -O2 -g -w -I$(LIBFDT_SRC) -c $$c -o $B/obj/libfdt/$$(basename $$c .c).o || exit 1; done
	$Q$(CROSS)ar rcs $@ $B/obj/libfdt/*.o
