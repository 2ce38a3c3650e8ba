# SPDX-License-Identifier: BSD-2-Clause
#
# imsicle: `make help` lists targets and variables. Everything that builds has set-up as a prerequisite. scripts/setup looks for
# the tools on each run, so variables that name a tool are expanded only in recipes, after set-up.

# --- what can be overridden on the command line --------------------------------------------------------------------
QEMU      ?= qemu-system-riscv64
FIRMWARE  ?= $(firstword $(wildcard $(OPENSBI)) fw_dynamic.bin-not-found)
SMP       ?= 4
MACHINE   ?= virt,aia=aplic-imsic
MEM       ?= 256M
ARGS      ?=
QEMU_ARGS ?=
ICOUNT    ?=
CROSS     ?= riscv64-unknown-elf-
HOSTCC    ?= gcc
HOOKS     ?=
XLEN      ?= 64
B         ?= build$(if $(HOOKS),/hooks)$(if $(filter 32,$(XLEN)),/rv32)
JOBS      ?= $(shell nproc 2>/dev/null || echo 2)
# CC in the environment means the host's compiler: only the command line can choose the target's.
ifneq ($(origin CC),command line)
CC := $(CROSS)gcc
endif

# sed, sort and the tests read what tools print, so tools must print in one language.
export LC_ALL := C

OPENSBI := /usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin \
	/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin

# -------------------------------------------------------------------------------------------------------------------
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all lib run shell test check format clean distclean help setup FORCE
FORCE:

COMMA := ,
Q := $(if $(V),,@)
# $(call say,WHAT,FILE): the quiet form of a command.
say = $(if $(V),,@printf '  %-8s%s\n' '$1' '$2')

include mk/build.mk
include mk/fdt.mk
include mk/payload.mk
include mk/test.mk
include mk/discover.mk
include mk/explore.mk
include mk/bench.mk
include mk/check.mk
include mk/repro.mk
include mk/model.mk
include mk/fuzz.mk
include mk/coverage.mk
include mk/install.mk
-include $(shell find $B/obj $B/host/obj $B/host32/obj $B/explore/obj $B/fuzz/obj $B/dts $B/stack -name '*.d' 2>/dev/null)

# --- set-up --------------------------------------------------------------------------------------------------------
# One run of the script for all goals, because apt takes one caller at a time. Only what the user chose is passed on.
GOALS    := $(or $(MAKECMDGOALS),all)
# What a goal needs besides `run', in scripts/setup's words; a goal that is not here needs what the tests on the host need.
needs_none     := all lib run install stage flash-image clean distclean help
needs_shell    := perl
needs_hotplug  := perl
needs_bench    := perl
needs_repro    := perl
needs_gdb      := gdb
needs_tags     := tags
needs_trace    := trace
needs_campaign := campaign
needs_check    := test check
needs_format   := test check
needs_model    := test model memory
needs_fuzz     := test fuzz
needs_coverage := test coverage
needs_test     := test model boot campaign hosts junit rust
needs_test-old-qemu := test old
needs_test-qemu := test $(PAIR)
PAIR_DIR := build/dl/pair-$(PAIR)
ifneq ($(filter test-qemu,$(MAKECMDGOALS)),)
$(if $(filter trixie sid,$(PAIR)),,$(error PAIR=$(PAIR): which pair of QEMU and OpenSBI? PAIR=trixie or PAIR=sid))
endif
needs     = $(if $(filter $1,$(needs_none)),,$(or $(needs_$1),test))
NEEDS    := run $(sort $(foreach goal,$(GOALS),$(call needs,$(goal))) $(if $(JUNIT),junit) $(if $(HOSTS),hosts))
chosen    = $1='$(if $(filter file default,$(origin $1)),,$($1))'

setup:
	@$(foreach v,QEMU FIRMWARE CROSS LIBFDT_SRC GDB RUSTC,$(call chosen,$v)) CC='$(CC)' scripts/setup $(NEEDS)

# --- run -----------------------------------------------------------------------------------------------------------
# With ICOUNT one instruction is one nanosecond and harts run in turns, so that runs repeat exactly; otherwise harts run in parallel.
ACCEL    := $(if $(ICOUNT),-icount shift=0$(COMMA)sleep=off -rtc base=2020-01-01$(COMMA)clock=vm,-accel tcg$(COMMA)thread=multi)
# The devices that ARGS asks for by devices= or test=; each disk has an image of its own. A kind is a word here, and DEV_ with
# that word is its options.
KINDS       := nvme ahci virtio xhci
WANTED      := $(subst $(COMMA), ,$(patsubst devices=%,%,$(patsubst test=%,%,$(filter devices=% test=%,$(ARGS)))))
WANTED      := $(if $(filter all,$(WANTED)),$(KINDS),$(filter $(KINDS),$(WANTED)))
include tests/qemu/devices.mk
IMAGES      := $(WANTED:%=$B/disk/%-8192.img)

$B/disk/%.img: scripts/image
	$(call say,IMAGE,$@)
	@scripts/image $@

QEMU_CMD  = $(QEMU) -M $(MACHINE) -smp $(SMP) -m $(MEM) $(ACCEL) -nographic -no-reboot \
	-bios $(FIRMWARE) -kernel $B/payload.elf -append "$(ARGS)" \
	$(DEV_edu2) $(foreach k,$(WANTED),$(DEV_$k)) $(QEMU_ARGS)

lib: $B/libaia.a
all: $B/payload.elf $B/payload.bin

run: all $(IMAGES)
	$(info $(strip $(QEMU_CMD)))
	@$(if $(filter shell,$(ARGS)),scripts/console) $(QEMU_CMD)

include mk/trace.mk
include mk/develop.mk

# `make run' with the shell instead of a job. The words of ARGS come last, and so have priority.
shell: override ARGS := test=shell shell $(ARGS)
shell: run

clean: # fetched files stay: see distclean
	@rm -f tags compile_commands.json
	@[ ! -d $B ] || find $B -mindepth 1 -maxdepth 1 ! -name dl -exec rm -rf {} +

distclean:
	rm -rf $B

help:
	@echo 'make             build $B/payload.elf and $B/payload.bin'
	@echo 'make lib         build $B/libaia.a alone'
	@echo '                 XLEN=32 for rv32imac (the library alone; the payload is for RV64)'
	@echo 'make install     headers, libaia.a and aia.pc below PREFIX=$(PREFIX), or DESTDIR/PREFIX'
	@echo 'make flash-image build $B/flash.img, S-mode firmware for flash; docs/booting.md has every other way to boot'
	@echo 'make run         boot the payload under QEMU; exit code 0 is VERDICT: PASS'
	@echo 'make shell       the same, with a shell on the console instead of a job; `help`'"'"' lists its commands, ^A x ends QEMU'
	@echo 'make test        host unit tests and QEMU tests, under one prove; ends with a list of what failed, and how to repeat it'
	@echo '                 TEST="WORD..." for some of them, which builds only what these need; REPEAT=n times; LOAD=m busy processes beside them'
	@echo 'make host-test T="NAME..."  build and run tests/host/test_NAME alone'
	@echo 'make test-old-qemu  the rows about wires, moves and hotplug on Debian 12'\''s own QEMU 7.2, which is fetched'
	@echo 'make test-qemu PAIR=trixie|sid  the QEMU tests on the QEMU and OpenSBI of a later Debian, fetched beside ours; TEST='
	@echo 'make explore     every interleaving of small scenarios; SCENARIO="NAME..." for some'
	@echo 'make mutants     each mutant removes one step of the protocol; at least one test must fail'
	@echo 'make hotplug     harts go offline and come back under all kinds of load; SECONDS= in all, SEED=, CELLS=regex, JUNIT=file; any QEMU, FIRMWARE, KERNEL'
	@echo 'make campaign    the same cells in parallel, ROUNDS= of them; HOSTS=a,b by ssh; resumes if interrupted'
	@echo 'make discover DTB=FILE  what the payload finds in a device tree, and which parts it does not use, without a machine'
	@echo 'make repro       a USB controller that naive moves silence, and libaia'\''s moves do not (SEED= repeats)'
	@echo 'make bench       the cost of operations, beside their floors; BASELINE=FILE compares with a build/bench.json, TOLERANCE= percent'
	@echo 'make trace       one second of the main job, traced: $B/timeline.html to look at, $B/trace.json for Perfetto'
	@echo 'make check       formatting, gcc and clang builds, cppcheck, sparse, shellcheck'
	@echo 'make model       SPIN and herd7: verify the models of the protocol, refute their broken variants (2 minutes)'
	@echo 'make fuzz        libFuzzer on device trees, shell lines and boot arguments; SECONDS= for each (60), SEED='
	@echo 'make coverage    how much of the library the host tests run, lines and branches'
	@echo 'make format      clang-format every source in place'
	@echo 'make gdb         the payload under QEMU, stopped at its first instruction, in gdb; SMP=, ARGS= ... as for make run'
	@echo 'make tags        an index of the C and assembler files for editors (ctags)'
	@echo 'make compile_commands.json  how each C file is compiled, for clangd; CC= for another compiler than clang'
	@echo 'make clean       remove what was built (distclean: also what was fetched)'
	@echo
	@echo 'QEMU=$(QEMU) SMP=$(SMP) MACHINE=$(MACHINE) MEM=$(MEM)'
	@echo 'FIRMWARE=$(FIRMWARE)  any OpenSBI fw_dynamic or fw_jump'
	@echo 'ARGS="$(ARGS)"  for the payload, e.g. ARGS="seconds=60 seed=7"; QEMU_ARGS="$(QEMU_ARGS)"  appended'
	@echo 'ARGS="devices=all seconds=60"  every kind of device together; ARGS="test=nvme"  one kind at its limits'
	@echo 'ICOUNT=1  deterministic: one instruction is one nanosecond'
	@echo 'HOOKS=1  the build that test=inject needs, in build/hooks'
	@echo 'CROSS=$(CROSS) CC=$(CC)  or CC=clang; LIBFDT_SRC=$(LIBFDT_SRC); HOSTCC=$(HOSTCC); V=1; JOBS=$(JOBS)'
