/* Printers that are plugged in or out on USB, noticed as it happens. */
#ifndef DRIVERS_HOTPLUG_H
#define DRIVERS_HOTPLUG_H

#include "base/error.h"

struct hotplug;

/* `changed` is called, from a thread of its own, when a printer came or anything went; once for
 * what happens together. It says no more than that: ask discover(). NULL with err when this host
 * can't tell. End with hotplug_stop, after which no call comes. */
struct hotplug *hotplug_start(void (*changed)(void *ctx), void *ctx, struct error *err);
void hotplug_stop(struct hotplug *h);

#endif
