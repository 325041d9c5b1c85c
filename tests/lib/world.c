#include "lib/world.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/db_impl.h"
#include "wire/cert.h"

#define PATH 512
#define ARGS_MAX 24
#define PORT_FIRST 20000
#define PORT_COUNT 12000

/* --- folder and files ------------------------------------------------------------- */

const char *world_path(const struct world *w, const char *file, char *buf, size_t size)
{
    if (file[0] == '/') snprintf(buf, size, "%s", file);
    else snprintf(buf, size, "%s/%s", w->dir, file);
    return buf;
}

static void __attribute__((format(printf, 4, 0)))
put_file(const struct world *w, const char *file, const char *mode, const char *fmt, va_list args)
{
    char path[PATH];
    FILE *out = fopen(world_path(w, file, path, sizeof path), mode);
    if (out == NULL) fail_msg("%s: %s", path, strerror(errno));
    vfprintf(out, fmt, args);
    if (fclose(out) != 0) fail_msg("%s: %s", path, strerror(errno));
}

void world_write(const struct world *w, const char *file, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    put_file(w, file, "w", fmt, args);
    va_end(args);
}

void world_append(const struct world *w, const char *file, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    put_file(w, file, "a", fmt, args);
    va_end(args);
}

char *world_read(const struct world *w, const char *file)
{
    char path[PATH];
    FILE *in = fopen(world_path(w, file, path, sizeof path), "r");
    if (in == NULL) fail_msg("%s: %s", path, strerror(errno));
    fseek(in, 0, SEEK_END);
    long size = ftell(in);
    rewind(in);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, in), size);
    fclose(in);
    return text;
}

void world_station(const struct world *w, const char *cn)
{
    char pin[CERT_PIN_SIZE];
    struct error err;
    if (wire_cert_make(w->dir, cn, 30, pin, &err) != 0) fail_msg("%s: %s %s", cn, err.what, err.why);
}

void world_open(struct world *w, const char *name)
{
    struct error err;
    memset(w, 0, sizeof *w);
    signal(SIGPIPE, SIG_IGN); /* a peer that was killed is a failed write */
    snprintf(w->dir, sizeof w->dir, "/tmp/gridteller-%s-XXXXXX", name);
    if (mkdtemp(w->dir) == NULL) fail_msg("%s: %s", w->dir, strerror(errno));
    ssize_t len = readlink("/proc/self/exe", w->bin, sizeof w->bin - 1); /* B/tests/NAME, or B/NAME */
    char *slash = len > 0 ? strrchr(w->bin, '/') : NULL;
    if (slash) *slash = '\0';
    if (slash && (slash = strrchr(w->bin, '/')) != NULL && strcmp(slash, "/tests") == 0) *slash = '\0';
    if (slash == NULL) fail_msg("the programs' folder is not known");
    if (wire_ca_make(w->dir, 30, &err) != 0) fail_msg("%s: %s", err.what, err.why);
    world_station(w, "utility");
    world_station(w, "bank-102");
}

void world_close(struct world *w)
{
    char command[PATH];
    for (size_t i = 0; i < w->count; i++)
        if (w->programs[i].pid) world_kill(w, w->programs[i].name);
    if (getenv("WORLD_KEEP")) {
        fprintf(stderr, "kept: %s\n", w->dir);
        return;
    }
    snprintf(command, sizeof command, "rm -rf '%s'", w->dir);
    if (system(command) != 0) fail_msg("%s was not removed", w->dir);
}

int world_free_port(void)
{
    for (int tries = 0; tries < 200; tries++) {
        uint16_t draw = 0;
        if (getrandom(&draw, sizeof draw, 0) != sizeof draw) break;
        int port = PORT_FIRST + draw % PORT_COUNT;
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool is_free = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
        if (fd >= 0) close(fd);
        if (is_free) return port;
    }
    fail_msg("no port is free");
    return 0;
}

/* --- programs --------------------------------------------------------------------- */

static struct world_program *find(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->programs[i].name, name) == 0) return (struct world_program *)&w->programs[i];
    return NULL;
}

static struct world_program *running(const struct world *w, const char *name)
{
    struct world_program *p = find(w, name);
    if (p == NULL || p->pid == 0) fail_msg("%s does not run", name);
    return p;
}

bool world_running(const struct world *w, const char *name)
{
    const struct world_program *p = find(w, name);
    return p && p->pid && kill(p->pid, 0) == 0;
}

pid_t world_pid(const struct world *w, const char *name) { return running(w, name)->pid; }

/* stdout to a pipe, stderr to a log; it dies with the test. */
static pid_t spawn(const struct world *w, const char *const argv[], const char *log, int *out)
{
    char path[PATH], log_path[PATH];
    int pipe_fds[2];
    snprintf(path, sizeof path, "%s/%s", w->bin, argv[0]);
    world_path(w, log, log_path, sizeof log_path);
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) fail_msg("pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600), none = open("/dev/null", O_RDONLY);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(none, 0);
        dup2(pipe_fds[1], 1);
        if (fd >= 0) dup2(fd, 2);
        execv(path, (char *const *)argv);
        dprintf(2, "%s: %s\n", path, strerror(errno));
        _exit(127);
    }
    close(pipe_fds[1]);
    if (pid < 0) fail_msg("fork: %s", strerror(errno));
    *out = pipe_fds[0];
    return pid;
}

static void fail_with_log(const struct world *w, const char *name, const char *what)
{
    char file[64];
    snprintf(file, sizeof file, "%s.log", name);
    char *log = world_read(w, file);
    size_t len = strlen(log);
    fail_msg("%s %s; its last words:\n%s", name, what, len > 1500 ? log + len - 1500 : log);
}

/* One line of its stdout; false when it ends or says nothing in time. */
static bool read_line(int fd, char *line, size_t size)
{
    size_t used = 0;
    struct pollfd p = {fd, POLLIN, 0};
    while (used + 1 < size && poll(&p, 1, WORLD_READY_S * 1000) == 1 && read(fd, line + used, 1) == 1) {
        if (line[used] == '\n') {
            line[used] = '\0';
            return true;
        }
        used++;
    }
    return false;
}

struct world_program *world_start_args(struct world *w, const char *name, const char *const argv[])
{
    struct world_program *p = find(w, name);
    char line[160], log[64];
    if (p == NULL) {
        assert_true(w->count < WORLD_PROGRAMS_MAX);
        p = &w->programs[w->count++];
        snprintf(p->name, sizeof p->name, "%s", name);
    }
    assert_int_equal(p->pid, 0);
    snprintf(log, sizeof log, "%s.log", name);
    p->pid = spawn(w, argv, log, &p->out);
    do
        if (!read_line(p->out, line, sizeof line)) fail_with_log(w, name, "did not get ready");
    while (strncmp(line, "ready: ", 7) != 0);
    snprintf(p->ready, sizeof p->ready, "%s", line + 7);
    return p;
}

struct world_program *world_start(struct world *w, const char *name)
{
    char program[32], config[PATH];
    snprintf(program, sizeof program, "%.*s", (int)strcspn(name, "-"), name);
    snprintf(config, sizeof config, "--config=%s/%s.ini", w->dir, name);
    const char *const argv[] = {program, config, "serve", NULL};
    return world_start_args(w, name, argv);
}

int world_run(const struct world *w, char *out, size_t size, const char *program, ...)
{
    const char *argv[ARGS_MAX] = {program};
    char rest[4096];
    int fd, status, count = 1;
    size_t used = 0;
    ssize_t n;
    va_list args;
    va_start(args, program);
    while (count < ARGS_MAX && (argv[count] = va_arg(args, const char *)) != NULL)
        count++;
    va_end(args);
    pid_t pid = spawn(w, argv, "run.log", &fd);
    while ((n = out && used + 1 < size ? read(fd, out + used, size - used - 1) : read(fd, rest, sizeof rest)) > 0)
        if (out && used + 1 < size) used += (size_t)n;
    if (out && size) out[used] = '\0';
    close(fd);
    if (waitpid(pid, &status, 0) != pid) fail_msg("wait: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int reap(struct world_program *p)
{
    int status = 0;
    if (waitpid(p->pid, &status, 0) != p->pid) fail_msg("%s: %s", p->name, strerror(errno));
    close(p->out);
    p->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void world_kill(struct world *w, const char *name)
{
    struct world_program *p = running(w, name);
    kill(p->pid, SIGKILL);
    reap(p);
}

int world_wait(struct world *w, const char *name) { return reap(running(w, name)); }

int world_stop(struct world *w, const char *name)
{
    struct world_program *p = running(w, name);
    kill(p->pid, SIGTERM);
    return reap(p);
}

void world_reload(struct world *w, const char *name) { kill(running(w, name)->pid, SIGHUP); }

void world_pause(struct world *w, const char *name)
{
    struct world_program *p = running(w, name);
    int status;
    kill(p->pid, SIGSTOP);
    if (waitpid(p->pid, &status, WUNTRACED) != p->pid || !WIFSTOPPED(status)) fail_msg("%s does not stand still", name);
}

void world_resume(struct world *w, const char *name) { kill(running(w, name)->pid, SIGCONT); }

long world_memory_kb(const struct world *w, const char *name)
{
    char path[64], line[200];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)running(w, name)->pid);
    FILE *in = fopen(path, "r");
    while (in && fgets(line, sizeof line, in))
        if (sscanf(line, "VmRSS: %ld kB", &kb) == 1) break;
    if (in) fclose(in);
    return kb;
}

/* --- the stations ----------------------------------------------------------------- */

void world_utility(struct world *w, int bills)
{
    char config[PATH], file[PATH], count[16];
    w->utility_port = world_free_port();
    world_write(w, "utilityd.ini", "[store]\npath = %s\n[serve]\nlisten = 127.0.0.1:%d\npolicy = utilityd.policy\n"
                                   "ca = ca.crt\ncertificate = utility.crt\nkey = utility.key\n",
                *w->utility_store ? w->utility_store : "utility.db", w->utility_port);
    world_write(w, "utilityd.policy", "station bank-102 bank=102 branch=* from=127.0.0.1 messages=all\n"
                                      "station branch-0311-0007 bank=102 branch=0311-0007 from=127.0.0.1 messages=all\n");
    snprintf(config, sizeof config, "--config=%s/utilityd.ini", w->dir);
    if (world_run(w, NULL, 0, "utilityd", config, "init", NULL) != 0) fail_with_log(w, "run", "did not make the books");
    if (bills) {
        size_t size = (size_t)bills * 512 + 65536;
        char *text = malloc(size);
        assert_non_null(text);
        snprintf(count, sizeof count, "%d", bills);
        if (world_run(w, text, size, "utilityd", config, "sample", "--bills", count, NULL) != 0) fail_with_log(w, "run", "made no bills");
        world_write(w, "bills.txt", "%s", text);
        free(text);
        if (world_run(w, NULL, 0, "utilityd", config, "import", world_path(w, "bills.txt", file, sizeof file), NULL) != 0)
            fail_with_log(w, "run", "did not take the bills in");
    }
    world_start(w, "utilityd");
}

void world_bank(struct world *w)
{
    char config[PATH];
    w->bank_port = world_free_port();
    world_write(w, "bankd.ini", "[bank]\nid = 102\n[serve]\nlisten = 127.0.0.1:%d\npolicy = bankd.policy\nca = ca.crt\n"
                                "certificate = bank-102.crt\nkey = bank-102.key\n[utility]\naddress = 127.0.0.1:%d\n"
                                "[store]\npath = %s\nwork = .\n[status]\nsocket = bankd.sock\n", w->bank_port, w->utility_port,
                *w->bank_store ? w->bank_store : "bank.db");
    world_write(w, "bankd.policy", "station branch-0311-0007 bank=102 branch=0311-0007 from=127.0.0.1 messages=all\n"
                                   "station branch-0311-0008 bank=102 branch=0311-0008 from=127.0.0.1 messages=all\n");
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w->dir);
    if (world_run(w, NULL, 0, "bankd", config, "init", NULL) != 0) fail_with_log(w, "run", "did not make the books");
    world_start(w, "bankd");
    if (world_running(w, "utilityd")) world_wait_bank(w);
}

void world_wait_bank(struct world *w)
{
    static char out[1 << 20];
    char config[PATH];
    int64_t until = clock_monotonic_ms() + WORLD_READY_S * 1000;
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w->dir);
    do
        world_run(w, out, sizeof out, "bankd", config, "status", "--json", NULL);
    while (strstr(out, "\"state\": \"up\"") == NULL && clock_monotonic_ms() < until);
    if (strstr(out, "\"state\": \"up\"") == NULL) fail_with_log(w, "bankd", "is not signed on at the utility");
}

/* --- books ------------------------------------------------------------------------ */

static sqlite3 *open_db(const struct world *w, const char *file)
{
    char path[PATH];
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(world_path(w, file, path, sizeof path), &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        fail_msg("%s: %s", path, sqlite3_errmsg(db));
    sqlite3_busy_timeout(db, 10000);
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return q;
}

/* Books that are in PostgreSQL; NULL: a file. */
static struct db *pg_books(const struct world *w, const char *db_file)
{
    static const struct db_books any = {.name = "the books", .kind = "anyone", .init = "init"};
    const char *where = strcmp(db_file, "bank.db") == 0 ? w->bank_store : strcmp(db_file, "utility.db") == 0 ? w->utility_store : "";
    struct error err;
    struct db *db = *where ? db_open(where, &any, &err) : NULL;
    if (*where && db == NULL) fail_msg("%s: %s", where, err.why);
    return db;
}

void world_change(const struct world *w, const char *db_file, const char *sql)
{
    struct db *pg = pg_books(w, db_file);
    if (pg) {
        if (pg->ops->script(pg, sql) != 0) fail_msg("%s: %s", sql, db_why(pg));
        db_close(pg);
        return;
    }
    sqlite3 *db = open_db(w, db_file);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static const char *pg_text(struct db *pg, const char *sql, char *buf, size_t size)
{
    db_ask(pg, sql, DB_NO_ARGS);
    bool found = db_row(pg);
    if (found) snprintf(buf, size, "%s", db_text(pg, 0));
    if (db_end(pg) < 0 || !found) fail_msg("%s: no row (%s)", sql, db_why(pg));
    db_close(pg);
    return buf;
}

const char *world_sql_text(const struct world *w, const char *db_file, const char *sql, char *buf, size_t size)
{
    struct db *pg = pg_books(w, db_file);
    if (pg) return pg_text(pg, sql, buf, size);
    sqlite3 *db = open_db(w, db_file);
    sqlite3_stmt *q = prepare(db, sql);
    if (sqlite3_step(q) != SQLITE_ROW) fail_msg("%s: no row (%s)", sql, sqlite3_errmsg(db));
    const unsigned char *text = sqlite3_column_text(q, 0);
    snprintf(buf, size, "%s", text ? (const char *)text : "");
    sqlite3_finalize(q);
    sqlite3_close(db);
    return buf;
}

int64_t world_sql(const struct world *w, const char *db, const char *sql)
{
    char text[64];
    return strtoll(world_sql_text(w, db, sql, text, sizeof text), NULL, 10);
}

void world_sql_reaches(const struct world *w, const char *db, const char *sql, int64_t wanted, int ms)
{
    int64_t until = clock_monotonic_ms() + ms, got;
    while ((got = world_sql(w, db, sql)) < wanted) {
        if (clock_monotonic_ms() > until) fail_msg("%s: %lld, wanted %lld", sql, (long long)got, (long long)wanted);
        poll(NULL, 0, 2);
    }
}

/* The next row as one text; false at the end. */
static bool row_text(sqlite3_stmt *q, const char *sql, char *buf, size_t size)
{
    int status = sqlite3_step(q);
    size_t used = 0;
    buf[0] = '\0';
    if (status != SQLITE_ROW && status != SQLITE_DONE) fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite3_db_handle(q)));
    for (int i = 0; status == SQLITE_ROW && i < sqlite3_column_count(q) && used < size; i++) {
        const unsigned char *text = sqlite3_column_text(q, i);
        used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? "|" : "", text ? (const char *)text : "NULL");
    }
    return status == SQLITE_ROW;
}

int64_t world_same_rows(const struct world *w, const char *db_a, const char *sql_a, const char *db_b, const char *sql_b)
{
    sqlite3 *a = open_db(w, db_a), *b = open_db(w, db_b);
    sqlite3_stmt *qa = prepare(a, sql_a), *qb = prepare(b, sql_b);
    char ra[2048], rb[2048];
    int64_t rows = 0;
    for (;; rows++) {
        bool more_a = row_text(qa, sql_a, ra, sizeof ra), more_b = row_text(qb, sql_b, rb, sizeof rb);
        if (more_a != more_b || strcmp(ra, rb) != 0)
            fail_msg("row %lld differs:\n%s: %s\n%s: %s", (long long)rows + 1, db_a, more_a ? ra : "(end)", db_b, more_b ? rb : "(end)");
        if (!more_a) break;
    }
    sqlite3_finalize(qa);
    sqlite3_finalize(qb);
    sqlite3_close(a);
    sqlite3_close(b);
    return rows;
}
