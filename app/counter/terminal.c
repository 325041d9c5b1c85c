#include "counter/terminal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"

#define KEYPAD_NUMERIC "\033>\033[?1l"
#define READ_SIZE 4096
#define DRAIN_LOOK_MS 5
#define LAST_WORDS_TRIES 20
#define LINE_CHARS 1024

static void poll_event(uv_poll_t *poll, int status, int events);

bool terminal_locale(void)
{
    const char *set = setlocale(LC_ALL, "");
    const char *chosen = getenv("LC_ALL");
    if (!chosen || !*chosen) chosen = getenv("LC_CTYPE");
    if (!chosen || !*chosen) chosen = getenv("LANG");
    bool nothing_said = !chosen || !*chosen;
    if (!set || (nothing_said && strcmp(nl_langinfo(CODESET), "UTF-8") != 0)) setlocale(LC_ALL, "C.UTF-8");
    /* gettext translates in any locale but C; LANGUAGE then chooses */
    if (!strcmp(nl_langinfo(CODESET), "UTF-8")) setlocale(LC_MESSAGES, "C.UTF-8");
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static void measure(struct terminal *t)
{
    struct winsize size = {0};
    if (ioctl(t->fd, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col) {
        size.ws_row = TERMINAL_ROWS;
        size.ws_col = TERMINAL_COLS;
    }
    t->rows = size.ws_row;
    t->cols = size.ws_col;
}

/* --- output: the sink is a memory file that ncurses believes to be a tty --- */

static void out_add(struct terminal *t, const char *bytes, size_t n)
{
    if (t->out_at) {
        memmove(t->out, t->out + t->out_at, t->out_len - t->out_at);
        t->out_len -= t->out_at;
        t->out_at = 0;
    }
    if (t->out_len + n > t->out_size) {
        size_t size = (t->out_len + n) * 2;
        char *bigger = realloc(t->out, size);
        if (!bigger) return; /* the next full redraw repairs the picture */
        t->out = bigger;
        t->out_size = size;
    }
    memcpy(t->out + t->out_len, bytes, n);
    t->out_len += n;
}

static void sink_collect(struct terminal *t)
{
    char buf[READ_SIZE];
    off_t end = lseek(t->sink_fd, 0, SEEK_CUR);
    for (off_t at = 0; at < end;) {
        ssize_t n = pread(t->sink_fd, buf, sizeof buf, at);
        if (n <= 0) break;
        out_add(t, buf, (size_t)n);
        at += n;
    }
    lseek(t->sink_fd, 0, SEEK_SET);
    if (ftruncate(t->sink_fd, 0)) t->dirty = true;
}

static void watch(struct terminal *t)
{
    int want = UV_READABLE | (t->out_at < t->out_len ? UV_WRITABLE : 0);
    if (t->closed || t->lost || t->polling == want) return;
    t->polling = want;
    uv_poll_start(&t->poll, want, poll_event);
}

static void drained(uv_timer_t *timer)
{
    struct terminal *t = timer->data;
    int left = 0;
    if (t->out_at < t->out_len) return;
    if (!ioctl(t->fd, TIOCOUTQ, &left) && left > 0) {
        uv_timer_start(timer, drained, DRAIN_LOOK_MS, 0);
        return;
    }
    t->events.taken(t->events.ctx);
}

static void out_flush(struct terminal *t)
{
    while (t->out_at < t->out_len) {
        ssize_t n = write(t->fd, t->out + t->out_at, t->out_len - t->out_at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        t->out_at += (size_t)n;
    }
    if (t->out_at == t->out_len) {
        t->out_at = t->out_len = 0;
        uv_timer_start(&t->drain_timer, drained, 0, 0);
    }
    watch(t);
}

/* --- input --- */

static void lost(struct terminal *t)
{
    if (t->lost) return;
    t->lost = true;
    uv_poll_stop(&t->poll);
    t->events.lost(t->events.ctx);
}

static void esc_timer(uv_timer_t *timer);

static void watch_esc(struct terminal *t)
{
    uint64_t wait_ns = keys_wait_ns(&t->keys, uv_hrtime());
    if (wait_ns) uv_timer_start(&t->esc_timer, esc_timer, wait_ns / 1000000 + 1, 0);
    else uv_timer_stop(&t->esc_timer);
    t->events.esc(t->events.ctx);
}

static void esc_timer(uv_timer_t *timer)
{
    struct terminal *t = timer->data;
    keys_tick(&t->keys, uv_hrtime(), t->events.press, t->events.ctx);
    if (!t->closed) watch_esc(t);
}

static void read_keys(struct terminal *t)
{
    char buf[READ_SIZE];
    ssize_t n = read(t->fd, buf, sizeof buf);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        lost(t);
        return;
    }
    if (n < 0) return;
    keys_feed(&t->keys, buf, (size_t)n, uv_hrtime(), t->events.press, t->events.ctx);
    if (!t->closed) watch_esc(t);
}

static void poll_event(uv_poll_t *poll, int status, int events)
{
    struct terminal *t = poll->data;
    if (status < 0) {
        lost(t);
        return;
    }
    if (events & UV_WRITABLE) {
        out_flush(t);
        if (t->dirty && t->out_at == t->out_len) t->events.resized(t->events.ctx);
    }
    if (events & UV_READABLE && !t->closed) read_keys(t);
}

static void on_window_change(uv_signal_t *signal, int signum)
{
    struct terminal *t = signal->data;
    measure(t);
    resizeterm(t->rows, t->cols);
    clearok(curscr, TRUE);
    t->events.resized(t->events.ctx);
}

/* --- opening and closing --- */

static int tty_open(struct terminal *t, struct error *err)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_all(err, "the counter needs a terminal", "", "input or output is none",
                         "start it from a console, ssh or a serial terminal");
    /* an open file of our own: O_NONBLOCK must not reach the shell's */
    const char *name = ttyname(STDIN_FILENO);
    t->fd = name ? open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
    t->own_fd = t->fd >= 0;
    if (!t->own_fd) {
        t->fd = STDIN_FILENO;
        fcntl(t->fd, F_SETFL, fcntl(t->fd, F_GETFL) | O_NONBLOCK);
    }
    tcgetattr(t->fd, &t->before);
    struct termios raw = t->before;
    cfmakeraw(&raw);
    raw.c_iflag |= t->before.c_iflag & (IXON | IXOFF); /* a serial terminal paces us */
    tcsetattr(t->fd, TCSADRAIN, &raw);
    return 0;
}

static int curses_open(struct terminal *t, struct error *err)
{
    setenv("NCURSES_NO_PADDING", "1", 1); /* padding would sleep */
    t->sink_fd = memfd_create("screen", MFD_CLOEXEC);
    t->sink = t->sink_fd < 0 ? NULL : fdopen(t->sink_fd, "w");
    if (!t->sink) return error_all(err, "no memory for the screen", "", strerror(errno), "");
    const char *type = getenv("TERM");
    t->screen = newterm(type && *type ? type : "xterm-256color", t->sink, stdin);
    if (!t->screen) t->screen = newterm("vt100", t->sink, stdin);
    if (!t->screen)
        return error_all(err, "the terminal can't be drawn on", type ? type : "", "TERM is not known here",
                         "set TERM to xterm-256color, tmux-256color, vt220, vt100 or linux");
    set_term(t->screen);
    set_escdelay(25);
    typeahead(-1);
    leaveok(stdscr, FALSE);
    const char *no_color = getenv("NO_COLOR");
    if (has_colors() && !(no_color && *no_color)) {
        start_color();
        use_default_colors();
        init_pair(1, COLOR_RED, -1);
    }
    resizeterm(t->rows, t->cols);
    return 0;
}

int terminal_open(struct terminal *t, uv_loop_t *loop, const struct terminal_events *events,
                  struct error *err)
{
    memset(t, 0, sizeof *t);
    t->events = *events;
    t->sink_fd = -1;
    keys_start(&t->keys);
    if (tty_open(t, err)) return -1;
    measure(t);
    if (curses_open(t, err)) {
        tcsetattr(t->fd, TCSADRAIN, &t->before);
        return -1;
    }
    if (uv_poll_init(loop, &t->poll, t->fd)) {
        tcsetattr(t->fd, TCSADRAIN, &t->before);
        return error_all(err, "the terminal can't be watched", "", "it is a plain file", "use a terminal");
    }
    uv_signal_init(loop, &t->winch);
    uv_timer_init(loop, &t->esc_timer);
    uv_timer_init(loop, &t->drain_timer);
    t->poll.data = t->winch.data = t->esc_timer.data = t->drain_timer.data = t;
    uv_signal_start(&t->winch, on_window_change, SIGWINCH);
    out_add(t, KEYPAD_NUMERIC, strlen(KEYPAD_NUMERIC));
    t->opened = true;
    watch(t);
    return 0;
}

void terminal_close(struct terminal *t)
{
    if (!t->opened || t->closed) return;
    if (!t->lost) {
        endwin();
        sink_collect(t);
        for (int i = 0; i < LAST_WORDS_TRIES && t->out_at < t->out_len; i++) {
            ssize_t n = write(t->fd, t->out + t->out_at, t->out_len - t->out_at);
            if (n > 0) t->out_at += (size_t)n;
            else usleep(1000);
        }
        tcsetattr(t->fd, TCSANOW, &t->before);
    }
    t->closed = true;
    delscreen(t->screen);
    fclose(t->sink);
    uv_close((uv_handle_t *)&t->poll, NULL);
    uv_close((uv_handle_t *)&t->winch, NULL);
    uv_close((uv_handle_t *)&t->esc_timer, NULL);
    uv_close((uv_handle_t *)&t->drain_timer, NULL);
    if (t->own_fd) close(t->fd);
    else fcntl(t->fd, F_SETFL, fcntl(t->fd, F_GETFL) & ~O_NONBLOCK);
    free(t->out);
}

/* --- painting --- */

bool terminal_small(const struct terminal *t)
{
    return t->rows < TERMINAL_ROWS || t->cols < TERMINAL_COLS;
}

void terminal_clear(struct terminal *t)
{
    erase();
}

static attr_t attributes(unsigned ink)
{
    attr_t attrs = A_NORMAL;
    if (ink & INK_REVERSE) attrs |= A_REVERSE;
    if (ink & (INK_BOLD | INK_ALARM)) attrs |= A_BOLD;
    if (ink & INK_UNDER) attrs |= A_UNDERLINE;
    return attrs;
}

void terminal_put(struct terminal *t, int row, int col, int cells, const char *utf8, unsigned ink)
{
    wchar_t line[LINE_CHARS];
    size_t n = 0;
    int used = 0;
    const char *end = utf8 + strlen(utf8);
    if (row < 0 || row >= t->rows || col >= t->cols) return;
    if (cells > t->cols - col) cells = t->cols - col;
    while (utf8 < end && n < LINE_CHARS - 1) {
        uint32_t cp;
        size_t took = utf8_next(utf8, end, &cp);
        if (!took) break;
        utf8 += took;
        if (cp < 0x20 || (cp >= 0x7f && cp <= 0x9f)) cp = ' ';
        int width = text_cp_width(cp);
        if (used + width > cells) break;
        used += width;
        line[n++] = (wchar_t)cp;
    }
    attr_set(attributes(ink), (ink & INK_ALARM) && has_colors() ? 1 : 0, NULL);
    mvaddnwstr(row, col, line, (int)n);
    attr_set(A_NORMAL, 0, NULL);
}

void terminal_cursor(struct terminal *t, int row, int col)
{
    t->cursor_row = row;
    t->cursor_col = col;
}

bool terminal_show(struct terminal *t)
{
    if (t->lost || t->closed) return true;
    t->dirty = t->out_at < t->out_len;
    if (t->dirty) return false;
    move(t->cursor_row, t->cursor_col);
    refresh();
    sink_collect(t);
    out_flush(t);
    return true;
}

void terminal_redraw(struct terminal *t)
{
    out_add(t, KEYPAD_NUMERIC, strlen(KEYPAD_NUMERIC));
    clearok(curscr, TRUE);
    out_flush(t);
}

void terminal_bell(struct terminal *t, int times)
{
    while (times-- > 0) out_add(t, "\a", 1);
    out_flush(t);
}
