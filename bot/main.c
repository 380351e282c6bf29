/* SPDX-License-Identifier: MIT */
/* main.c: the sub-commands. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include "loop/notify.h"
#include "observe/health.h"
#include "observe/log.h"
#include "safety/detect.h"
#include "stage.h"

#define DEFAULT_CONFIG MOORING_SYSCONFDIR "/mooring/mooring.cfg"

/* ---- run ------------------------------------------------------------------------------------- */

struct service {
    struct bot_ground ground;
    struct bot *bot;
    struct notify *notify;
    struct health *health;
    bool stopping;
};

static void print_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    fprintf(stderr, "%s\n", mistake->text);
}

static void stopped(void *ctx)
{
    struct service *service = ctx;
    loop_stop(service->ground.loop);
}

static void caught(void *ctx, int number)
{
    struct service *service = ctx;
    if (number == SIGHUP) {
        notify_reloading(service->notify);
        bot_reload(service->bot, 0);
        notify_ready(service->notify);
        return;
    }
    if (service->stopping) { /* asked twice: at once */
        loop_stop(service->ground.loop);
        return;
    }
    service->stopping = true;
    notify_stopping(service->notify);
    log_event(LOG_LEVEL_NOTICE, "stopping", LOG_INT("signal", number));
    bot_stop(service->bot, stopped, service);
}

static bool healthy(void *ctx)
{
    AUTO_BUF line;
    buf_init(&line, 512);
    return bot_healthy(ctx, &line);
}

static bool healthy_line(void *ctx, struct buf *line)
{
    return bot_healthy(ctx, line);
}

static void refresh(void *ctx)
{
    bot_refresh_metrics(ctx);
}

/* 64 hexadecimal digits, from the credential "master-key". */
static int read_master_key(const struct setup *setup, unsigned char key[32], struct error *error)
{
    struct buf text CLEANUP(buf_wipe);
    size_t length = 0;
    buf_init(&text, 4096);
    int r = setup_credential(setup, STR("master-key"), &text, error);
    if (r < 0)
        return error_set(
            error, r,
            "cannot open the keyring: the credential \"master-key\" is missing. With systemd: "
            "LoadCredential=master-key:/etc/mooring/master-key. By hand: mooring key new FILE, and "
            "set credentials_folder "
            "to its folder.");
    if (sodium_hex2bin(key, 32, text.ptr, text.len, " \t\r\n", &length, NULL) != 0 || length != 32)
        return error_set(error, -EINVAL,
                         "cannot open the keyring: the credential \"master-key\" must be 64 "
                         "hexadecimal digits, as mooring key new writes it.");
    return 0;
}

static int service_open(struct service *service, const char *path, struct error *error)
{
    struct setup *setup;
    unsigned char key[32];
    struct zones *zones = zones_create(NULL);
    if (!zones)
        return error_set(error, -ENOENT,
                         "the time zones in /usr/share/zoneinfo cannot be read: install tzdata");
    int r = setup_load(path, zones, print_mistake, NULL, &setup);
    if (r < 0) {
        zones_destroy(zones);
        error->code = 0; /* told already, line by line */
        return r;
    }
    const struct settings_node *root = settings_root(setup->settings);
    log_set_level((enum log_level)log_level_from(settings_text(root, "log.level")));
    char *folder AUTO_FREE = str_copy(settings_text(root, "state_folder"));
    struct bot_ground_options options = {.state_folder = folder, .master_key = key};
    r = folder ? read_master_key(setup, key, error) : -ENOMEM;
    setup_destroy(setup);
    if (r == 0)
        r = bot_ground_open(&service->ground, &options, error);
    mem_wipe(key, sizeof key);
    zones_destroy(zones);
    /* Read again: zones, and what borrows from them, now belong to the ground. */
    if (r == 0)
        r = setup_load(path, service->ground.zones, print_mistake, NULL, &setup);
    return r < 0 ? r : bot_create(&service->ground, path, setup, &service->bot, error);
}

static int service_watch(struct service *service, struct error *error)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct str listen = settings_text(settings_root(bot_setup(service->bot)->settings),
                                      "metrics.listen");
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(signals) && r >= 0; i++)
        r = loop_on_signal(service->ground.loop, signals[i], caught, service);
    if (r >= 0)
        r = notify_create(service->ground.loop, healthy, service->bot, &service->notify);
    if (r < 0)
        return error_set(error, r, "signals or the service manager's socket cannot be used (%s)",
                         strerror(-r));
    struct health_source source = {.metrics = service->ground.metrics,
                                   .refresh = refresh,
                                   .healthy = healthy_line,
                                   .ctx = service->bot};
    if (str_empty(listen))
        return 0;
    return health_create(loop_uv(service->ground.loop), listen, &source, &service->health, error);
}

static int run(const char *path)
{
    struct service service = {0};
    struct error error = {0};
    int r = service_open(&service, path, &error);
    if (r >= 0)
        r = service_watch(&service, &error);
    if (r >= 0)
        r = bot_start(service.bot, &error);
    if (r >= 0) {
        log_event(LOG_LEVEL_NOTICE, "started", LOG_TEXT("version", MOORING_VERSION));
        notify_ready(service.notify);
        r = loop_run(service.ground.loop);
    }
    if (r < 0 && error.code)
        fprintf(stderr, "mooring: %s\n", error.text);
    health_destroy(service.health);
    notify_destroy(service.notify);
    bot_destroy(service.bot);
    bot_ground_close(&service.ground);
    return r < 0 ? 1 : 0;
}

/* ---- console --------------------------------------------------------------------------------- */

static int console(const char *path, const char *script, const char *state_folder)
{
    struct stage stage;
    int code = 1;
    log_set_level(LOG_LEVEL_WARNING);
    if (stage_open(&stage, path, state_folder, stdout) >= 0)
        code = script ? stage_play_file(&stage, script) : stage_prompt(&stage);
    stage_close(&stage);
    return code;
}

/* ---- check, key ------------------------------------------------------------------------------ */

static int check(const char *path)
{
    struct setup *setup;
    struct zones *zones = zones_create(NULL);
    int r = zones ? setup_load(path, zones, print_mistake, NULL, &setup) : -ENOMEM;
    if (r >= 0) {
        printf("%s: no mistakes\n", path);
        setup_destroy(setup);
    }
    zones_destroy(zones);
    return r < 0 ? 1 : 0;
}

static int new_key(const char *path)
{
    unsigned char key[32];
    char hex[sizeof key * 2 + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        fprintf(stderr, "mooring: %s: %s%s\n", path, strerror(errno),
                errno == EEXIST
                    ? ". A key that is in use must never be overwritten: choose another file."
                    : "");
        return 1;
    }
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    hex[sizeof hex - 1] = '\n';
    bool written = write(fd, hex, sizeof hex) == (ssize_t)sizeof hex && fsync(fd) == 0;
    close(fd);
    mem_wipe(key, sizeof key);
    mem_wipe(hex, sizeof hex);
    if (!written) {
        fprintf(stderr, "mooring: %s: the key could not be written\n", path);
        return 1;
    }
    printf("%s: a new master key. Keep a copy in a safe place: without it nothing that is stored "
           "can be read.\n",
           path);
    return 0;
}

/* ---- the command line ------------------------------------------------------------------------ */

static int usage(FILE *out)
{
    fputs("usage: mooring COMMAND\n"
          "  run [--config FILE]                          the daemon (" DEFAULT_CONFIG ")\n"
          "  console [--config FILE] [--script FILE] [--state FOLDER]\n"
          "                                               play everyone yourself; a script plays "
          "by itself (- is standard input)\n"
          "  check FILE                                   every mistake in a configuration\n"
          "  detect                                       reads JSON lines with texts, prints what "
          "the crisis reading says\n"
          "  key new FILE                                 a new master key\n"
          "  version\n",
          out);
    return out == stdout ? 0 : 2;
}

struct arguments {
    const char *config, *script, *state;
};

static int parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"script", required_argument, NULL, 's'},
                                            {"state", required_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    for (int option = getopt_long(argc, argv, "c:s:f:", options, NULL); option != -1;
         option = getopt_long(argc, argv, "c:s:f:", options, NULL)) {
        switch (option) {
        case 'c':
            arguments->config = optarg;
            break;
        case 's':
            arguments->script = optarg;
            break;
        case 'f':
            arguments->state = optarg;
            break;
        default:
            return -EINVAL;
        }
    }
    return optind < argc ? -EINVAL : 0;
}

/* What a member typed must never lie in a core file. */
static void no_cores(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* its leak check must attach to the process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.config = DEFAULT_CONFIG};
    const char *command = argc > 1 ? argv[1] : "";
    no_cores();
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        fputs("mooring: libsodium cannot start\n", stderr);
        return 1;
    }
    if (strcmp(command, "version") == 0 || strcmp(command, "--version") == 0) {
        printf("mooring %s\n", MOORING_VERSION);
        return 0;
    }
    if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0)
        return usage(stdout);
    if (strcmp(command, "check") == 0 && argc == 3)
        return check(argv[2]);
    if (strcmp(command, "detect") == 0 && argc == 2)
        return detect_stream(stdin, stdout) < 0 ? 1 : 0;
    if (strcmp(command, "key") == 0 && argc == 4 && strcmp(argv[2], "new") == 0)
        return new_key(argv[3]);
    bool runs = strcmp(command, "run") == 0;
    if ((!runs && strcmp(command, "console") != 0) || parse(argc - 1, argv + 1, &arguments) < 0)
        return usage(stderr);
    return runs ? run(arguments.config)
                : console(arguments.config, arguments.script, arguments.state);
}
