/* The emulated printer on an emulated USB bus (umockdev, at the level of usbfs): what
 * libusb, and CUPS's own usb backend, see as a device. The program must run under
 * umockdev-wrapper: call usb_printer_wrap() first in main. */
#ifndef TESTS_LIB_USB_PRINTER_H
#define TESTS_LIB_USB_PRINTER_H

#include "lib/printer.h"

/* Starts the program again under umockdev-wrapper, unless it is already. */
void usb_printer_wrap(char **argv);

enum usb_fault { USB_NO_FAULT, USB_UNPLUG, USB_PIPE, USB_IO }; /* what dies_at does here */
struct usb_plan {
    struct printer_plan printer;
    enum usb_fault fault;
    const char *device_id;  /* NULL: an honest one */
    int id_length_lie;      /* added to its length field */
    int port_bits;          /* 0: as the printer is */
    bool held;              /* another program holds the interface */
    bool usblp;             /* the kernel's driver holds it; it steps aside when told */
};
struct usb_printer;
struct usb_printer *usb_printer_start(const struct usb_plan *plan);
/* Another printer at the same place, for programs that began with the first. */
void usb_printer_replug(struct usb_printer *u, const struct usb_plan *plan);
/* Off the bus, and on it again, as the kernel tells of it. */
void usb_printer_leaves(struct usb_printer *u);
void usb_printer_comes(struct usb_printer *u, const struct usb_plan *plan);
struct test_printer *usb_printer_inside(struct usb_printer *u);
int usb_printer_soft_resets(const struct usb_printer *u);
bool usb_printer_usblp_back(const struct usb_printer *u);
void usb_printer_stop(struct usb_printer *u);

#define USB_PRINTER_URI "usb:04b8:0202:GT0001"

#endif
