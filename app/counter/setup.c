/* The report of the whole set-up: printers with their ids and status bytes, what is bound
 * to what, the last jobs, the link and its certificates, versions. For whoever helps from
 * afar; no customer is in it, and nothing of a job's content. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <cups/cups.h>
#include <libusb.h>
#include <ncurses.h>

#include "base/text.h"
#include "counter/js.h"
#include "counter/technician.h"

#undef timeout /* ncurses has a macro for every word */

#define LOG_ROWS 100

static void versions(FILE *out)
{
    struct utsname host;
    const struct libusb_version *usb = libusb_get_version();
    fputs("\n[versions]\ncounter gridteller 1.0\n", out);
    if (uname(&host) == 0) fprintf(out, "system %s %s %s\n", host.sysname, host.release, host.machine);
    fprintf(out, "libusb %d.%d.%d\ncups %d.%d.%d\n%s\njansson %s\n", usb->major, usb->minor, usb->micro, CUPS_VERSION_MAJOR,
            CUPS_VERSION_MINOR, CUPS_VERSION_PATCH, curses_version(), JANSSON_VERSION);
    const char *term = getenv("TERM"), *lang = getenv("LANG");
    fprintf(out, "terminal %s, locale %s\n", term ? term : "-", lang ? lang : "-");
}

static void device(FILE *out, const struct device *d)
{
    const struct profile *suggested = d->found.profile, *used = device_profile(d);
    fprintf(out, "\n%s\n  model %s\n  device id %s\n", d->found.uri, *d->found.model ? d->found.model : "-",
            *d->found.device_id ? d->found.device_id : "-");
    fprintf(out, "  suggested profile %s, used %s%s\n", suggested ? suggested->name : "-", used ? used->name : "-",
            used && !used->verified ? " (not verified on hardware)" : "");
    fprintf(out, "  prints %s at %s\n", *d->prints ? d->prints : "-", *d->terminal ? d->terminal : "-");
    fprintf(out, "  status %s", !d->asked ? "not asked" : printer_state_words(d->status.state));
    if (d->asked && strcmp(d->status.words, printer_state_words(d->status.state)) != 0) fprintf(out, " (%s)", d->status.words);
    for (int i = 0; i < d->status.raw_count; i++) fprintf(out, "%s%02x", i ? " " : "\n  status bytes ", d->status.raw[i]);
    fputs("\n", out);
    if (*d->found.note) fprintf(out, "  note %s\n", d->found.note);
}

static void bindings(FILE *out, const json_t *rows)
{
    size_t i;
    json_t *row;
    fputs("\n[bound]\n", out);
    json_array_foreach(rows, i, row) {
        const char *document = js_text(row, "document");
        fprintf(out, "terminal %s %s: %s \"%s\" profile %s template %s media %s offset %lld %lld /10 mm%s\n", js_text(row, "terminal"),
                *document ? document : "(all)", js_text(row, "uri"), js_text(row, "name"), js_text(row, "profile"), js_text(row, "template"),
                js_text(row, "media"),
                (long long)js_int(row, "offset_x_mm10"), (long long)js_int(row, "offset_y_mm10"), js_true(row, "drawer") ? " drawer" : "");
    }
}

static void jobs(FILE *out, const json_t *rows)
{
    size_t i;
    json_t *row;
    fputs("\n[last jobs]\n", out);
    json_array_foreach(rows, i, row)
        if (i < LOG_ROWS)
            fprintf(out, "%s terminal %s %s: %s, %lld bytes, %lld ms; %s\n", js_text(row, "at"), js_text(row, "terminal"), js_text(row, "job"),
                    js_text(row, "outcome"), (long long)js_int(row, "bytes"), (long long)js_int(row, "ms"), js_text(row, "words"));
}

static void link_to_bank(FILE *out, const json_t *link)
{
    size_t i;
    json_t *row;
    fputs("\n[link]\n", out);
    json_array_foreach(js_at(link, "peers"), i, row)
        fprintf(out, "peer %s at %s: %s since %s, round trip %lld ms, answered %lld, unanswered %lld %s\n", js_text(row, "name"),
                js_text(row, "address"), js_true(row, "up") ? "up" : js_true(row, "connected") ? "connected" : "down", js_text(row, "since"),
                (long long)js_int(row, "rtt_ms"), (long long)js_int(row, "answered"), (long long)js_int(row, "unanswered"), js_text(row, "why"));
    json_array_foreach(js_at(link, "certificates"), i, row)
        fprintf(out, "certificate %s until %s, %lld days left, pin %s %s\n", js_text(row, "file"), js_text(row, "until"),
                (long long)js_int(row, "days_left"), js_text(row, "pin"), js_text(row, "why"));
    fprintf(out, "epoch %lld, queue %lld, set aside %lld\n", (long long)js_int(link, "epoch"), (long long)js_int(link, "queue"),
            (long long)js_int(link, "parked"));
}

void setup_write(FILE *out, const struct setup *s)
{
    fprintf(out, "Gridteller set-up, %s\nbranch %s, terminal %s\n", s->at, s->branch && *s->branch ? s->branch : "-",
            s->terminal && *s->terminal ? s->terminal : "-");
    versions(out);
    fputs("\n[printers]\n", out);
    for (size_t i = 0; i < s->devices->count; i++) device(out, &s->devices->at[i]);
    if (s->devices->bindings) bindings(out, s->devices->bindings);
    if (s->log) jobs(out, s->log);
    if (s->link) link_to_bank(out, s->link);
}
