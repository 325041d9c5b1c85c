/* A person's new one-time codes, shown this once: as a picture to be scanned and as text to be
 * typed. Nothing of it stays when the screen is left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include "base/secret.h"
#include "base/text.h"
#include "counter/counter.h"

#define ROWS 18
#define CELLS 35
#define GROUP 4

enum look { LIGHT, DARK, NONE, LOOKS };
struct code { struct view view; char uri[128], secret[40]; enum look look; };

/* Two modules a cell, one above the other. A module outside is light. */
static bool dark(const QRcode *qr, int x, int y)
{
    return x >= 0 && y >= 0 && x < qr->width && y < qr->width && (qr->data[y * qr->width + x] & 1);
}

static void draw_row(const QRcode *qr, int row, int margin, char *to, size_t size)
{
    static const char *const cells[2][2] = {{" ", "▄"}, {"▀", "█"}}; /* upper, lower */
    size_t used = 0;
    for (int x = -margin; x < qr->width + margin; x++)
        used += (size_t)snprintf(to + used, size - used, "%s", cells[dark(qr, x, 2 * row - margin)][dark(qr, x, 2 * row + 1 - margin)]);
}

static void draw(struct code *s)
{
    QRcode *qr = s->look == NONE || !*s->uri ? NULL : QRcode_encodeString8bit(s->uri, 0, QR_ECLEVEL_L);
    int margin = qr && qr->width + 4 <= CELLS ? 2 : 1;
    for (int row = 0; row < ROWS; row++) {
        char name[8], text[4 * CELLS + 1] = "";
        snprintf(name, sizeof name, "q%d", row + 1);
        bool there = qr && qr->width + 2 * margin <= CELLS && 2 * row < qr->width + 2 * margin;
        if (there) draw_row(qr, row, margin, text, sizeof text);
        view_set(&s->view, name, text);
        view_ink(&s->view, name, there && s->look == LIGHT ? INK_REVERSE : INK_PLAIN);
        secret_wipe(text, sizeof text);
    }
    QRcode_free(qr);
}

static void another_look(struct counter *c, struct code *s)
{
    static const char *const words[LOOKS] = {[LIGHT] = N_("Drawn for a terminal with light text on dark."), [DARK] = N_("Drawn for a terminal with dark text on light."),
                                             [NONE] = N_("No picture: type the secret.")};
    s->look = (enum look)((s->look + 1) % LOOKS);
    draw(s);
    say(c, "%s", _(words[s->look]));
}

static void forget(struct code *s)
{
    secret_wipe(s->uri, sizeof s->uri);
    secret_wipe(s->secret, sizeof s->secret);
    draw(s);
    int at = form_find(s->view.form, "secret");
    if (at >= 0) secret_wipe(s->view.value[at], VIEW_TEXT_SIZE);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct code *s = state;
    char groups[64] = "";
    screen_form(c, s, "code");
    view_blank(&s->view);
    s->look = LIGHT;
    text_copy(s->uri, sizeof s->uri, js_text(arg, "uri"));
    text_copy(s->secret, sizeof s->secret, js_text(arg, "secret"));
    size_t used = 0;
    for (size_t i = 0; s->secret[i] && used + 2 < sizeof groups; i++) {
        if (i && i % GROUP == 0) groups[used++] = ' ';
        groups[used++] = s->secret[i];
    }
    view_set(&s->view, "secret", groups);
    view_set(&s->view, "whose", js_text(arg, "number"));
    secret_wipe(groups, sizeof groups);
    draw(s);
    view_focus(&s->view, "answer");
}

static bool back(struct counter *c, void *state)
{
    forget(state);
    return false;
}

static void press(struct counter *c, void *state, struct press press)
{
    struct code *s = state;
    char letter = press.code < PRESS_F ? answer_letter(&s->view, press) : 0;
    if (letter == 'I') another_look(c, s);
    if (letter != 'Y') return;
    forget(s);
    screen_back(c);
}

const struct screen screen_code = {
    .name = "code", .roles = ROLE_SUPERVISOR, .alone = true, .state_size = sizeof(struct code), .open = begin, .press = press, .back = back,
};
