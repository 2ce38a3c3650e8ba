# SPDX-License-Identifier: BSD-2-Clause
#
# libaia and libaia-fdt for other projects: headers, archives, pkg-config files, and what the headers refer to: three documents, and the examples of
# two of them. Tests build the examples from the installed files alone.

PREFIX  ?= /usr/local
DESTDIR ?=
VERSION  = $(shell sed -n 's/^$(HASH)define AIA_VERSION "\(.*\)"/\1/p' include/aia/version.h)

# Paths are relative to the file itself, so that the tree may be moved, and DESTDIR needs no mention. Macros that change the
# layout of the library's structures must be the same in the embedder's code, so the file has them.
define PC
prefix=$${pcfiledir}/../..
includedir=$${prefix}/include
libdir=$${prefix}/lib
march=$(MARCH)
mabi=$(MABI)

Name: aia
Description: RISC-V AIA interrupts: IMSIC, APLIC, moves and hart hotplug
Version: $(VERSION)
Cflags: -I$${includedir} $(filter -DAIA_%,$(CFLAGS))
Libs: -L$${libdir} -laia
endef

# libfdt is the embedder's: no package of it is for a machine without an operating system.
define FDT_PC
prefix=$${pcfiledir}/../..
libdir=$${prefix}/lib

Name: aia-fdt
Description: the device tree for libaia, on libfdt
Version: $(VERSION)
Requires: aia
Libs: -L$${libdir} -laia-fdt
endef

.PHONY: install stage
install: $B/libaia.a $(FDT_LIB)
	$(file >$B/aia.pc,$(PC))
	$(file >$B/aia-fdt.pc,$(FDT_PC))
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$Qinstall -d '$(DESTDIR)$(PREFIX)/include/aia' '$(DESTDIR)$(PREFIX)/lib/pkgconfig'
	$Qinstall -m 644 include/aia/*.h '$(DESTDIR)$(PREFIX)/include/aia'
	$Qinstall -m 644 $B/libaia.a $(FDT_LIB) '$(DESTDIR)$(PREFIX)/lib'
	$Qinstall -m 644 $B/aia.pc $(if $(FDT_LIB),$B/aia-fdt.pc) '$(DESTDIR)$(PREFIX)/lib/pkgconfig'
	$Qinstall -d '$(DESTDIR)$(PREFIX)/share/aia/rust/src' '$(DESTDIR)$(PREFIX)/share/aia/rust/demo'
	$Qfor f in Cargo.toml README.md src/lib.rs src/names.rs src/sys.rs demo/kernel.rs; do \
		install -m 644 bindings/rust/$$f '$(DESTDIR)$(PREFIX)'/share/aia/rust/$$f || exit 1; done
	$Qinstall -d '$(DESTDIR)$(PREFIX)/share/doc/aia' $(patsubst %,'$(DESTDIR)$(PREFIX)/share/doc/aia/%',$(wildcard examples/*))
	$Qinstall -m 644 CHANGELOG.md docs/embedding.md docs/before-s-mode.md docs/design.md '$(DESTDIR)$(PREFIX)/share/doc/aia'
	$Qfor f in $(wildcard examples/*/*.[chS] examples/*/*.ld examples/*/Makefile); do \
		install -m 644 $$f '$(DESTDIR)$(PREFIX)'/share/doc/aia/$$f || exit 1; done

# Rust's core for RV64, which Debian has as sources only. What needs unstable features is this build, and no user of it; the empty
# compiler_builtins satisfies the compiler, which links it to every crate.
RUSTC       ?= /usr/bin/rustc
RUST_TARGET := riscv64imac-unknown-none-elf
RUST_CORE    = $(shell $(RUSTC) --print sysroot)/lib/rustlib/src/rust/library/core
RUST_BUILD   = RUSTC_BOOTSTRAP=1 $(RUSTC) --target $(RUST_TARGET) --crate-type rlib -C panic=abort -C opt-level=1 --cap-lints allow

$B/rust/libcore.rlib: mk/install.mk | setup
	$(call say,RUSTC,core)
	@mkdir -p $(@D)
	$Q$(RUST_BUILD) --edition=$$(sed -n 's/^edition = "\(.*\)"/\1/p' $(RUST_CORE)/Cargo.toml) --crate-name core \
		$(RUST_CORE)/src/lib.rs -o $@
	$Qprintf '$(HASH)![feature(compiler_builtins)]\n$(HASH)![compiler_builtins]\n$(HASH)![no_std]\n' | \
		$(RUST_BUILD) --edition=2021 --crate-name compiler_builtins --extern core=$@ - -o $(@D)/libcompiler_builtins.rlib

# A tree for the tests of the installed library: it has only what `install' puts there. With DESTDIR, too.
stage: $B/libaia.a $(FDT_LIB)
	@rm -rf $B/stage $B/destdir
	+$Q$(MAKE) --no-print-directory install PREFIX='$(abspath $B)/stage' DESTDIR=
	+$Q$(MAKE) --no-print-directory install PREFIX=/usr DESTDIR='$(abspath $B)/destdir'

# The installed examples, copied first, so that they find nothing of this project but the installed library.
EXAMPLES := $(notdir $(patsubst %/Makefile,%,$(wildcard examples/*/Makefile)))
.PHONY: examples
examples: stage
	@rm -rf $B/examples && cp -r $B/stage/share/doc/aia/examples $B/examples
	$Qfor e in $(EXAMPLES); do env -i PATH="$$PATH" PKG_CONFIG_LIBDIR='$(abspath $B)/stage/lib/pkgconfig' \
		make $(if $(V),,-s) -C $B/examples/$$e CROSS=$(CROSS) LIBFDT='$(abspath $(LIBFDT_SRC))' || exit 1; done
$B/examples/%.elf: examples ;

# The minikernel with each of the other ports. The lock of ports/kernel.c needs a library with larger locks.
.PHONY: ports
ports: stage
	+$Q$(MAKE) --no-print-directory install B=$B/locks PREFIX='$(abspath $B)/locks/stage' DESTDIR= CFLAGS='$(CFLAGS) -DAIA_LOCK_WORDS=4'
	@rm -rf $B/port-rtos $B/port-kernel
	@cp -r $B/stage/share/doc/aia/examples $B/port-rtos && cp -r $B/locks/stage/share/doc/aia/examples $B/port-kernel
	$Qfor p in rtos kernel; do lib=stage; [ $$p != kernel ] || lib=locks/stage; \
		env -i PATH="$$PATH" PKG_CONFIG_LIBDIR="$(abspath $B)/$$lib/lib/pkgconfig" \
		make $(if $(V),,-s) -C $B/port-$$p/minikernel CROSS=$(CROSS) PORT=$$p || exit 1; done
$B/port-rtos/minikernel/%.elf $B/port-kernel/minikernel/%.elf: ports ;

# The call graphs of the library with the size of each frame, for tests/install/stack.t. gcc alone makes these.
STACK_CI := $(LIB_SRC:%.c=$B/stack/%.ci)
.PHONY: stack
stack: $(STACK_CI)
$B/stack/%.ci: %.c $B/.flags
	$(call say,CC,$< (call graph))
	@mkdir -p $(@D)
	$Q$(CROSS)gcc $(SPECS) -march=$(MARCH) $(CFLAGS_ALL) -fvisibility=hidden -fcallgraph-info=su -MMD -MP -MT $@ -c $< -o $(@:.ci=.o)
