/* SPDX-License-Identifier: MIT */
/* stage.c: the steps: who speaks where, restarts, faults. */
#include "stage/stage.h"

#include <errno.h>
#include <stdlib.h>

#include "base/number.h"
#include "observe/log.h"

/* ---- life ------------------------------------------------------------------------------------ */

static void print_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    fprintf(stderr, "%s\n", mistake->text);
}

/* Every console network shows what the bot says. */
static void said(void *ctx, const struct console_said *what)
{
    struct stage *stage = ctx;
    char place[192];
    AUTO_BUF text;
    buf_init(&text, 256 * 1024);
    if (markdown_render(what->markdown, MARKDOWN_PLAIN, &text) < 0)
        return;
    if (str_empty(what->room))
        snprintf(place, sizeof place, "dm %.*s", STR_ARG(what->user));
    else
        snprintf(place, sizeof place, "room %.*s", STR_ARG(what->room));
    stage_note(stage, str_of(place), buf_str(&text));
    stage_print_said(stage, what);
}

static int raise_curtain(struct stage *stage, struct setup *setup, struct error *error)
{
    if (stage->is_kept)
        random_seed_from_system(&stage->ground.random);
    else
        random_seed(&stage->ground.random, ++stage->lives);
    int r = bot_create(&stage->ground, stage->config_path, setup, &stage->bot, error);
    if (r < 0)
        return r;
    struct chat_network *network;
    for (size_t i = 0; (network = bot_network_at(stage->bot, i)) != NULL; i++)
        if (network->class == &console_class)
            console_on_said(network, said, stage);
    return bot_start(stage->bot, error);
}

/* The first console network, the first room, the first of the people. */
static void take_places(struct stage *stage)
{
    const struct settings_node *root = settings_root(bot_setup(stage->bot)->settings);
    const struct settings_node *people = settings_at(root, "console.people");
    struct chat_network *network;
    str_to_c(settings_count(people) ? settings_value_text(settings_item(people, 0)) : STR("you"),
             stage->who, sizeof stage->who);
    for (size_t i = 0; (network = bot_network_at(stage->bot, i)) != NULL; i++) {
        if (network->class != &console_class)
            continue;
        str_to_c(str_of(network->name), stage->network, sizeof stage->network);
        break;
    }
    for (size_t g = 0; g < groups_count(bot_groups(stage->bot)); g++) {
        const struct group *group = groups_at(bot_groups(stage->bot), g);
        for (size_t i = 0; i < group->room_count && !stage->room[0]; i++)
            if (str_eq_c(group->rooms[i].network, stage->network))
                str_to_c(group->rooms[i].name, stage->room, sizeof stage->room);
    }
}

/* console.start_at in console.zone; 0: real time. */
static int64_t start_time(struct stage *stage, const struct setup *setup, struct zones *zones)
{
    const struct settings_node *root = settings_root(setup->settings);
    const struct zone *zone;
    struct civil civil;
    int64_t at = 0;
    str_to_c(settings_text(root, "console.zone"), stage->zone, sizeof stage->zone);
    if (civil_parse(settings_text(root, "console.start_at"), &civil) < 0 ||
        zones_get(zones, settings_text(root, "console.zone"), &zone) < 0 ||
        zone_unix_at(zone, &civil, &at, NULL) < 0)
        return 0;
    return at;
}

int stage_open(struct stage *stage, const char *config_path, const char *state_folder, FILE *out)
{
    struct error error = {0};
    struct setup *setup = NULL;
    unsigned char key[STAGE_KEY_BYTES];
    unsigned long shortages = mem_shortages();
    *stage = (struct stage){.out = out, .is_kept = state_folder != NULL};
    str_to_c(str_of(config_path), stage->config_path, sizeof stage->config_path);
    struct zones *zones = zones_create(NULL);
    int r = zones ? setup_load(config_path, zones, print_mistake, NULL, &setup) : -ENOMEM;
    if (r < 0) {
        zones_destroy(zones);
        return r;
    }
    struct bot_ground_options options = {.virtual_at = start_time(stage, setup, zones),
                                         .state_folder = state_folder,
                                         .master_key = state_folder ? key : NULL};
    setup_destroy(setup);
    zones_destroy(zones);
    r = state_folder ? stage_key(state_folder, key, &error) : 0;
    if (r == 0 && state_folder && options.virtual_at)
        r = stage_keep_clock(state_folder, &stage->kept_at, &error);
    if (stage->kept_at && *stage->kept_at > 0)
        options.virtual_at = *stage->kept_at;
    if (r == 0)
        r = bot_ground_open(&stage->ground, &options, &error);
    mem_wipe(key, sizeof key);
    if (r == 0 && stage->kept_at)
        clock_keep(&stage->ground.clock, stage->kept_at);
    if (r == 0)
        r = setup_load_marked(config_path, stage->ground.zones, stage->ground.marker, print_mistake,
                              NULL, &setup);
    if (r == 0)
        r = stage_peers_open(stage, setup, &error);
    if (r == 0)
        r = raise_curtain(stage, setup, &error);
    r = error_blame_memory(&error, shortages, r);
    if (r < 0) {
        if (error.code)
            fprintf(stderr, "mooring: %s\n", error.text);
        return r;
    }
    take_places(stage);
    stage_settle(stage);
    return 0;
}

void stage_close(struct stage *stage)
{
    bot_destroy(stage->bot);
    stage_peers_close(stage);
    stage_forget_lines(stage);
    mem_free(stage->lines);
    bot_ground_close(&stage->ground);
    stage_forget_clock(TAKE(stage->kept_at));
}

void stage_settle(struct stage *stage)
{
    if (stage->ground.clock.is_virtual)
        loop_advance(stage->ground.loop, clock_wall_at(&stage->ground.clock));
    else
        loop_poll(stage->ground.loop);
}

/* ---- restart, kill --------------------------------------------------------------------------- */

static void stopped(void *ctx)
{
    *(bool *)ctx = true;
}

static int rise_again(struct stage *stage, struct error *error)
{
    struct setup *setup;
    int r = setup_load_marked(stage->config_path, stage->ground.zones, stage->ground.marker,
                              print_mistake, NULL, &setup);
    if (r < 0)
        return error_set(error, r, "%s has mistakes: the bot does not start", stage->config_path);
    r = raise_curtain(stage, setup, error);
    if (r == 0)
        stage_settle(stage);
    return r;
}

static int restart(struct stage *stage, struct error *error)
{
    bool done = false;
    if (stage->bot)
        bot_stop(stage->bot, stopped, &done);
    stage_settle(stage);
    bot_destroy(TAKE(stage->bot));
    stage_print_note(stage, STR("the bot was stopped and started again"));
    return rise_again(stage, error);
}

/* The machine was off, and its clock says something else now: "/boot 10m", "/boot -3650d". */
static int boot(struct stage *stage, struct str args, struct error *error)
{
    int64_t by_ms;
    args = str_trim(args);
    bool back = str_starts(args, STR("-"));
    if (!stage->ground.clock.is_virtual ||
        number_parse_duration(back ? str_from(args, 1) : args, 0, &by_ms) < 0)
        return error_set(error, -EINVAL,
                         "/boot needs virtual time, and a step such as 10m or -3650d");
    bool done = false;
    if (stage->bot)
        bot_stop(stage->bot, stopped, &done);
    stage_settle(stage);
    bot_destroy(TAKE(stage->bot));
    clock_step(&stage->ground.clock, back ? -by_ms : by_ms);
    stage_print_note(stage, STR("the machine was off, and starts with another clock"));
    return rise_again(stage, error);
}

static int kill_bot(struct stage *stage, struct error *error)
{
    bot_destroy(TAKE(stage->bot));
    int r = store_crash(stage->ground.store);
    if (r < 0)
        return error_set(error, r, "the store cannot be opened again (%s)", strerror(-r));
    stage_print_note(stage, STR("the bot was killed and started again"));
    return rise_again(stage, error);
}

/* ---- people ---------------------------------------------------------------------------------- */

static int act(struct stage *stage, enum console_step_kind kind, struct str text,
               struct error *error)
{
    struct chat_network *network = bot_network(stage->bot, str_of(stage->network));
    if (!network || network->class != &console_class)
        return error_set(
            error, -EINVAL,
            "there is no console network to speak on: set networks[].kind = \"console\"");
    struct console_step step = {
        .kind = kind, .who = str_of(stage->who), .room = str_of(stage->room), .text = text};
    int r = console_step(network, &step);
    if (r == -ENOENT)
        return error_set(error, -EINVAL, "there is nothing of that kind here to do it to");
    if (r == -ENOTCONN) {
        stage_print_note(stage, STR("the network is down: nobody heard that"));
        r = 0;
    }
    stage_settle(stage);
    return r;
}

static int be_in_room(struct stage *stage, struct str name, struct error *error)
{
    name = str_trim(name);
    if (str_empty(name) || !str_to_c(name, stage->room, sizeof stage->room))
        return error_set(error, -EINVAL, "a room's name is missing, or too long");
    return 0;
}

static int help(struct stage *stage)
{
    static const char text[] =
        "You play everyone. A line is said by who is speaking, where they are (// for a text that "
        "begins with a slash).\n"
        "/as NAME            who speaks now (a person appears when first named)\n"
        "/room NAME   /dm    in a room, or in private with the bot; /network NAME\n"
        "/wait 8h            time moves on, and all that is due happens; /at 18:00, /at 2026-11-26 "
        "09:00 [ZONE]\n"
        "/react EMOJI        to the bot's last message here; /edit TEXT, /delete: your own last\n"
        "/join NAME  /leave  rooms\n"
        "/restart  /kill     stop in good order and start again; lose what was not saved and start "
        "again\n"
        "/fail WHAT          disk-full, read-only, broken-disk, torn-database, slow-disk,\n"
        "                    network-down NAME, plugin NAME; none\n"
        "/step -1h           somebody sets the clock; /suspend 3h: the machine sleeps\n"
        "/peer NAME LINE     an in-process server says a line; /mark TEXT: only printed\n"
        "/quit";
    stage_print_note(stage, str_of(text));
    return 0;
}

/* ---- the steps ------------------------------------------------------------------------------- */

static int set_name(char *slot, size_t size, struct str name, struct error *error)
{
    name = str_trim(name);
    if (str_empty(name) || !str_to_c(name, slot, size))
        return error_set(error, -EINVAL, "a name is missing, or too long");
    return 0;
}

static int play_place(struct stage *stage, struct str verb, struct str args, struct error *error)
{
    if (str_eq_c(verb, "as"))
        return set_name(stage->who, sizeof stage->who, args, error);
    if (str_eq_c(verb, "network"))
        return set_name(stage->network, sizeof stage->network, args, error);
    if (str_eq_c(verb, "room"))
        return be_in_room(stage, args, error);
    if (str_eq_c(verb, "dm")) {
        stage->room[0] = '\0';
        return 0;
    }
    return -ENOENT;
}

static int play_person(struct stage *stage, struct str verb, struct str args, struct error *error)
{
    if (str_eq_c(verb, "react"))
        return act(stage, CONSOLE_REACT, str_trim(args), error);
    if (str_eq_c(verb, "edit"))
        return act(stage, CONSOLE_EDIT, args, error);
    if (str_eq_c(verb, "delete"))
        return act(stage, CONSOLE_DELETE, (struct str){0}, error);
    if (str_eq_c(verb, "join")) {
        int r = be_in_room(stage, args, error);
        return r < 0 ? r : act(stage, CONSOLE_JOIN, (struct str){0}, error);
    }
    if (str_eq_c(verb, "leave")) {
        int r = act(stage, CONSOLE_LEAVE, (struct str){0}, error);
        stage->room[0] = '\0';
        return r;
    }
    return -ENOENT;
}

static int play_peer(struct stage *stage, struct str args, struct error *error)
{
    struct str name;
    if (!str_word(&args, &name))
        return error_set(error, -EINVAL, "/peer needs a name and a line");
    int r = stage_peer_write(stage, name, args, error);
    if (r == 0)
        stage_settle(stage);
    return r;
}

static int play_world(struct stage *stage, struct str verb, struct str args, struct error *error)
{
    int r = stage_play_time(stage, verb, args, error);
    if (r != -ENOENT)
        return r;
    if (str_eq_c(verb, "mark")) {
        stage_print_note(stage, str_trim(args));
        return 0;
    }
    if (str_eq_c(verb, "restart"))
        return restart(stage, error);
    if (str_eq_c(verb, "boot"))
        return boot(stage, args, error);
    if (str_eq_c(verb, "kill"))
        return kill_bot(stage, error);
    if (str_eq_c(verb, "fail"))
        return stage_fail(stage, args, error);
    if (str_eq_c(verb, "peer"))
        return play_peer(stage, args, error);
    if (str_eq_c(verb, "help"))
        return help(stage);
    if (!str_eq_c(verb, "quit"))
        return -ENOENT;
    stage->quit = true;
    return 0;
}

int stage_play(struct stage *stage, struct str line, struct error *error)
{
    while (line.len && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == '\n'))
        line.len--;
    struct str trimmed = str_trim(line), verb;
    if (str_empty(trimmed) || trimmed.ptr[0] == '#')
        return 0;
    int r = stage_expect(stage, trimmed, error);
    if (r != 0)
        return MIN_OF(r, 0);
    bool can_rise = str_starts(trimmed, STR("/restart")) || str_starts(trimmed, STR("/quit"));
    if (!stage->bot && !can_rise)
        return error_set(error, -EINVAL,
                         "the bot did not start again: put right what it said, then /restart");
    clock_refresh(&stage->ground.clock);
    stage_forget_lines(stage);
    if (trimmed.ptr[0] != '/' || str_starts(trimmed, STR("//"))) {
        struct str text = trimmed.ptr[0] == '/' ? str_from(trimmed, 1) : line;
        stage_print_person(stage, text);
        return act(stage, CONSOLE_SAY, text, error);
    }
    struct str args = str_from(trimmed, 1);
    if (!str_word(&args, &verb))
        return error_set(error, -EINVAL,
                         "a step's name is missing after the slash; /help lists them");
    r = play_place(stage, verb, args, error);
    if (r == -ENOENT)
        r = play_person(stage, verb, args, error);
    if (r == -ENOENT)
        r = play_world(stage, verb, args, error);
    if (r == -ENOENT)
        return error_set(
            error, -EINVAL,
            "there is no step /%.*s; /help lists them (// says a text that begins with a slash)",
            STR_ARG(verb));
    return r;
}
