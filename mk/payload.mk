# SPDX-License-Identifier: BSD-2-Clause
#
# payload.elf and payload.bin.

# The board: platform/generic, or a directory anywhere (docs/porting.md).
PLATFORM_DIR ?= platform/generic
BOARD_SRC   := $(wildcard $(PLATFORM_DIR)/*.c)
PAYLOAD_SRC := $(wildcard platform/*.c) $(shell find payload -name '*.c' 2>/dev/null)
PAYLOAD_ASM := $(wildcard arch/riscv/*.S) $(filter-out payload/kernel/flash.S,$(shell find payload -name '*.S' 2>/dev/null))
BOARD_OBJ   := $(BOARD_SRC:$(PLATFORM_DIR)/%.c=$B/obj/board/%.o)
PAYLOAD_OBJ := $(PAYLOAD_SRC:%.c=$B/obj/%.o) $(BOARD_OBJ) $(PAYLOAD_ASM:%.S=$B/obj/%.o)
PAYLOAD_LD  := payload/payload.ld

# -isystem: libfdt.h has warnings under -Wconversion. Frame pointers, also in the library: a panic's backtrace follows them.
# Frames: a stack is 16 KiB, and no frame may step over the guard page below it.
PAYLOAD_CFLAGS  = -isystem $(LIBFDT_SRC) -fno-omit-frame-pointer -Wframe-larger-than=3584
# The payload's own functions check their frames (payload/kernel/guard.c); libaia is built as an embedder would build it.
$(PAYLOAD_OBJ): private CFLAGS_ALL += -fstack-protector-strong
# The path of every interrupt and of every move has no frame pointers, as in the installed library: a backtrace leaves out
# aia_interrupt() and functions like it.
$B/obj/payload/kernel/port.o $(patsubst %,$B/obj/lib/%.o,entry trace flow ipi affinity move message retire delivery_imsic): \
	private PAYLOAD_CFLAGS += -fomit-frame-pointer
PAYLOAD_LDFLAGS = -nostartfiles -T $(PAYLOAD_LD) -Wl,--gc-sections -Wl,--build-id=none -DPICOLIBC_INTEGER_PRINTF_SCANF

ifneq ($(XLEN),64)
$(PAYLOAD_OBJ): ; $(error XLEN=$(XLEN): the payload is for RV64; make lib builds the library alone)
endif

# A link of everything; scripts/symbols adds the table made from its result, and -o, and links again.
PAYLOAD_LINK = $(TARGET_LD) $(PAYLOAD_LDFLAGS) $(PAYLOAD_OBJ) $(FDT_OBJ) $(LIB_OBJ) $B/libfdt.a

$(if $(BOARD_SRC),,$(error PLATFORM_DIR=$(PLATFORM_DIR): no C files there))

$B/obj/board/%.o: $(PLATFORM_DIR)/%.c $B/.flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q$(TARGET_CC) $(CFLAGS_ALL) $(PAYLOAD_CFLAGS) -MMD -MP -c $< -o $@

$B/payload.elf: $(PAYLOAD_OBJ) $(FDT_OBJ) $(LIB_OBJ) $B/libaia.a $B/libfdt.a $(PAYLOAD_LD) scripts/symbols mk/payload.mk
	$(call say,LD,$@)
	$QCROSS=$(CROSS) scripts/symbols $@ $(PAYLOAD_LINK) -Wl,-Map=$(@:.elf=.map)

$B/payload.bin: $B/payload.elf
	$(call say,OBJCOPY,$@)
	$Q$(CROSS)objcopy -O binary $< $@

# The payload as S-mode firmware in flash: QEMU needs a file of the whole 32 MiB. It copies itself to FLASH_LOAD.
FLASH_LOAD ?= 0x80200000
FLASH_SIZE ?= 32M

$B/flash.img: payload/kernel/flash.S $B/payload.bin mk/payload.mk
	$(call say,FLASH,$@)
	$Q$(MULTILIB) -nostdlib -DFLASH_LOAD=$(FLASH_LOAD) -Wa,-I$B -Wl,-Ttext=0 -Wl,--build-id=none $< -o $(@:.img=.elf)
	$Q$(CROSS)objcopy -O binary $(@:.img=.elf) $@
	$Qtruncate -s $(FLASH_SIZE) $@

.PHONY: flash-image
flash-image: $B/flash.img
