# SPDX-License-Identifier: BSD-2-Clause
#
# What the payload finds in a device tree, on the host. A source (.dts) is compiled first.

DISCOVER := $B/host/discover
DISCOVER_OBJ := $B/host/obj/tools/discover.o $B/host/obj/payload/report/describe.o

$(DISCOVER): $(DISCOVER_OBJ) $B/host/libhost.a
	$(call say,HOSTLD,$@)
	$Q$(HOST_FLAGS) $^ -lfdt -o $@
host: $(DISCOVER)
host-objects: $(DISCOVER_OBJ)

.PHONY: discover
discover: $(DISCOVER)
	$(if $(DTB),,$(error make discover DTB=FILE: a compiled device tree, or its source))
	$(if $(filter %.dts,$(DTB)),$Qdtc -q -q -f -I dts -O dtb -i '$(dir $(DTB))' -o $B/discover.dtb '$(DTB)')
	@$(DISCOVER) '$(if $(filter %.dts,$(DTB)),$B/discover.dtb,$(DTB))'
