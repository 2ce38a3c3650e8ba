# SPDX-License-Identifier: BSD-2-Clause
#
# payload.elf and payload.bin.

PAYLOAD_SRC := $(wildcard platform/*.c) $(shell find payload -name '*.c' 2>/dev/null)
PAYLOAD_ASM := $(wildcard payload/*.S payload/jobs/*.S)
PAYLOAD_OBJ := $(PAYLOAD_SRC:%.c=$B/obj/%.o) $(PAYLOAD_ASM:%.S=$B/obj/%.o)
PAYLOAD_LD  := payload/payload.ld

# -isystem: libfdt.h does not compile without warnings under -Wconversion. Frame pointers, the library's too: a panic's
# backtrace follows them. Frames: a stack is 16 KiB, and the guard page below it must not be stepped over.
PAYLOAD_CFLAGS  = -isystem $(LIBFDT_SRC) -fno-omit-frame-pointer -Wframe-larger-than=3584
# The payload's own functions check their frames (payload/guard.c); libaia is what its embedder builds it to be.
$(PAYLOAD_OBJ): CFLAGS_ALL += -fstack-protector-strong
# The path of every interrupt goes without: a backtrace from a handler leaves out aia_interrupt() and the like.
$B/obj/payload/port.o $B/obj/lib/entry.o: PAYLOAD_CFLAGS += -fomit-frame-pointer
PAYLOAD_LDFLAGS = -nostartfiles -T $(PAYLOAD_LD) -Wl,--gc-sections -Wl,--build-id=none -DPICOLIBC_INTEGER_PRINTF_SCANF

# A link of everything; scripts/symbols adds the table made from its result, and -o, and links again.
PAYLOAD_LINK = $(TARGET_LD) $(PAYLOAD_LDFLAGS) $(PAYLOAD_OBJ) $B/libaia.a $B/libfdt.a

$B/payload.elf: $(PAYLOAD_OBJ) $B/libaia.a $B/libfdt.a $(PAYLOAD_LD) scripts/symbols mk/payload.mk
	$(call say,LD,$@)
	$QCROSS=$(CROSS) scripts/symbols $@ $(PAYLOAD_LINK) -Wl,-Map=$(@:.elf=.map)

$B/payload.bin: $B/payload.elf
	$(call say,OBJCOPY,$@)
	$Q$(CROSS)objcopy -O binary $< $@
