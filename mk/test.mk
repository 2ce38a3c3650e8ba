# SPDX-License-Identifier: BSD-2-Clause
#
# Host tests (the same sources, the register model in place of arch/riscv), compiled device trees, and prove over all.

HOST_FLAGS = $(HOSTCC) -O1 -g -std=c11 -D_GNU_SOURCE $(WARN) -fsanitize=address,undefined -fno-sanitize-recover \
	-fno-omit-frame-pointer -Iinclude -Itests/host/model -I. $(HOST_CFLAGS)

HOST_TESTS := $(patsubst tests/host/%.c,$B/host/%,$(wildcard tests/host/test_*.c))
HOST_SRC   := $(LIB_SRC) $(wildcard platform/*.c tests/host/model/*.c) \
	payload/pci/pci.c payload/pci/resource.c payload/pci/msi.c payload/pci/msix.c payload/pci/slot.c \
	payload/drivers/edu.c payload/wedge.c \
	payload/drivers/nvme_ring.c payload/drivers/nvme_identify.c payload/drivers/ahci_identify.c payload/drivers/ahci_slots.c \
	payload/drivers/virtq.c payload/drivers/virtio_pci.c \
	$(wildcard payload/drivers/xhci*.c payload/drivers/usb*.c payload/conform/*.c) payload/shell/line.c payload/shell/parse.c \
	$(filter-out tests/host/test_%,$(wildcard tests/host/*.c))
HOST_OBJ   := $(HOST_SRC:%.c=$B/host/obj/%.o)
HOST_TEST_OBJ := $(HOST_TESTS:$B/host/%=$B/host/obj/tests/host/%.o)
DTBS       := $(patsubst %.dts,$B/%.dtb,$(wildcard dts/*.dts dts/*/*.dts))

$B/host/obj/%.o: %.c $B/.flags
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$Q$(HOST_FLAGS) -MMD -MP -c $< -o $@

# An archive, so that a test may bring its own version of a function.
$B/host/libhost.a: $(HOST_OBJ) mk/test.mk
	$(call say,AR,$@)
	@rm -f $@
	$Qar rcs $@ $(HOST_OBJ)

$B/host/test_%: $B/host/obj/tests/host/test_%.o $B/host/libhost.a
	$(call say,HOSTLD,$@)
	$Q$(HOST_FLAGS) $^ -lfdt -lcmocka -lpthread -o $@

# -f and no warnings: many are malformed on purpose.
$B/dts/%.dtb: dts/%.dts | setup
	$(call say,DTC,$<)
	@mkdir -p $(@D)
	$Qdtc -q -q -f -I dts -O dtb -i dts -d $@.d -o $@ $<

.PHONY: host host-objects dtbs
host: $(HOST_TESTS)
host-objects: $(HOST_OBJ) $(HOST_TEST_OBJ)
dtbs: $(DTBS)

# What tests/qemu/run boots in place of the payload, where a test wants another entry point or device tree.
$B/qemu/hop.bin: tests/qemu/hop.S $B/.flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$Q$(CROSS)gcc -march=rv64imac -mabi=lp64 -nostdlib -Wl,-Ttext=0x80200000 -Wl,--build-id=none $< -o $(@:.bin=.elf)
	$Q$(CROSS)objcopy -O binary $(@:.bin=.elf) $@

# The payload that test=sweep needs, beside the other.
.PHONY: hooks
hooks: | setup
	+$Q$(MAKE) --no-print-directory HOOKS=1 B=$B/hooks all

# TEST="WORD..." takes the host tests, the scripts and the rows of tests/qemu/table whose names have a WORD in them.
host_selected = $(if $(TEST),$(foreach h,$(HOST_TESTS) $(FUZZ_REPLAYS),\
	$(if $(strip $(foreach t,$(TEST),$(findstring $t,$(notdir $h)))),$h)),$(HOST_TESTS) $(FUZZ_REPLAYS))

# The tests that are scripts, by the same rule.
SCRIPT_TESTS := tests/model/quick.t tests/qemu/matrix tests/qemu/runner.t tests/qemu/shell tests/explore/quick.t
script_selected = $(if $(TEST),$(foreach s,$(SCRIPT_TESTS),\
	$(if $(strip $(foreach t,$(TEST),$(findstring $t,$s))),$s)),$(SCRIPT_TESTS))

# prove judges: a plan printed first, no failure, exit code 0 from each. One prove for all, so that two at a time run to
# the end; the QEMU tests first, the longest at the head. What they boot is in the environment, with what of SMP,
# MACHINE, MEM, ARGS and QEMU_ARGS was given to make.
test: all hooks host dtbs explore-bin $B/qemu/hop.bin
	@mkdir -p $B/log
	@export CMOCKA_MESSAGE_OUTPUT=TAP UBSAN_OPTIONS=print_stacktrace=1; \
	export QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' CELLS='-all-' HOTPLUG_SECONDS=8; \
	qemu_tests=$$(tests/qemu/run --stubs $B/qemu $(TEST)) || exit 1; \
	set -- $$qemu_tests $(script_selected) $(host_selected); \
	[ $$# != 0 ] || { echo "no test has a name like: $(TEST)"; exit 1; }; \
	prove -j2 --exec '' $(PROVE_ARGS) "$$@"

# On an old QEMU, whose APLIC differs from the specification in known ways; the driver is to work on it unasked.
OLD_ROWS := main main-wired main-direct main-two-aplics moves hotplug hotplug-wired level wires wires-modern \
	direct direct-rounds/cycles direct-rounds/movers direct-storms wired wired-rounds/cycles wired-rounds/movers wired-storms
.PHONY: test-old-qemu
test-old-qemu: all $B/qemu/hop.bin
	@mkdir -p $B/log $B/qemu
	@QEMU=build/dl/qemu-old/usr/bin/qemu-system-riscv64 FIRMWARE='$(FIRMWARE)' BUILD='$B' tests/qemu/run $(OLD_ROWS)

# The hotplug suite alone, all of it: SECONDS of all cells together, SEED of the first, CELLS a regex of their names.
.PHONY: hotplug
hotplug: all
	@mkdir -p $B/log $B/qemu
	@QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' HOTPLUG_SECONDS='$(SECONDS)' SEED='$(or $(SEED),1)' \
	CELLS='$(CELLS)' tests/qemu/matrix
