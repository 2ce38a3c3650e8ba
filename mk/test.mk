# SPDX-License-Identifier: BSD-2-Clause
#
# Host tests (the same sources, the register model in place of arch/riscv), compiled device trees, and prove over all.

HOST_FLAGS = $(HOSTCC) -O1 -g -std=c11 -D_GNU_SOURCE $(WARN) -fsanitize=address,undefined -fno-sanitize-recover \
	-fno-omit-frame-pointer -Iinclude -Itests/host/model -I. $(HOST_CFLAGS)

HOST_TESTS := $(patsubst tests/host/%.c,$B/host/%,$(wildcard tests/host/test_*.c))
HOST_SRC   := $(LIB_SRC) $(wildcard platform/*.c tests/host/model/*.c) \
	$(filter-out tests/host/test_%,$(wildcard tests/host/*.c))
HOST_OBJ   := $(HOST_SRC:%.c=$B/host/obj/%.o)
HOST_TEST_OBJ := $(HOST_TESTS:$B/host/%=$B/host/obj/tests/host/%.o)
DTBS       := $(patsubst %.dts,$B/%.dtb,$(wildcard dts/*.dts))
# Executables that print TAP.
QEMU_TESTS := $(wildcard tests/qemu/run tests/qemu/*.t)

$B/host/obj/%.o: %.c $B/.flags
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$Q$(HOST_FLAGS) -MMD -MP -c $< -o $@

# An archive, so that a test may bring its own version of a function.
$B/host/libhost.a: $(HOST_OBJ)
	$(call say,AR,$@)
	@rm -f $@
	$Qar rcs $@ $^

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

# prove judges: a plan printed first, no failure, exit code 0 from each. What the QEMU tests boot is in the environment.
test: all host dtbs
	@mkdir -p $B/log
	@CMOCKA_MESSAGE_OUTPUT=TAP QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' BUILD='$B' UBSAN_OPTIONS=print_stacktrace=1 \
		prove -j2 --exec '' $(PROVE_ARGS) $(HOST_TESTS) $(QEMU_TESTS)
