/* What of USB finding printers and printing to them share. */
#ifndef DRIVERS_USB_H
#define DRIVERS_USB_H

#include <libusb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where on a device a printer is: interface class 7, not IPP over USB (protocol 4). */
struct usb_place {
    int interface, alternate;
    uint8_t out, in; /* bulk endpoints; in 0: it only takes */
};

/* False when the device is no printer. Two-way alternates are preferred. */
bool usb_printer_place(libusb_device *device, struct usb_place *place);
/* IEEE 1284 id, cleaned of what is no text. Its length field may lie: never more than
 * came is believed. -1 when the device gives none. */
int usb_device_id(libusb_device_handle *handle, const struct usb_place *place, char *id, size_t size);
/* Serial number of the device into text, "" when it has none. */
void usb_serial(libusb_device_handle *handle, const struct libusb_device_descriptor *d, char *text,
                size_t size);

#endif
