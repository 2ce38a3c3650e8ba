# SPDX-License-Identifier: BSD-2-Clause
#
# Host tests (the same sources, with the register model instead of arch/riscv), compiled device trees, and prove for all tests.

HOST_FLAGS = $(HOSTCC) -O1 -g -std=c11 -D_GNU_SOURCE $(WARN) -fsanitize=address,undefined -fno-sanitize-recover \
	-fno-omit-frame-pointer -Iinclude -Itests/host/model -Itests/host/devices -I. $(HOST_CFLAGS)

# Built a second time with the registers and the atomic accesses of RV32: the tests of interrupt files and their books.
HOST32_SRC   := $(filter-out iommu/%,$(LIB_SRC)) \
	$(wildcard tests/host/model/m_*.c tests/host/model/aplic_*.c) \
	$(addprefix tests/host/,fixture.c block_bench.c lose.c wires.c)
HOST32_OBJ   := $(HOST32_SRC:%.c=$B/host32/obj/%.o)
HOST32_TESTS := $(patsubst %,$B/host32/test_%,file vector flow storm move reclaim hotplug online audit block block_books hart_states managed_drain moment time_limits full_traps streak reopen restore lost_message second_request)

$B/host32/obj/%.o: %.c $B/.flags
	$(call say,HOSTCC,$< (RV32))
	@mkdir -p $(@D)
	$Q$(HOST_FLAGS) -DCSR_XLEN=32 -DAIA_WORD_BITS=32 -MMD -MP -c $< -o $@

$B/host32/test_%: $B/host32/obj/tests/host/test_%.o $(HOST32_OBJ)
	$(call say,HOSTLD,$@)
	$Q$(HOST_FLAGS) $^ -lcmocka -o $@

# The library itself for rv32imac, by both compilers.
.PHONY: rv32
rv32: | setup
	+$Q$(MAKE) --no-print-directory XLEN=32 B=$B/rv32 lib
	+$Q$(MAKE) --no-print-directory XLEN=32 B=$B/rv32-clang CC=clang lib

HOST_TESTS := $(patsubst tests/host/%.c,$B/host/%,$(wildcard tests/host/test_*.c))
HOST_SRC   := $(LIB_SRC) $(wildcard fdt/*.c platform/*.c tests/host/model/*.c) \
	payload/pci/pci.c payload/pci/resource.c payload/pci/msi.c payload/pci/msix.c payload/pci/slot.c \
	payload/drivers/edu.c payload/load/wedge.c payload/kernel/time.c \
	payload/drivers/disk.c payload/drivers/virtq.c $(addprefix payload/drivers/virtio_,pci.c blk.c mmio.c) \
	$(wildcard payload/drivers/nvme*.c payload/drivers/ahci*.c payload/drivers/xhci*.c payload/drivers/usb*.c payload/conform/*.c) payload/shell/line.c payload/shell/parse.c \
	$(filter-out tests/host/test_%,$(wildcard tests/host/*.c))
HOST_OBJ   := $(HOST_SRC:%.c=$B/host/obj/%.o)
HOST_TEST_OBJ := $(HOST_TESTS:$B/host/%=$B/host/obj/tests/host/%.o)
DTBS       := $(patsubst %.dts,$B/%.dtb,$(wildcard dts/*.dts dts/*/*.dts))

$B/host/obj/%.o: %.c $B/.flags
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$Q$(HOST_FLAGS) -MMD -MP -c $< -o $@

# An archive, so that a test may define its own version of a function.
$B/host/libhost.a: $(HOST_OBJ) mk/test.mk
	$(call say,AR,$@)
	@rm -f $@
	$Qar rcs $@ $(HOST_OBJ)

# Replacements for PCI, the library and a device in the test of a driver; linked by name, before the archive is searched.
DEVICE_MODELS := $(wildcard tests/host/devices/*.c)
DEVICE_OBJ    := $(DEVICE_MODELS:%.c=$B/host/obj/%.o)
xhci_tests    := xhci xhci_transfers
nvme_tests    := nvme nvme_identify
ahci_tests    := ahci ahci_start
virtio_tests  := virtio_blk
$(foreach d,xhci nvme ahci virtio,$(eval $(addprefix $B/host/test_,$($d_tests)): $(addprefix $B/host/obj/tests/host/devices/,function.o $d_model.o)))

$(patsubst %,$B/host/test_%,pci pci_msi pci_msix pci_place pci_slot virtio_pci): $B/host/obj/tests/host/devices/pci_fabric.o
$B/host/test_conform: $B/host/obj/tests/host/conform/hardware.o
$B/host/test_args: $B/host/obj/payload/kernel/args.o
$B/host/test_uart: $B/host/obj/payload/kernel/uart.o
$B/host/test_trap_guard: $B/host/obj/payload/kernel/trap_guard.o

# An embedder's code with another layout of structures than the library's, once for each decision that changes the layout.
layouts                := same harts_fewer harts_one_fewer harts_more word_32 enums_short
layout_harts_fewer     := -DAIA_MAX_HARTS=64
layout_harts_one_fewer := -DAIA_MAX_HARTS=127
layout_harts_more      := -DAIA_MAX_HARTS=1024
layout_word_32         := -DAIA_WORD_BITS=32
layout_enums_short     := -fshort-enums
$B/host/test_layout: $(layouts:%=$B/host/obj/layout/%.o)
$B/host/obj/layout/%.o: tests/host/layout/other.c $B/.flags
	$(call say,HOSTCC,$< ($*))
	@mkdir -p $(@D)
	$Q$(HOST_FLAGS) $(layout_$*) -DLAYOUT_OF=$* -MMD -MP -c $< -o $@

# These tests read compiled device trees.
$(patsubst %,$B/host/test_%,fdt machine machine_damage place): | dtbs

$B/host/test_%: $B/host/obj/tests/host/test_%.o $B/host/libhost.a
	$(call say,HOSTLD,$@)
	$Q$(HOST_FLAGS) $(filter %.o,$^) $(filter %.a,$^) -lfdt -lcmocka -lpthread -o $@

# This test has real threads instead of the model's harts: ThreadSanitizer replaces the other sanitizers.
TSAN_FLAGS = $(HOST_FLAGS) -fno-sanitize=address,undefined -fsanitize=thread
$B/host/obj/tsan/%.o: %.c $B/.flags
	$(call say,HOSTCC,$< (threads))
	@mkdir -p $(@D)
	$Q$(TSAN_FLAGS) -Wno-tsan -MMD -MP -c $< -o $@

$B/host/test_trace_threads: $(addprefix $B/host/obj/tsan/,tests/host/test_trace_threads.o lib/trace.o tests/host/model/m_atomic.o)
	$(call say,HOSTLD,$@)
	$Q$(TSAN_FLAGS) $^ -lcmocka -lpthread -o $@

# -f and no warnings: many trees are malformed on purpose.
$B/dts/%.dtb: dts/%.dts | setup
	$(call say,DTC,$<)
	@mkdir -p $(@D)
	$Qdtc -q -q -f -I dts -O dtb -i dts -d $@.d -o $@ $<

.PHONY: host host-objects dtbs
host: $(HOST_TESTS) $(HOST32_TESTS)
host-objects: $(HOST_OBJ) $(HOST_TEST_OBJ) $(DEVICE_OBJ)
dtbs: $(DTBS)

# What tests/qemu/run boots instead of the payload, if a test needs another entry point or device tree.
$B/qemu/hop.bin: tests/qemu/hop.S $B/.flags
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$Q$(CROSS)gcc -march=rv64imac -mabi=lp64 -nostdlib -Wl,-Ttext=0x80200000 -Wl,--build-id=none $< -o $(@:.bin=.elf)
	$Q$(CROSS)objcopy -O binary $(@:.bin=.elf) $@

# What is preloaded into QEMU: turns.so for rows whose runs must print the same, and race.so to test turns.so.
$B/qemu/turns.so $B/qemu/race.so: $B/qemu/%.so: tests/qemu/%.c $B/.flags
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$Q$(HOSTCC) -O1 -std=c11 $(WARN) -shared -fPIC $< -ldl -o $@
# The example of a machine level without one of its steps (tests/qemu/steps). The kernel waits less
# where an interrupt never comes.
$B/qemu/step-%.elf: tests/qemu/steps examples
	@rm -rf $(@:.elf=) && mkdir -p $(@:.elf=) && cp -rp $B/examples/wired $B/examples/machine-level $(@:.elf=)
	@case $* in sources|addresses|base|widths) sed -E -i 's/100 \* second/8 * second/; s/50 \* second/3 * second/' $(@:.elf=)/wired/*.c ;; esac
	@script=$$(sed -n 's/^$*  *//p' $<) && file=$(@:.elf=)/machine-level/machine.c && [ -n "$$script" ] && \
		sed -E -i "$$script" $$file && ! cmp -s $$file $B/examples/machine-level/machine.c || \
		{ echo '$@: $<: it changes nothing' >&2; exit 1; }
	$Qenv -i PATH="$$PATH" PKG_CONFIG_LIBDIR='$(abspath $B)/stage/lib/pkgconfig' make -s -C $(@:.elf=)/machine-level \
		CROSS=$(CROSS) LIBFDT='$(abspath $(LIBFDT_SRC))' && mv $(@:.elf=)/machine-level/machine-level.elf $@

# The payload with a board that traps in a panic.
$B/qemu/traps.o: tests/qemu/traps.c $B/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q$(TARGET_CC) $(CFLAGS_ALL) $(PAYLOAD_CFLAGS) -MMD -MP -c $< -o $@

$B/qemu/traps.elf: $B/qemu/traps.o $B/payload.elf
	$(call say,LD,$@)
	$QCROSS=$(CROSS) scripts/symbols $@ $(filter-out $(BOARD_OBJ),$(PAYLOAD_LINK)) $B/qemu/traps.o

# The payload that test=inject needs, beside the usual one.
.PHONY: hooks
hooks: | setup
	+$Q$(MAKE) --no-print-directory HOOKS=1 B=$B/hooks all
$B/hooks/payload.elf: hooks ;

# The board template, copied as a user would copy it: outside the tree, built by PLATFORM_DIR. make -n copies too, because the second make looks for files.
.PHONY: board
board: | setup
	+@mkdir -p $B && rm -rf $B/template && cp -r platform/template $B/template
	+$Q$(MAKE) --no-print-directory PLATFORM_DIR='$(abspath $B)/template' B=$B/board all
$B/board/payload.elf: board ;

# TEST="WORD..." takes the host tests, the scripts and the rows of tests/qemu/table whose names have a WORD in them.
host_selected = $(if $(TEST),$(foreach h,$(HOST_TESTS) $(HOST32_TESTS) $(FUZZ_REPLAYS),\
	$(if $(strip $(foreach t,$(TEST),$(findstring $t,$(patsubst $B/%,%,$h)))),$h)),$(HOST_TESTS) $(HOST32_TESTS) $(FUZZ_REPLAYS))

# The tests that are scripts, by the same rule.
SCRIPT_TESTS := $(wildcard tests/*/*.t) tests/qemu/matrix tests/qemu/shell
script_selected = $(if $(TEST),$(foreach s,$(SCRIPT_TESTS),\
	$(if $(strip $(foreach t,$(TEST),$(findstring $t,$s))),$s)),$(SCRIPT_TESTS))

# $(call build_needed,QEMU,GOAL...): build what the chosen rows boot, and each GOAL. A second make does it, because only
# tests/qemu/run knows what a row boots, and it can run only after set-up.
build_needed = +@rows=$$(QEMU='$1' BUILD='$B' tests/qemu/run --needs $(TEST)) && $(MAKE) --no-print-directory setup $$rows $2
# A line `# Needs: WORD...' in a script says what make has to build for it: goals, and files, with BUILD/ for $B/.
script_needs = $(patsubst BUILD/%,$B/%,$(if $(script_selected),$(shell sed -n 's/^# Needs: //p' $(script_selected))))

# prove judges: each test prints a plan first, has no failure, and exits 0. One prove runs all, so that two tests run at a time
# until the end; the QEMU tests come first, the longest at the head. REPEAT=n runs all of them n times, LOAD=m beside m busy
# processes. The environment has what the tests boot, and those of SMP, MACHINE, MEM, ARGS and QEMU_ARGS that make was given.
test: | setup
	$(call build_needed,$(QEMU),$(script_needs) $(host_selected))
	@mkdir -p $B/log
	@export CMOCKA_MESSAGE_OUTPUT=TAP UBSAN_OPTIONS=print_stacktrace=1; \
	export QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' CROSS='$(CROSS)' RUSTC='$(RUSTC)' CELLS='-all-' HOTPLUG_SECONDS=8; \
	qemu_tests=$$(tests/qemu/run --stubs $B/qemu $(TEST)) || exit 1; \
	set -- $$qemu_tests $(script_selected) $(host_selected); \
	[ $$# != 0 ] || { echo "no test has a name like: $(TEST)"; exit 1; }; \
	REPEAT='$(REPEAT)' LOAD='$(LOAD)' PROVE_ARGS='$(PROVE_ARGS)' tests/prove/run "$$@"

# On an old QEMU, whose APLIC differs from the specification in known ways; the driver must work there without arguments.
OLD_ROWS := main main-wired main-direct main-two-aplics moves hotplug hotplug-wired suspend level wires wires-modern \
	direct direct-rounds direct-churn wired wired-rounds wired-churn all xhci
.PHONY: test-old-qemu
test-old-qemu: all $B/qemu/hop.bin $B/qemu/turns.so
	@mkdir -p $B/log $B/qemu
	@QEMU=build/dl/qemu-old/usr/bin/qemu-system-riscv64 FIRMWARE='$(FIRMWARE)' BUILD='$B' tests/qemu/run $(OLD_ROWS)

# The rows and the hotplug suite on the QEMU and OpenSBI of a later Debian (PAIR=trixie or sid), which scripts/setup fetches.
.PHONY: test-qemu
test-qemu: | setup
	$(call build_needed,$(PAIR_DIR)/qemu-system-riscv64,$(if $(TEST),,all $B/qemu/hop.bin $B/qemu/turns.so))
	@mkdir -p $B/log
	@export QEMU='$(PAIR_DIR)/qemu-system-riscv64' FIRMWARE='$(PAIR_DIR)/fw_dynamic.bin' BUILD='$B' CELLS='-all-' HOTPLUG_SECONDS=8; \
	qemu_tests=$$(tests/qemu/run --stubs $B/qemu $(TEST)) || exit 1; \
	set -- $$qemu_tests $(filter tests/qemu/matrix tests/qemu/shell,$(script_selected)); \
	[ $$# != 0 ] || { echo "no row has a name like: $(TEST)"; exit 1; }; \
	AGAIN='make test-qemu PAIR=$(PAIR)' REPEAT='$(REPEAT)' LOAD='$(LOAD)' PROVE_ARGS='$(PROVE_ARGS)' tests/prove/run "$$@"

# The hotplug suite alone, all of it: SECONDS of all cells together, SEED of the first, CELLS a regex of their names, KERNEL
# another payload.elf; JUNIT a file for the results. docs/ci.md
.PHONY: hotplug
hotplug: all
	@mkdir -p $B/log $B/qemu
	@QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' KERNEL='$(KERNEL)' HOTPLUG_SECONDS='$(SECONDS)' SEED='$(or $(SEED),1)' \
	CELLS='$(CELLS)' $(if $(JUNIT),scripts/junit '$(JUNIT)') tests/qemu/matrix

# The same cells in parallel, on this machine or on the machines that HOSTS names (user@host,host...), by ssh. ROUNDS of them,
# each with seeds of its own. A campaign resumes if it was interrupted.
.PHONY: campaign
campaign: all
	@QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' KERNEL='$(KERNEL)' HOTPLUG_SECONDS='$(SECONDS)' SEED='$(or $(SEED),1)' \
	CELLS='$(CELLS)' ROUNDS='$(or $(ROUNDS),1)' JOBS='$(JOBS)' HOSTS='$(HOSTS)' \
	$(if $(JUNIT),scripts/junit '$(JUNIT)') scripts/campaign
