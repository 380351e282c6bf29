/* SPDX-License-Identifier: MIT */
/* run.c: the daemon: opens the ground, starts the bot, watches signals, stops in good order. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "control/address.h"
#include "control/control.h"
#include "copies.h"
#include "host/guard.h"
#include "loop/notify.h"
#include "main.h"
#include "observe/health.h"
#include "observe/log.h"
#include "selftest.h"
#include "status.h"

enum { REOPEN_AFTER_MS = 1000 };

struct service {
    struct bot_ground ground;
    struct bot *bot;
    const struct setup *setup; /* while there is no bot yet */
    struct notify *notify;
    struct health *health;
    struct guard *guard;
    struct control *control; /* NULL: it could not be made, and the bot goes on without */
    struct copies *copies;
    struct copies_change change; /* under way while `reopening` */
    struct loop_timer reopen_timer;
    const char *config_path;
    bool stopping, unfed, reopening, failed, knows_state;
    char status[256]; /* as the service manager heard it last */
};

/* ---- what the service manager is told -------------------------------------------------------- */

static void tell_status(struct service *service)
{
    AUTO_BUF line;
    char status[sizeof service->status];
    buf_init(&line, 4096);
    bot_status(service->bot, &line);
    str_to_c(str_upto(buf_str(&line), sizeof status - 1), status, sizeof status);
    if (strcmp(status, service->status) == 0)
        return;
    memcpy(service->status, status, sizeof status);
    notify_status(service->notify, status);
}

static int reload(struct service *service, struct error *error)
{
    notify_reloading(service->notify);
    int r = bot_reload(service->bot, 0, error);
    guard_set_seconds(service->guard,
                      (unsigned)settings_integer(settings_root(bot_setup(service->bot)->settings),
                                                 "limits.call_seconds"));
    tell_status(service);
    notify_ready(service->notify);
    return r;
}

static bool alive(void *ctx)
{
    struct service *service = ctx;
    AUTO_BUF why;
    buf_init(&why, 256);
    bool alive = bot_alive(service->bot, &why);
    if (!alive && !service->unfed) /* the last words before the watchdog acts */
        log_event(LOG_LEVEL_ERROR, "watchdog_not_fed", LOG_STR("why", buf_str(&why)));
    service->unfed = !alive;
    tell_status(service);
    return alive;
}

static void status_changed(void *ctx)
{
    tell_status(ctx);
}

/* ---- signals --------------------------------------------------------------------------------- */

static void stopped(void *ctx)
{
    struct service *service = ctx;
    loop_stop(service->ground.loop);
}

static void caught(void *ctx, int number)
{
    struct service *service = ctx;
    if (number == SIGHUP && service->reopening)
        return; /* it reads the file anyway */
    if (number == SIGHUP) {
        (void)reload(service, NULL); /* told in the log and the status line */
        return;
    }
    if (service->reopening && !service->stopping) { /* once it is open again */
        service->stopping = true;
        notify_stopping(service->notify);
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

static bool healthy_line(void *ctx, struct buf *line)
{
    return bot_healthy(((struct service *)ctx)->bot, line);
}

static void refresh(void *ctx)
{
    bot_refresh_metrics(((struct service *)ctx)->bot);
}

/* ---- opening --------------------------------------------------------------------------------- */

enum { LOADING_SECONDS = 30 };

/* Before any plugin's code runs: what the last life died of is counted, and this one is watched. */
static int open_marker(struct service *service, const char *path)
{
    char folder[SETUP_PATH_BYTES];
    struct clock clock;
    setup_state_folder(path, folder);
    clock_init(&clock);
    clock_refresh(&clock);
    int r = marker_open(folder[0] ? folder : NULL, clock_wall_at(&clock), &service->ground.marker);
    if (r < 0)
        return r;
    guard_catch_faults(service->ground.marker);
    return guard_start(service->ground.marker, LOADING_SECONDS, &service->guard);
}

/* Also later, again and again, when the first time it could not: the key is read each time, for it
 * may be what was missing. */
static int open_store(void *ctx, const struct clock *clock, struct store **ret_store,
                      struct error *error)
{
    struct service *service = ctx;
    const struct setup *setup = service->bot ? bot_setup(service->bot) : service->setup;
    unsigned char key[32], next_key[32];
    char *folder AUTO_FREE = str_copy(
        settings_text(settings_root(setup->settings), "state_folder"));
    if (!folder)
        return error_set(error, -ENOMEM, "memory is short");
    /* Only the first time may it be the first start: a state that goes away under a running bot is
     * an unmounted disk, and not a new house. */
    struct store_options options = {
        .folder = folder, .clock = clock, .master_key = key, .must_exist = service->knows_state};
    service->knows_state = true;
    int r = setup_master_key(setup, key, error);
    if (r < 0)
        error->code = r = -ENOKEY;
    if (r == 0 && setup_next_key(setup, next_key))
        options.next_key = next_key;
    if (r == 0)
        r = store_open(&options, ret_store, error);
    mem_wipe(key, sizeof key);
    mem_wipe(next_key, sizeof next_key);
    if (r == 0 && store_has_next_key(*ret_store))
        log_event(LOG_LEVEL_WARNING, "master_key_next_in_use");
    return r;
}

/* Zones, and what borrows from them, belong to the ground: the configuration is read with those. */
static int load_setup(struct service *service, const char *path, struct setup **ret_setup,
                      struct error *error)
{
    int r = setup_load_marked(path, service->ground.zones, service->ground.marker,
                              main_print_mistake, NULL, ret_setup);
    if (r < 0)
        error->code = 0; /* told already, line by line */
    return r;
}

/* The store opened and then could not be written: full to the last byte.  Whoever calls for help is
 * answered all the same. */
static int create_on_stand_in(struct service *service, const char *path, struct error *error)
{
    struct setup *setup;
    struct error why = {0};
    struct store *store;
    const struct store_trouble *trouble = store_trouble(service->ground.store);
    error_set(&why, trouble->code, "the store of the state folder cannot be written (%s)",
              store_cause_name(trouble->cause));
    int r = bot_ground_stand_in(&service->ground, &why, &store);
    if (r < 0)
        return r;
    store_close(service->ground.store);
    service->ground.store = store;
    r = load_setup(service, path, &setup, error);
    return r < 0 ? r : bot_create(&service->ground, path, setup, &service->bot, error);
}

static int service_create(struct service *service, const char *path, bool is_later,
                          struct error *error)
{
    struct setup *setup;
    int r = load_setup(service, path, &setup, error);
    if (r < 0)
        return r;
    r = bot_create(&service->ground, path, setup, &service->bot, error);
    if (r < 0 && is_later && !store_writable(service->ground.store)) {
        *error = (struct error){0};
        r = create_on_stand_in(service, path, error);
    }
    return r;
}

static int service_open(struct service *service, const char *path, struct error *error)
{
    struct setup *setup;
    struct marker *marker = service->ground.marker;
    struct zones *zones = zones_create(NULL);
    if (!zones)
        return error_set(error, -ENOENT,
                         "the time zones in /usr/share/zoneinfo cannot be read: install tzdata");
    int r = setup_load_marked(path, zones, marker, main_print_mistake, NULL, &setup);
    if (r < 0) {
        zones_destroy(zones);
        error->code = 0; /* told already, line by line */
        return r;
    }
    const struct settings_node *root = settings_root(setup->settings);
    log_set_level((enum log_level)log_level_from(settings_text(root, "log.level")));
    char *folder AUTO_FREE = str_copy(settings_text(root, "state_folder"));
    struct bot_ground_options options = {
        .state_folder = folder, .open_store = open_store, .open_ctx = service, .marker = marker};
    bool is_later = folder && store_holds_state(folder);
    guard_set_seconds(service->guard, (unsigned)settings_integer(root, "limits.call_seconds"));
    guard_bound_memory((unsigned)settings_integer(root, "limits.memory_megabytes"));
    service->setup = setup;
    r = folder ? bot_ground_open(&service->ground, &options, error) : -ENOMEM;
    service->setup = NULL;
    setup_destroy(setup);
    zones_destroy(zones);
    return r < 0 ? r : service_create(service, path, is_later, error);
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
        r = notify_create(service->ground.loop, alive, service, &service->notify);
    if (r < 0)
        return error_set(error, r, "signals or the service manager's socket cannot be used (%s)",
                         strerror(-r));
    struct health_source source = {.metrics = service->ground.metrics,
                                   .refresh = refresh,
                                   .healthy = healthy_line,
                                   .ctx = service};
    metric_set(metrics_gauge(service->ground.metrics, "mooring_build_info",
                             "1; the label tells the version.", "version", STR(MOORING_VERSION)),
               1);
    if (str_empty(listen))
        return 0;
    return health_create(loop_uv(service->ground.loop), listen, &source, &service->health, error);
}

/* ---- a restored database --------------------------------------------------------------------- */

static int rebuild(struct service *service, struct error *error)
{
    struct setup *setup;
    int r = setup_load_marked(service->config_path, service->ground.zones, service->ground.marker,
                              main_print_mistake, NULL, &setup);
    if (r < 0)
        return error_set(error, r, "the configuration has mistakes");
    r = bot_create(&service->ground, service->config_path, setup, &service->bot, error);
    if (r >= 0) {
        bot_on_status(service->bot, status_changed, service);
        r = bot_start(service->bot, error);
    }
    if (r < 0) {
        bot_destroy(service->bot);
        service->bot = NULL;
    }
    return r;
}

/* In one piece: nobody meets a service without its bot. */
static void run_reopen(struct loop_timer *timer)
{
    struct service *service = CONTAINER_OF(timer, struct service, reopen_timer);
    const struct copies_change *change = &service->change;
    struct error error = {0}, why = {0};
    guard_watch_loop(service->guard, NULL); /* a large database takes what it takes */
    bot_destroy(service->bot);
    service->bot = NULL;
    int r = change->change(change->ctx, &error);
    int built = r == -ENOTRECOVERABLE ? r : rebuild(service, r < 0 ? &why : &error);
    if (r >= 0 && built < 0) {
        change->undo(change->ctx);
        r = built;
        built = rebuild(service, &why);
    }
    service->reopening = false;
    change->done(change->ctx, r, &error);
    if (built < 0) {
        log_event(LOG_LEVEL_ERROR, "not_open_again", LOG_TEXT("why", why.text));
        service->failed = true;
        loop_stop(service->ground.loop);
        return;
    }
    guard_watch_loop(service->guard, service->ground.loop);
    tell_status(service);
    if (service->stopping)
        bot_stop(service->bot, stopped, service);
}

static void went_down(void *ctx)
{
    struct service *service = ctx;
    /* A server that has not read our goodbye yet would give our name to nobody, us included. */
    if (loop_timer_arm_in(service->ground.loop, &service->reopen_timer, REOPEN_AFTER_MS) < 0)
        run_reopen(&service->reopen_timer);
}

static int reopen(void *ctx, const struct copies_change *change)
{
    struct service *service = ctx;
    if (service->stopping || service->reopening)
        return -EBUSY;
    service->change = *change;
    service->reopening = true;
    service->reopen_timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = run_reopen};
    bot_stop(service->bot, went_down, service);
    return 0;
}

/* ---- being asked ----------------------------------------------------------------------------- */

/* `mooring reload`: as SIGHUP, but whoever asks hears how it ended. */
static void asked_to_reload(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct service *service = ctx;
    struct error error = {0};
    (void)arguments;
    if (service->stopping || service->reopening)
        control_fail(call, -ECANCELED, "mooring is stopping");
    else if (reload(service, &error) < 0)
        control_fail(call, error.code, "%s", error.text);
    else
        control_answer(call, json_pack("{s:b}", "restart", bot_wants_restart(service->bot)));
}

/* `mooring status` */
static void asked_for_status(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct service *service = ctx;
    (void)arguments;
    control_answer(call, status_collect(service->bot, MOORING_VERSION));
}

/* `mooring selftest` */
static void asked_for_selftest(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct service *service = ctx;
    struct selftest last;
    (void)arguments;
    bot_selftest(service->bot, &last);
    control_answer(call, json_pack("{s:i, s:i, s:s}", "failed", last.failed, "warned", last.warned,
                                   "what", last.what));
}

/* `mooring login` */
static void asked_to_log_in(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct service *service = ctx;
    const char *name = json_string_value(json_object_get(arguments, "network"));
    if (bot_log_in(service->bot, str_of(name)) < 0)
        control_fail(call, -ENOENT, "the running bot has no such network: mooring reload");
    else
        control_answer(call, json_object());
}

static const struct {
    const char *name;
    control_fn run;
} verbs[] = {{"reload", asked_to_reload},
             {"status", asked_for_status},
             {"selftest", asked_for_selftest},
             {"login", asked_to_log_in}};

/* Without its socket the bot can do all but be asked: that must not keep it from a person. */
static int service_listen(struct service *service, struct error *error)
{
    const struct settings_node *root = settings_root(bot_setup(service->bot)->settings);
    struct str folder = settings_text(root, "state_folder");
    char path[CONTROL_PATH_BYTES];
    struct error why = {0};
    int r = control_path(settings_text(root, "control_socket"), folder, path, error);
    if (r < 0)
        return r;
    struct control_options options = {
        .loop = service->ground.loop, .path = path, .state_folder = folder};
    if (control_create(&options, &service->control, &why) < 0) {
        log_event(LOG_LEVEL_ERROR, "control_unavailable", LOG_TEXT("why", why.text));
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(verbs) && r >= 0; i++)
        r = control_add(service->control, verbs[i].name, verbs[i].run, service);
    struct copies_parts copies = {
        .ground = &service->ground, .control = service->control, .ctx = service, .reopen = reopen};
    if (r >= 0)
        r = copies_create(&copies, &service->copies);
    return r < 0 ? error_set(error, r, "memory is short") : 0;
}

int command_run(const struct arguments *arguments)
{
    struct service service = {.config_path = arguments->config};
    struct error error = {0};
    unsigned long shortages = mem_shortages();
    int r = open_marker(&service, arguments->config);
    if (r < 0)
        error_set(&error, r, "the watch over plugins cannot start (%s)", strerror(-r));
    else
        r = service_open(&service, arguments->config, &error);
    if (r >= 0)
        r = service_watch(&service, &error);
    if (r >= 0)
        r = service_listen(&service, &error);
    if (r >= 0)
        r = bot_start(service.bot, &error);
    r = error_blame_memory(&error, shortages, r);
    if (r >= 0) {
        log_event(LOG_LEVEL_NOTICE, "started", LOG_TEXT("version", MOORING_VERSION));
        bot_on_status(service.bot, status_changed, &service);
        tell_status(&service);
        notify_ready(service.notify);
        guard_watch_loop(service.guard, service.ground.loop);
        r = loop_run(service.ground.loop);
        guard_watch_loop(service.guard, NULL);
        if (service.ground.lost)
            r = -EIO; /* told in the log */
    }
    if (r < 0 && error.code)
        fprintf(stderr, "mooring: %s\n", error.text);
    control_destroy(service.control);
    copies_destroy(service.copies);
    health_destroy(service.health);
    notify_destroy(service.notify);
    bot_destroy(service.bot);
    guard_stop(service.guard);
    guard_catch_faults(NULL);
    bot_ground_close(&service.ground);
    return r < 0 || service.failed ? 1 : 0;
}
