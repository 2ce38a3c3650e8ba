/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots that can be switched off (PCI Express Base, 6.7), and with them whatever is in them, at work or not. */
#ifndef PAYLOAD_PCI_SLOT_H
#define PAYLOAD_PCI_SLOT_H

#include "payload/pci/pci.h"

/* The port whose slot this function is in, directly or behind others, if it has a power controller; else NULL. */
struct pci_device *pci_slot_of(const struct pci_device *pd);

/* Was the slot's attention button pressed since the last call? Somebody wants to pull what is in it. */
bool pci_slot_pressed(const struct pci_device *port);

/*
 * Switch the slot's power off. From here what is in it answers nothing. Thread; waits for the port, at most a second.
 * PCI_OK; PCI_ESLOT: the port does not complete the command; or what pci_find_cap() returns.
 */
int pci_slot_power_off(const struct pci_device *port);

#endif
