/* USB printers that come and go are noticed by themselves: what is bound here is asked again,
 * so that what waits for it is printed, and the technician's list is made anew. */
#include <string.h>

#include "counter/counter.h"
#include "counter/printers.h"
#include "counter/printing.h"

/* On the thread of hotplug. */
static void told(void *ctx) { uv_async_send(ctx); }

static bool by_usb(const struct bound *b) { return !strncmp(js_text(b->binding, "uri"), "usb:", 4); }

static void plugged(uv_async_t *async)
{
    struct counter *c = async->data;
    struct printing *p = c->printing;
    if (p->closing) return;
    /* a job finds out for itself, and asks anew when it is over */
    if (!printing_begun(p) && (by_usb(&p->bound[BOUND_INVOICE]) || by_usb(&p->bound[BOUND_RECEIPT]))) printing_ask(c, NULL);
    if (screen_is_open(c, &screen_printers)) printers_look_beside(c);
}

void printing_plugged_open(struct counter *c)
{
    struct printing *p = c->printing;
    uv_async_init(c->loop, &p->plugged, plugged);
    p->plugged.data = c;
}

/* A host without hot plug is no worse off than before: F5 looks, and a job that waits tries again. */
void printing_plugged_watch(struct counter *c, bool any)
{
    struct printing *p = c->printing;
    if (p->hotplug || (!any && !by_usb(&p->bound[BOUND_INVOICE]) && !by_usb(&p->bound[BOUND_RECEIPT]))) return;
    p->hotplug = hotplug_start(told, &p->plugged, NULL);
}

void printing_plugged_close(struct printing *p)
{
    hotplug_stop(p->hotplug);
    p->hotplug = NULL;
    uv_close((uv_handle_t *)&p->plugged, NULL);
}
