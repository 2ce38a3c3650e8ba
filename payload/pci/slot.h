/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots whose power can be turned off (PCI Express Base, 6.7), whether or not the devices in them are working. */
#ifndef PAYLOAD_PCI_SLOT_H
#define PAYLOAD_PCI_SLOT_H

#include "payload/pci/pci.h"

/*
 * The port of the slot that contains this function, directly or behind bridges, if the port has a power controller;
 * else NULL.
 */
struct pci_device *pci_slot_of(const struct pci_device *pd);

/*
 * True if the slot's attention button was pressed since the last call: a person wants to remove the devices in the
 * slot.
 */
bool pci_slot_pressed(const struct pci_device *port);

/*
 * Turn the slot's power off. From now on the devices in the slot answer nothing. Thread context; waits for the port, at
 * most a second. Returns PCI_OK; PCI_ESLOT: the port does not complete the command; or an error of pci_find_cap().
 */
int pci_slot_power_off(const struct pci_device *port);

#endif
