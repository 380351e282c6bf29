/* SPDX-License-Identifier: MIT */
/* nth_minute.c: `mooring-nth minute CONFIG STATE KEY SCRIPT`: a minute of a group's life in virtual
 * time, on the console and on an IRC server in this process; every other command is mooring's own.
 * It goes on whatever happens, and prints what people read. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/number.h"
#include "internal.h"
#include "libraries.h"
#include "net/memory.h"
#include "nth_faults.h"
#include "observe/log.h"
#include "store/backup.h"
#include "store/internal.h"

enum { LINE_BYTES = 8192 };

/* The server's side: it takes whoever comes. */
struct server {
    struct memory_peer *peer;
    struct memory_connection *connection;
    char in[LINE_BYTES], nick[64];
    size_t used;
    bool joined;
};

struct minute {
    struct bot_ground ground;
    struct bot *bot;
    struct server server;
    bool stopped;
};

/* ---- an IRC server ----------------------------------------------------------------------------
 */

static void reply(struct server *server, const char *format, ...) PRINTF_LIKE(2, 3);
static void reply(struct server *server, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line - 2, format, args);
    va_end(args);
    if (!server->connection || length < 0 || (size_t)length >= sizeof line - 2)
        return;
    memcpy(line + length, "\r\n", 2);
    int r = memory_write(server->connection, (struct str){line, (size_t)length + 2});
    (void)r; /* it is gone: so is who would read it */
}

static void on_join(struct server *server, struct str rooms)
{
    struct str room;
    while (str_split(&rooms, ',', &room)) {
        reply(server, ":%s!mooring@host JOIN %.*s * :bot", server->nick, STR_ARG(room));
        reply(server, ":irc.test 353 %s = %.*s :%s kim lou", server->nick, STR_ARG(room),
              server->nick);
        reply(server, ":irc.test 366 %s %.*s :end", server->nick, STR_ARG(room));
        server->joined = true;
    }
}

static void on_line(struct server *server, struct str line)
{
    if (str_starts(line, STR("CAP LS")))
        reply(server, ":irc.test CAP * LS :account-tag server-time message-tags");
    else if (str_starts(line, STR("CAP REQ")))
        reply(server, ":irc.test CAP * ACK %.*s", STR_ARG(str_from(line, 8)));
    else if (str_starts(line, STR("NICK ")))
        str_to_c(str_from(line, 5), server->nick, sizeof server->nick);
    else if (str_starts(line, STR("CAP END")))
        reply(server,
              ":irc.test 001 %s :Welcome\r\n"
              ":irc.test 005 %s CASEMAPPING=rfc1459 CHANTYPES=# NICKLEN=30 PREFIX=(ov)@+ :ok\r\n"
              ":irc.test 376 %s :End",
              server->nick, server->nick, server->nick);
    else if (str_starts(line, STR("JOIN ")))
        on_join(server, str_from(line, 5));
    else if (str_starts(line, STR("WHOIS ")))
        reply(server,
              ":irc.test 330 %s %.*s %.*s :is logged in as\r\n"
              ":irc.test 318 %s %.*s :end",
              server->nick, STR_ARG(str_from(line, 6)), STR_ARG(str_from(line, 6)), server->nick,
              STR_ARG(str_from(line, 6)));
    else if (str_starts(line, STR("PING ")))
        reply(server, ":irc.test PONG irc.test %.*s", STR_ARG(str_from(line, 5)));
    else if (str_starts(line, STR("PRIVMSG ned "))) /* who takes nothing from strangers */
        reply(server, ":irc.test 486 %s ned :You must be identified to message this user",
              server->nick);
    else if (str_starts(line, STR("PRIVMSG ")) || str_starts(line, STR("NOTICE ")))
        printf("irc %.*s\n", STR_ARG(line));
}

static void on_accepted(void *ctx, struct memory_connection *connection)
{
    struct server *server = ctx;
    server->connection = connection;
    server->used = 0;
    server->joined = false;
}

static void on_bytes(void *ctx, struct memory_connection *connection, struct str bytes)
{
    struct server *server = ctx;
    (void)connection;
    nth_pause();
    for (size_t i = 0; i < bytes.len; i++) {
        if (server->used < sizeof server->in)
            server->in[server->used++] = bytes.ptr[i];
        if (bytes.ptr[i] != '\n')
            continue;
        on_line(server, str_trim((struct str){server->in, server->used}));
        server->used = 0;
    }
    nth_resume();
}

static void on_closed(void *ctx, struct memory_connection *connection)
{
    struct server *server = ctx;
    if (server->connection == connection)
        server->connection = NULL;
}

static int open_server(struct minute *minute)
{
    struct memory_peer_events events = {
        .accepted = on_accepted, .bytes = on_bytes, .closed = on_closed, .ctx = &minute->server};
    nth_pause();
    int r = memory_listen(minute->ground.net, STR("sea"), &events, &minute->server.peer);
    nth_resume();
    return r;
}

/* ---- the console's side ------------------------------------------------------------------------
 */

static void said(void *ctx, const struct console_said *what)
{
    (void)ctx;
    nth_pause();
    if (str_empty(what->room))
        printf("console dm %.*s: ", STR_ARG(what->user));
    else
        printf("console room %.*s: ", STR_ARG(what->room));
    for (size_t i = 0; i < what->markdown.len; i++) {
        if (what->markdown.ptr[i] == '\n')
            fputs(" / ", stdout);
        else
            putchar(what->markdown.ptr[i]);
    }
    putchar('\n');
    nth_resume();
}

static void say_on_console(struct minute *minute, struct str who, struct str text)
{
    struct chat_network *network = bot_network(minute->bot, STR("console"));
    size_t at = str_find(who, STR("@"), 0);
    struct console_step step = {.kind = CONSOLE_SAY,
                                .who = str_upto(who, at),
                                .room = at == SIZE_MAX ? STR("") : str_from(who, at + 1),
                                .text = text};
    int r = console_step(network, &step);
    if (r < 0)
        printf("unheard %s\n", log_errno_name(r));
}

/* "kim" or "kim #harbor". */
static void say_on_irc(struct minute *minute, struct str who, struct str text)
{
    struct server *server = &minute->server;
    struct str name = {0}, room = {0};
    str_word(&who, &name);
    if (!str_word(&who, &room))
        room = str_of(server->nick);
    if (!server->connection || !server->joined) {
        printf("unheard ENOTCONN\n");
        return;
    }
    nth_pause();
    reply(server, "@account=%.*s :%.*s!u@host PRIVMSG %.*s :%.*s", STR_ARG(name), STR_ARG(name),
          STR_ARG(room), STR_ARG(text));
    nth_resume();
}

/* ---- backups -----------------------------------------------------------------------------------
 */

/* As `mooring backup` does it, in one thread: made or checked beside the running bot, into a file
 * beside the state folder. */
static int handle_backup(struct minute *minute, bool checks, struct error *error)
{
    char path[SETUP_PATH_BYTES];
    struct backup *backup = NULL;
    struct store *store = minute->ground.store;
    nth_pause();
    snprintf(path, sizeof path, "%s/../backup", store->folder ? store->folder : ".");
    int fd = open(path, checks ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
                  0600);
    nth_resume();
    if (fd < 0)
        return error_set(error, -errno, "there is none");
    int r = backup_create(store, fd, &backup, error);
    if (r == 0)
        r = checks ? backup_read(backup, -1, error) : backup_write(backup, error);
    if (r == 0)
        r = backup_judge(store, backup, error);
    if (r == 0 && !checks)
        backup_noted(store, backup);
    backup_destroy(backup);
    close(fd);
    return r;
}

static void back_up(struct minute *minute, bool checks)
{
    struct error error = {0};
    int r = handle_backup(minute, checks, &error);
    printf("backup %s\n", r < 0 ? error.text : checks ? "is sound" : "made");
    if (r < 0 && !error.code)
        printf("backup without a word\n");
}

/* ---- the minute --------------------------------------------------------------------------------
 */

static void pass(struct minute *minute, int64_t ms)
{
    loop_advance(minute->ground.loop, clock_wall_at(&minute->ground.clock) + ms);
}

static void play(struct minute *minute, struct str line)
{
    int64_t ms;
    size_t colon = str_find(line, STR(": "), 0);
    if (str_empty(line) || line.ptr[0] == '#')
        return;
    printf("= %.*s\n", STR_ARG(line));
    clock_refresh(&minute->ground.clock);
    if (str_starts(line, STR("wait ")) && number_parse_duration(str_from(line, 5), 0, &ms) == 0)
        pass(minute, ms);
    else if (str_eq(line, STR("reload")))
        (void)bot_reload(minute->bot, 0, NULL);
    else if (str_eq(line, STR("backup")) || str_eq(line, STR("check the backup")))
        back_up(minute, line.len > 6);
    else if (str_eq(line, STR("heal")))
        nth_heal();
    else if (str_starts(line, STR("irc ")) && colon != SIZE_MAX)
        say_on_irc(minute, str_from(str_upto(line, colon), 4), str_from(line, colon + 2));
    else if (colon != SIZE_MAX)
        say_on_console(minute, str_upto(line, colon), str_from(line, colon + 2));
    else
        printf("not understood\n");
    pass(minute, 0);
}

static void play_all(struct minute *minute, char *script)
{
    struct str rest = str_of(script), line;
    while (str_split(&rest, '\n', &line))
        play(minute, str_trim(line));
}

static void on_stopped(void *ctx)
{
    ((struct minute *)ctx)->stopped = true;
}

static void stop(struct minute *minute)
{
    printf("= stop\n");
    bot_stop(minute->bot, on_stopped, minute);
    pass(minute, 0);
    if (!minute->stopped)
        pass(minute, BOT_STOP_WITHIN_MS);
    if (!minute->stopped)
        printf("did not stop\n");
}

static void print_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    fprintf(stderr, "%s\n", mistake->text);
}

/* Whether the database and the keyring speak of the same people. */
static void print_books(struct minute *minute)
{
    struct store *store = minute->ground.store;
    sqlite3_stmt *rows = NULL;
    int members = 0, keyless = 0;
    if (sqlite3_prepare_v2(store->db, "SELECT member FROM member", -1, &rows, NULL) != SQLITE_OK)
        printf("books unreadable\n");
    while (rows && sqlite3_step(rows) == SQLITE_ROW) {
        members++;
        keyless += !keyring_holds(store->keyring, (uint64_t)sqlite3_column_int64(rows, 0));
    }
    sqlite3_finalize(rows);
    printf("books members=%d keyless=%d slots=%zu\n", members, keyless,
           keyring_count(store->keyring));
}

/* 2026-11-23 08:55 in New York. */
#define START_AT INT64_C(1795442100000)

static int start(struct minute *minute, char **words, struct error *error)
{
    struct setup *setup = NULL;
    unsigned char key[32] = {0};
    size_t length = strlen(words[2]);
    memcpy(key, words[2], MIN_OF(length, sizeof key));
    const char *later = getenv("MOORING_NTH_LATER"); /* the life in this folder, from 0 */
    int life = later ? atoi(later) : 0;
    struct bot_ground_options options = {.virtual_at = START_AT + life * 30 * CLOCK_MINUTE_MS,
                                         .state_folder = words[1],
                                         .master_key = key};
    int r = bot_ground_open(&minute->ground, &options, error);
    if (r == 0)
        r = setup_load(words[0], minute->ground.zones, print_mistake, NULL, &setup);
    if (r == 0)
        r = open_server(minute);
    if (r < 0)
        return r;
    random_seed(&minute->ground.random, (uint64_t)life + 1);
    r = bot_create(&minute->ground, words[0], setup, &minute->bot, error);
    if (r < 0)
        return r;
    console_on_said(bot_network(minute->bot, STR("console")), said, minute);
    return bot_start(minute->bot, error);
}

/* The whole file, with a NUL; the test's own, so it neither counts nor fails. */
static char *read_script(const char *path)
{
    static char text[65536];
    FILE *in = fopen(path, "re");
    size_t length = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in)
        fclose(in);
    text[length] = '\0';
    return text;
}

static int minute_main(char **words)
{
    static struct minute minute;
    struct error error = {0};
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    char *script = read_script(words[3]);
    printf("= start\n");
    nth_arm();
    int r = libraries_init(&error);
    if (r == 0)
        r = start(&minute, words, &error);
    r = error_blame_memory(&error, 0, r);
    if (r < 0) {
        if (error.code)
            fprintf(stderr, "mooring: %s\n", error.text);
    } else {
        pass(&minute, 0);
        printf("= started\n");
        nth_mark("started");
        play_all(&minute, script);
        stop(&minute);
        nth_pause();
        print_books(&minute);
        nth_resume();
    }
    bot_destroy(minute.bot);
    if (minute.server.peer)
        memory_unlisten(minute.server.peer);
    bot_ground_close(&minute.ground);
    return r < 0 ? 1 : 0;
}

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);
int __wrap_main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "minute") == 0)
        return minute_main(argv + 2);
    nth_arm();
    return __real_main(argc, argv);
}
