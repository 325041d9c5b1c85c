#include "drivers/usb.h"

#include <string.h>

#include "base/text.h"

#define CLASS_PRINTER 7
#define PROTOCOL_TWO_WAY 2
#define PROTOCOL_IPP 4
#define CONTROL_MS 1000
#define REQUEST_DEVICE_ID 0

static bool ends_of(const struct libusb_interface_descriptor *d, struct usb_place *place)
{
    place->interface = d->bInterfaceNumber;
    place->alternate = d->bAlternateSetting;
    place->out = place->in = 0;
    for (int e = 0; e < d->bNumEndpoints; e++) {
        const struct libusb_endpoint_descriptor *end = &d->endpoint[e];
        if ((end->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != LIBUSB_TRANSFER_TYPE_BULK) continue;
        if (end->bEndpointAddress & LIBUSB_ENDPOINT_IN) place->in = end->bEndpointAddress;
        else place->out = end->bEndpointAddress;
    }
    return place->out != 0;
}

bool usb_printer_place(libusb_device *device, struct usb_place *place)
{
    struct libusb_config_descriptor *config = NULL;
    int best = -1;
    if (libusb_get_active_config_descriptor(device, &config) != 0 &&
        libusb_get_config_descriptor(device, 0, &config) != 0)
        return false;
    for (int i = 0; i < config->bNumInterfaces; i++) {
        for (int a = 0; a < config->interface[i].num_altsetting; a++) {
            const struct libusb_interface_descriptor *d = &config->interface[i].altsetting[a];
            struct usb_place here;
            int worth = d->bInterfaceProtocol == PROTOCOL_TWO_WAY ? 2 : 1;
            if (d->bInterfaceClass != CLASS_PRINTER || d->bInterfaceProtocol == PROTOCOL_IPP) continue;
            if (worth <= best || !ends_of(d, &here)) continue;
            *place = here;
            best = worth;
        }
    }
    libusb_free_config_descriptor(config);
    return best >= 0;
}

int usb_device_id(libusb_device_handle *handle, const struct usb_place *place, char *id, size_t size)
{
    unsigned char raw[512];
    char text[sizeof raw];
    int got = libusb_control_transfer(
        handle, LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_CLASS | LIBUSB_RECIPIENT_INTERFACE, REQUEST_DEVICE_ID, 0,
        (uint16_t)(place->interface << 8 | place->alternate), raw, sizeof raw, CONTROL_MS);
    if (size) id[0] = '\0';
    if (got <= 2) return -1;
    size_t len = (size_t)raw[0] << 8 | raw[1];
    if (len <= 2 || len > (size_t)got) len = (size_t)got;
    size_t n = 0;
    for (size_t i = 2; i < len; i++)
        if (raw[i] >= 0x20 && raw[i] <= 0x7e) text[n++] = (char)raw[i];
    text[n] = '\0';
    if (n >= size) text[size ? size - 1 : 0] = '\0';
    return n > 0 && text_copy(id, size, text) ? 0 : -1;
}

void usb_serial(libusb_device_handle *handle, const struct libusb_device_descriptor *d, char *text, size_t size)
{
    unsigned char raw[128];
    int n = d->iSerialNumber ? libusb_get_string_descriptor_ascii(handle, d->iSerialNumber, raw, sizeof raw) : 0;
    char serial[sizeof raw + 1];
    memcpy(serial, raw, n > 0 ? (size_t)n : 0);
    serial[n > 0 ? n : 0] = '\0';
    if (!text_copy(text, size, serial)) text[0] = '\0';
}
