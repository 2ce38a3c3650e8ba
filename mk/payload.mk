# SPDX-License-Identifier: BSD-2-Clause
#
# payload.elf and payload.bin.

PAYLOAD_SRC := $(wildcard platform/*.c) $(shell find payload -name '*.c' 2>/dev/null)
PAYLOAD_ASM := $(wildcard payload/*.S)
PAYLOAD_OBJ := $(PAYLOAD_SRC:%.c=$B/obj/%.o) $(PAYLOAD_ASM:%.S=$B/obj/%.o)
PAYLOAD_LD  := payload/payload.ld

# -isystem: libfdt.h does not compile without warnings under -Wconversion.
PAYLOAD_CFLAGS  = -isystem $(LIBFDT_SRC)
PAYLOAD_LDFLAGS = -nostartfiles -T $(PAYLOAD_LD) -Wl,--gc-sections -Wl,--build-id=none

# A link of everything; a second pass adds its object and -o.
PAYLOAD_LINK = $(TARGET_LD) $(PAYLOAD_LDFLAGS) $(PAYLOAD_OBJ) $B/libaia.a $B/libfdt.a

$B/payload.elf: $(PAYLOAD_OBJ) $B/libaia.a $B/libfdt.a $(PAYLOAD_LD) mk/payload.mk
	$(call say,LD,$@)
	$Q$(PAYLOAD_LINK) -Wl,-Map=$(@:.elf=.map) -o $@

$B/payload.bin: $B/payload.elf
	$(call say,OBJCOPY,$@)
	$Q$(CROSS)objcopy -O binary $< $@
