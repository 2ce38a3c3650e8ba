# SPDX-License-Identifier: BSD-2-Clause
#
# QEMU's options for devices, for two readers: `make run' uses $(DEV_NAME), and a row of tests/qemu/table has $NAME in `devices'
# for the same. tests/qemu/run understands words, $B and $(DEV_NAME), and nothing else.

# edu raises an interrupt when a register is written. The payload finds it in any slot, because it enumerates the bus.
DEV_edu  = -device edu,dma_mask=0xffffffffffffffff
DEV_edu1 = $(DEV_edu),addr=1
DEV_edu2 = $(DEV_edu1) $(DEV_edu),addr=2

# Disks, each with an image of its own, which several machines may use at the same time.
DEV_raw         = if=none,format=raw,file.locking=off
DEV_nvme_disk   = -drive id=nvme,$(DEV_raw),file=$B/disk/nvme-8192.img
DEV_ahci_disk   = -drive id=ahci,$(DEV_raw),file=$B/disk/ahci-8192.img
DEV_virtio_disk = -drive id=virtio,$(DEV_raw),file=$B/disk/virtio-8192.img
DEV_xhci_disk   = -drive id=xhci,$(DEV_raw),readonly=on,file=$B/disk/xhci-8192.img
DEV_stick_disk  = -drive id=stick,$(DEV_raw),readonly=on,file=$B/disk/xhci-8192.img
DEV_usb_disk    = -drive if=none,id=d,format=raw,file.locking=off,readonly=on,file=$B/disk/usb-8192.img

DEV_nvme_on    = -device nvme,serial=imsicle,drive=nvme
DEV_ahci_on    = -device ich9-ahci,id=sata -device ide-hd,bus=sata.0,drive=ahci
DEV_virtio_on  = -device virtio-blk-pci,disable-legacy=on,drive=virtio
DEV_nvme       = $(DEV_nvme_disk) $(DEV_nvme_on)
DEV_ahci       = $(DEV_ahci_disk) $(DEV_ahci_on)
DEV_virtio     = $(DEV_virtio_disk) $(DEV_virtio_on)
# With its DMA translated, for which virtio needs iommu_platform=on.
DEV_virtio_dma = $(DEV_virtio_disk) -device virtio-blk-pci,disable-legacy=on,iommu_platform=on,drive=virtio
# Two controllers, one with plain MSI, with sixteen messages, and one with MSI-X; both disks have the same image.
DEV_xhci       = $(DEV_xhci_disk) -device nec-usb-xhci,msi=on,msix=off,id=nec -device usb-storage,bus=nec.0,drive=xhci \
	$(DEV_stick_disk) -device qemu-xhci,id=qemu -device usb-storage,bus=qemu.0,drive=stick
DEV_all        = $(DEV_edu2) $(DEV_nvme) $(DEV_ahci) $(DEV_virtio) $(DEV_xhci)
DEV_all_iommu  = $(DEV_edu2) $(DEV_nvme) $(DEV_ahci) $(DEV_virtio_dma) $(DEV_xhci)

# All of these but AHCI below ports, in slots that can be switched off.
DEV_slots      = $(DEV_edu2) \
	-device pcie-root-port,id=slot1,chassis=1,slot=1 -device pcie-root-port,id=slot2,chassis=2,slot=2 \
	-device pcie-root-port,id=slot3,chassis=3,slot=3 -device pcie-root-port,id=slot4,chassis=4,slot=4 \
	$(DEV_nvme_disk) -device nvme,bus=slot1,id=nvme0,serial=imsicle,drive=nvme \
	$(DEV_virtio_disk) -device virtio-blk-pci,bus=slot2,id=virtio0,disable-legacy=on,drive=virtio \
	$(DEV_xhci_disk) -device nec-usb-xhci,bus=slot3,msi=on,msix=off,id=xhci0 -device usb-storage,bus=xhci0.0,drive=xhci \
	$(DEV_stick_disk) -device qemu-xhci,bus=slot4,id=xhci1 -device usb-storage,bus=xhci1.0,drive=stick

# Two groups of four harts, each with half of the memory.
DEV_sockets2   = -object memory-backend-ram,size=128M,id=m0 -object memory-backend-ram,size=128M,id=m1 \
	-numa node,cpus=0-3,memdev=m0 -numa node,cpus=4-7,memdev=m1

# The IOMMU as a PCI function. The IOMMU on the system's bus needs only iommu-sys=on in MACHINE.
DEV_iommu_pci  = -device riscv-iommu-pci
DEV_iommu_sys  =
