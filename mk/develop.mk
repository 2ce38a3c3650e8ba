# SPDX-License-Identifier: BSD-2-Clause
#
# For work on the code itself: one host test, the debugger, and what editors read.

# T="NAME..." builds tests/host/test_NAME and what it links, and runs it: no other test is built.
T_ALL     := $(patsubst tests/host/test_%.c,%,$(wildcard tests/host/test_*.c))
T_CHOSEN   = $(patsubst test_%,%,$(T))
T_REFUSED  = $(if $(T_CHOSEN),$(filter-out $(T_ALL),$(T_CHOSEN)),none)

.PHONY: host-test
host-test: $(if $(T_REFUSED),,$(T_CHOSEN:%=$B/host/test_%))
	@$(if $(T_REFUSED),{ echo 'host-test: T="$(T)": not names of host tests. T="NAME..." takes these:'; \
		echo '$(T_ALL)' | fmt -w 100; exit 2; } >&2)
	@export BUILD='$B' QEMU='$(QEMU)' UBSAN_OPTIONS=print_stacktrace=1; failed=; \
	for t in $(T_CHOSEN); do $B/host/test_$$t || failed="$$failed $$t"; done; \
	[ -z "$$failed" ] || { echo "host-test: failed:$$failed" >&2; exit 1; }

# QEMU waits at its first instruction. gdb starts it and talks to it through a pipe. So no port can collide with another QEMU,
# ^C interrupts the payload and not QEMU, and QEMU ends with gdb. The console takes no input, and is descriptor 3.
GDB     ?= gdb-multiarch
GDB_CMD  = exec $(QEMU_CMD) -S -gdb stdio -monitor none -chardev file,id=console,path=/dev/fd/3,append=on -serial chardev:console

.PHONY: gdb
gdb: all $(IMAGES)
	@$(GDB) -q -ex 'set remote query-attached-packet off' -ex 'target remote | $(GDB_CMD)' $B/payload.elf 3>&1

.PHONY: tags
tags: | setup
	$(call say,TAGS,$@)
	$Qctags -o $@ $(OUR_C) $(PAYLOAD_ASM)

# The command by which make would compile each C file, for clangd and other tools of clang's. These do not know every flag of
# gcc's: the target's files have the command of `make CC=clang' (`make check' runs it), unless CC= is given. A file that is
# compiled several times has its first command: those of the payload and the library for the target come before the host's.
DB_GOALS = all host explore-bin $(FUZZ_NAMES:%=$B/fuzz/%) $B/qemu/traps.o
DB_MAKE  = $(MAKE) --no-print-directory -Bn V=1 $(if $(filter command,$(firstword $(origin CC))),,CC=clang)

.PHONY: compile_commands.json
compile_commands.json: | setup
	$(call say,JSON,$@)
	@mkdir -p $B
	+@$(DB_MAKE) $(DB_GOALS) >$B/commands
	+@$(DB_MAKE) PLATFORM_DIR=platform/template B=$B/board $B/board/obj/board/board.o >>$B/commands
	@DIR='$(CURDIR)' scripts/compile-commands <$B/commands >$@
