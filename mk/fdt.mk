# SPDX-License-Identifier: BSD-2-Clause
#
# libaia-fdt.a: the device tree for libaia, on libfdt. It reads the trees of RV64 machines, so XLEN=32 has none.

FDT_SRC := $(if $(filter 64,$(XLEN)),$(wildcard fdt/*.c))
FDT_OBJ := $(FDT_SRC:%.c=$B/obj/%.o)
FDT_LIB := $(if $(FDT_SRC),$B/libaia-fdt.a)

# The payload links these objects, because platform/ uses the hidden functions, too.
$(FDT_OBJ): private CFLAGS_ALL += -fvisibility=hidden

# One object for each source file. A link with an archive ignores visibility, so hidden names get the prefix aia_fdt__ here.
$B/libaia-fdt.a: $(FDT_OBJ) mk/fdt.mk
	$(call say,AR,$@)
	@rm -rf $@ $B/obj/fdt-archive && mkdir -p $B/obj/fdt-archive
	$Q$(CROSS)readelf -sW $(FDT_OBJ) | awk '$$6 == "HIDDEN" { print $$8, "aia_fdt__" $$8 }' | sort -u >$B/obj/fdt-archive/names
	$Qfor o in $(notdir $(FDT_OBJ)); do \
		$(CROSS)objcopy --redefine-syms=$B/obj/fdt-archive/names $B/obj/fdt/$$o $B/obj/fdt-archive/fdt-$$o || exit 1; done
	$Q$(CROSS)ar rcs $@ $B/obj/fdt-archive/*.o
