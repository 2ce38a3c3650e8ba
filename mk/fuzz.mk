# SPDX-License-Identifier: BSD-2-Clause
#
# libFuzzer targets, one for each tests/fuzz/fuzz_NAME.c, with a corpus in tests/fuzz/corpus/NAME; and the same targets without
# libFuzzer, by which `make test` replays the corpus.

FUZZ_CC    ?= clang
FUZZ_FLAGS  = $(FUZZ_CC) -O1 -g -std=c11 -D_GNU_SOURCE $(WARN) -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-Iinclude -Itests/fuzz -I. -isystem $(LIBFDT_SRC)
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# The sources of each target, and its inputs besides its corpus.
FUZZ_SRC_machine  := $(wildcard fdt/*.c platform/*.c) tests/fuzz/mutate_machine.c
FUZZ_SRC_line     := payload/shell/line.c
FUZZ_SRC_parse    := payload/shell/parse.c
FUZZ_SRC_args     := payload/kernel/args.c
FUZZ_SEED_machine  = $B/dts
FUZZ_MAX_machine  := 16384
FUZZ_MAX_line     := 2048
FUZZ_MAX_parse    := 512
FUZZ_MAX_args     := 600

$B/fuzz/obj/%.o: %.c $B/.flags mk/fuzz.mk
	$(call say,FUZZCC,$<)
	@mkdir -p $(@D)
	$Q$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c $< -o $@

# libfdt is not this project's, and was not written for UBSan; the check that it reads nothing outside the blob stays on.
$B/fuzz/libfdt.a: $B/.flags mk/fuzz.mk
	$(call say,LIBFDT,$@)
	@rm -rf $B/fuzz/obj/libfdt $@ && mkdir -p $B/fuzz/obj/libfdt
	$Qfor c in $(LIBFDT_SRC)/*.c; do $(FUZZ_CC) -O1 -g -w -fsanitize=fuzzer-no-link,address -I$(LIBFDT_SRC) -c $$c \
		-o $B/fuzz/obj/libfdt/$$(basename $$c .c).o || exit 1; done
	$Qar rcs $@ $B/fuzz/obj/libfdt/*.o

fuzz_obj = $(patsubst %.c,$B/fuzz/obj/%.o,$(FUZZ_SRC_$1))
.SECONDEXPANSION:
$B/fuzz/%: $B/fuzz/obj/tests/fuzz/fuzz_%.o $$(call fuzz_obj,$$*) $B/fuzz/libfdt.a
	$(call say,FUZZLD,$@)
	$Q$(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined $^ -o $@

# SECONDS for each target. New inputs go to build/fuzz/corpus. An input that fails stays there as crash-*, to be put in the corpus.
.PHONY: fuzz fuzz-merge $(FUZZ_NAMES:%=fuzz-%)
fuzz: $(FUZZ_NAMES:%=fuzz-%)
$(FUZZ_NAMES:%=fuzz-%): fuzz-%: $B/fuzz/% dtbs
	@mkdir -p $B/fuzz/corpus/$*
	$(call say,FUZZ,$* for $(or $(SECONDS),60) s)
	$Q$B/fuzz/$* -max_total_time=$(or $(SECONDS),60) -max_len=$(FUZZ_MAX_$*) -timeout=10 -print_final_stats=1 \
		-artifact_prefix=$B/fuzz/$*- $(if $(SEED),-seed=$(SEED)) \
		$B/fuzz/corpus/$* tests/fuzz/corpus/$* $(FUZZ_SEED_$*) >$B/fuzz/$*.log 2>&1 || { tail -n 40 $B/fuzz/$*.log; exit 1; }
	@grep -E 'cov: [0-9]+ ft' $B/fuzz/$*.log | tail -n 1

# ---- without libFuzzer, for `make test`: the host's compiler and sanitizers ----
FUZZ_REPLAYS := $(FUZZ_NAMES:%=$B/fuzz/replay-%)
$B/fuzz/replay-args: $B/host/obj/payload/kernel/args.o
$B/fuzz/replay-%: $B/host/obj/tests/fuzz/fuzz_%.o $B/host/obj/tests/fuzz/replay.o $B/host/libhost.a
	$(call say,HOSTLD,$@)
	@mkdir -p $(@D)
	$Q$(HOST_FLAGS) $^ -lfdt -o $@
host: $(FUZZ_REPLAYS)
host-objects: $(FUZZ_NAMES:%=$B/host/obj/tests/fuzz/fuzz_%.o) $B/host/obj/tests/fuzz/replay.o
