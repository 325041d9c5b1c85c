#include "lib/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

#define ANSWER_SIZE 256
#define READ_SIZE 8192
#define LOOK_MS 250 /* no person answers to what he sees sooner */

struct term {
    pid_t pid;
    int fd, rows, cols, bells;
    bool eof, reaped;
    int status;
    VTerm *vt;
    VTermScreen *screen;
    VTermPos cursor;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- libvterm --- */

static int moved(VTermPos pos, VTermPos old, int visible, void *user)
{
    ((struct term *)user)->cursor = pos;
    return 1;
}

static int rang(void *user)
{
    ((struct term *)user)->bells++;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.movecursor = moved, .bell = rang};

static bool emulator_open(struct term *term)
{
    term->vt = vterm_new(term->rows, term->cols);
    if (!term->vt) return false;
    vterm_set_utf8(term->vt, 1);
    term->screen = vterm_obtain_screen(term->vt);
    vterm_screen_set_callbacks(term->screen, &callbacks, term);
    vterm_screen_enable_altscreen(term->screen, 1);
    vterm_screen_reset(term->screen, 1);
    return true;
}

/* --- the program --- */

static void child(const char *type, const char *const argv[], const char *const env[])
{
    setenv("TERM", type, 1);
    for (; env && *env; env++) putenv((char *)*env);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

struct term *term_start(int rows, int cols, const char *type, const char *const argv[], const char *const env[])
{
    struct term *term = calloc(1, sizeof *term);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    if (!term) return NULL;
    term->rows = rows;
    term->cols = cols;
    if (!emulator_open(term)) goto fail;
    term->pid = forkpty(&term->fd, NULL, NULL, &size);
    if (term->pid < 0) goto fail;
    if (!term->pid) child(type, argv, env);
    fcntl(term->fd, F_SETFL, fcntl(term->fd, F_GETFL) | O_NONBLOCK);
    fcntl(term->fd, F_SETFD, FD_CLOEXEC);
    return term;
fail:
    if (term->vt) vterm_free(term->vt);
    free(term);
    return NULL;
}

void term_close(struct term *term)
{
    if (!term) return;
    if (!term->reaped) {
        kill(term->pid, SIGKILL);
        waitpid(term->pid, NULL, 0);
    }
    close(term->fd);
    vterm_free(term->vt);
    free(term);
}

pid_t term_pid(const struct term *term) { return term->pid; }

/* Reads what has come within wait_ms; true when something came. */
static bool pump(struct term *term, int wait_ms)
{
    struct pollfd p = {.fd = term->fd, .events = POLLIN};
    char buf[READ_SIZE], answer[ANSWER_SIZE];
    if (term->eof) p.fd = -1; /* nothing more comes: only the time passes */
    if (poll(&p, 1, wait_ms) <= 0) return false;
    ssize_t n = read(term->fd, buf, sizeof buf);
    if (n <= 0) {
        term->eof = n == 0 || (errno != EAGAIN && errno != EINTR);
        return false;
    }
    vterm_input_write(term->vt, buf, (size_t)n);
    vterm_screen_flush_damage(term->screen);
    size_t asked = vterm_output_read(term->vt, answer, sizeof answer);
    if (asked) term_send(term, answer, asked);
    return true;
}

void term_send(struct term *term, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(term->fd, bytes, len);
        if (n < 0 && errno == EAGAIN) {
            pump(term, 10);
            continue;
        }
        if (n <= 0) return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* --- keys --- */

static const struct { const char *name, *bytes; } keys[] = {
    {"Enter", "\r"},    {"Esc", "\033"},     {"Up", "\033[A"},   {"Down", "\033[B"},  {"Right", "\033[C"},
    {"Left", "\033[D"}, {"BS", "\177"},      {"Space", " "},     {"Tab", "\t"},       {"C-l", "\014"},
    {"C-c", "\003"},    {"F1", "\033OP"},    {"F2", "\033OQ"},   {"F3", "\033OR"},    {"F4", "\033OS"},
    {"F5", "\033[15~"}, {"F6", "\033[17~"},  {"F7", "\033[18~"}, {"F8", "\033[19~"},  {"F9", "\033[20~"},
    {"F10", "\033[21~"}, {"F11", "\033[23~"}, {"F12", "\033[24~"},
};

static void look(struct term *term)
{
    int64_t until = now_ms() + LOOK_MS;
    for (int64_t left; (left = until - now_ms()) > 0;) pump(term, (int)left);
}

static size_t key_named(struct term *term, const char *name)
{
    size_t len = strcspn(name, "}");
    if (len == 4 && !memcmp(name, "Look", len)) {
        look(term);
        return len + 1;
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strlen(keys[i].name) != len || memcmp(keys[i].name, name, len)) continue;
        term_send(term, keys[i].bytes, strlen(keys[i].bytes));
        return len + 1;
    }
    fprintf(stderr, "# no key {%.*s}\n", (int)len, name);
    abort();
}

void term_keys(struct term *term, const char *text)
{
    while (*text) {
        if (text[0] == '{' && text[1] != '{') {
            text += 1 + key_named(term, text + 1);
            continue;
        }
        term_send(term, text, 1);
        text += text[0] == '{' ? 2 : 1;
    }
}

void term_resize(struct term *term, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    term->rows = rows;
    term->cols = cols;
    vterm_set_size(term->vt, rows, cols);
    ioctl(term->fd, TIOCSWINSZ, &size);
}

/* --- reading --- */

static size_t put(char *to, uint32_t cp)
{
    if (cp < 0x80) return to[0] = (char)cp, 1;
    if (cp < 0x800) return to[0] = (char)(0xc0 | cp >> 6), to[1] = (char)(0x80 | (cp & 63)), 2;
    if (cp < 0x10000)
        return to[0] = (char)(0xe0 | cp >> 12), to[1] = (char)(0x80 | (cp >> 6 & 63)), to[2] = (char)(0x80 | (cp & 63)), 3;
    to[0] = (char)(0xf0 | cp >> 18), to[1] = (char)(0x80 | (cp >> 12 & 63));
    to[2] = (char)(0x80 | (cp >> 6 & 63)), to[3] = (char)(0x80 | (cp & 63));
    return 4;
}

void term_cell_at(const struct term *term, int row, int col, struct term_cell *cell)
{
    VTermScreenCell c;
    size_t at = 0;
    memset(cell, 0, sizeof *cell);
    if (!vterm_screen_get_cell(term->screen, (VTermPos){row, col}, &c)) return;
    cell->width = c.chars[0] == (uint32_t)-1 ? 0 : c.width;
    for (int i = 0; cell->width && i < VTERM_MAX_CHARS_PER_CELL && c.chars[i] && at + 4 < sizeof cell->text; i++)
        at += put(cell->text + at, c.chars[i]);
    if (cell->width && !at) cell->text[0] = ' ';
    cell->bold = c.attrs.bold;
    cell->reverse = c.attrs.reverse;
    cell->underline = c.attrs.underline;
    vterm_screen_convert_color_to_rgb(term->screen, &c.fg);
    vterm_screen_convert_color_to_rgb(term->screen, &c.bg);
    memcpy(cell->fg, (uint8_t[]){c.fg.rgb.red, c.fg.rgb.green, c.fg.rgb.blue}, 3);
    memcpy(cell->bg, (uint8_t[]){c.bg.rgb.red, c.bg.rgb.green, c.bg.rgb.blue}, 3);
}

const char *term_row(const struct term *term, int row, char *buf, size_t size)
{
    size_t at = 0, last = 0;
    for (int col = 0; col < term->cols; col++) {
        struct term_cell cell;
        term_cell_at(term, row, col, &cell);
        size_t len = strlen(cell.text);
        if (at + len + 1 > size) break;
        memcpy(buf + at, cell.text, len);
        at += len;
        if (len && strcmp(cell.text, " ")) last = at;
    }
    buf[last] = 0;
    return buf;
}

bool term_shows(const struct term *term, const char *text)
{
    char row[TERM_ROW_SIZE];
    for (int i = 0; i < term->rows; i++)
        if (strstr(term_row(term, i, row, sizeof row), text)) return true;
    return false;
}

void term_cursor(const struct term *term, int *row, int *col)
{
    *row = term->cursor.row;
    *col = term->cursor.col;
}

int term_rows(const struct term *term) { return term->rows; }
int term_cols(const struct term *term) { return term->cols; }
int term_bells(const struct term *term) { return term->bells; }

void term_print(const struct term *term, FILE *out)
{
    char row[TERM_ROW_SIZE], bar[TERM_COLS_MAX + 1];
    memset(bar, '-', (size_t)term->cols);
    bar[term->cols] = 0;
    fprintf(out, "+%s+\n", bar);
    for (int i = 0; i < term->rows; i++) fprintf(out, "|%s\n", term_row(term, i, row, sizeof row));
    fprintf(out, "+%s+\n", bar);
}

/* --- waiting --- */

bool term_wait_until(struct term *term, bool (*is)(struct term *term, void *ctx), void *ctx, int timeout_ms)
{
    int64_t until = now_ms() + timeout_ms;
    while (!is(term, ctx)) {
        int64_t left = until - now_ms();
        if (left <= 0 || term->eof) return is(term, ctx);
        pump(term, (int)left);
    }
    return true;
}

struct wanted { const char *text; int row; };

static bool text_there(struct term *term, void *ctx) { return term_shows(term, ((struct wanted *)ctx)->text); }
static bool text_gone(struct term *term, void *ctx) { return !text_there(term, ctx); }
static bool row_there(struct term *term, void *ctx)
{
    const struct wanted *wanted = ctx;
    char row[TERM_ROW_SIZE];
    return strstr(term_row(term, wanted->row, row, sizeof row), wanted->text);
}

bool term_wait(struct term *term, const char *text, int timeout_ms)
{
    struct wanted wanted = {text, 0};
    return term_wait_until(term, text_there, &wanted, timeout_ms);
}

bool term_wait_row(struct term *term, int row, const char *text, int timeout_ms)
{
    struct wanted wanted = {text, row};
    return term_wait_until(term, row_there, &wanted, timeout_ms);
}

bool term_wait_gone(struct term *term, const char *text, int timeout_ms)
{
    struct wanted wanted = {text, 0};
    return term_wait_until(term, text_gone, &wanted, timeout_ms);
}

void term_settle(struct term *term, int quiet_ms)
{
    int64_t until = now_ms() + 10 * (int64_t)quiet_ms;
    while (now_ms() < until && pump(term, quiet_ms)) continue;
}

int term_ended(struct term *term, int timeout_ms)
{
    int64_t until = now_ms() + timeout_ms;
    int status;
    while (!term->reaped) {
        pump(term, term->eof ? 0 : 10); /* a full pseudo terminal would hold it */
        if (waitpid(term->pid, &status, WNOHANG) == term->pid) {
            term->reaped = true;
            term->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        } else if (now_ms() >= until) {
            return -1;
        }
    }
    while (pump(term, 0)) continue;
    return term->status;
}
