/* SPDX-License-Identifier: MIT */
/* world.c: the tests' world: time, store, networks. */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/log.h"
#include "schedule/zones.h"
#include "store/members.h"
#include "store/outbox.h"

/* ---- networks -------------------------------------------------------------------------------- */

static struct world_network *network_of(struct chat_network *network)
{
    return (struct world_network *)(void *)network;
}

static int fake_send(struct chat_network *base, const struct chat_message *message)
{
    struct world_network *network = network_of(base);
    struct world *world = network->world;
    if (base->state != CHAT_UP)
        return -ENOTCONN;
    if (network->fails > 0) {
        network->fails--;
        return network->error;
    }
    if (network->takes == 0 || (network->no_long && (message->flags & CHAT_SEND_LONG)))
        return -EAGAIN;
    if (network->takes > 0)
        network->takes--;
    assert_true(world->said_count < WORLD_SAID_MAX);
    struct world_said *said = &world->said[world->said_count++];
    *said = (struct world_said){
        .flags = message->flags, .token = message->token, .at = clock_wall_at(&world->clock)};
    assert_true(str_to_c(str_of(base->name), said->network, sizeof said->network));
    assert_true(str_to_c(message->room, said->room, sizeof said->room));
    assert_true(str_to_c(message->user, said->user, sizeof said->user));
    assert_true(str_to_c(message->mention, said->mention, sizeof said->mention));
    assert_true(
        str_to_c(message->transaction_id, said->transaction_id, sizeof said->transaction_id));
    said->may_be_sent = message->may_be_sent;
    said->created_at = message->created_at;
    said->file_bytes = message->file_bytes.len;
    assert_true(
        str_to_c(message->mention_identity, said->mention_identity, sizeof said->mention_identity));
    assert_true(str_to_c(message->answers_id, said->answers, sizeof said->answers));
    assert_true(str_to_c(message->thread, said->thread, sizeof said->thread));
    assert_true(str_to_c(message->replaces_id, said->replaces, sizeof said->replaces));
    assert_true(str_to_c(message->file_name, said->file_name, sizeof said->file_name));
    assert_true(str_to_c(message->file_alt, said->file_alt, sizeof said->file_alt));
    AUTO_BUF choices;
    buf_init(&choices, sizeof said->choices - 1);
    for (size_t i = 0; i < message->choice_count; i++)
        buf_add_format(&choices, "%s%.*s=%.*s", i ? "|" : "", STR_ARG(message->choices[i].label),
                       STR_ARG(message->choices[i].emoji));
    assert_true(str_to_c(buf_str(&choices), said->choices, sizeof said->choices));
    AUTO_BUF text;
    buf_init(&text, sizeof said->text - 1);
    for (size_t i = 0; i < message->line_count; i++)
        buf_add_format(&text, "%s%.*s", i ? "|" : "", STR_ARG(message->lines[i]));
    assert_true(str_to_c(buf_str(&text), said->text, sizeof said->text));
    if (network->confirms)
        loop_defer(world->loop, &world->confirm);
    return 0;
}

static size_t fake_line_bytes(struct chat_network *network, struct str room, struct str user)
{
    (void)room, (void)user;
    return network_of(network)->budget;
}

static int fake_react(struct chat_network *network, struct str room, struct str event_id,
                      struct str emoji)
{
    (void)network, (void)room, (void)event_id, (void)emoji;
    return -ENOTSUP;
}

static int fake_redact(struct chat_network *network, struct str room, struct str user,
                       struct str message_id)
{
    char *redacted = network_of(network)->redacted;
    size_t used = strlen(redacted);
    struct str place = str_empty(room) ? user : room;
    (void)snprintf(redacted + used, sizeof network_of(network)->redacted - used, "%s%.*s %.*s",
                   used ? "|" : "", STR_ARG(place), STR_ARG(message_id));
    return 0;
}

static bool fake_in_room(struct chat_network *network, struct str room)
{
    const char *outside = network_of(network)->outside;
    return !outside || !str_eq_c(room, outside);
}

static const struct chat_class fake_class = {.kind = "fake",
                                             .form = MARKDOWN_PLAIN,
                                             .send = fake_send,
                                             .line_bytes = fake_line_bytes,
                                             .react = fake_react,
                                             .in_room = fake_in_room,
                                             .redact = fake_redact};

static struct world_network *by_name(struct world *world, const char *name)
{
    return strcmp(name, "irc") == 0 ? &world->irc : &world->console;
}

void world_outcome(struct world *world, struct world_said *said, enum chat_outcome outcome)
{
    assert_false(said->answered);
    said->answered = true;
    struct world_network *network = by_name(world, said->network);
    char id[64] = "";
    if (network->gives_ids && outcome == CHAT_CONFIRMED)
        (void)snprintf(id, sizeof id, "$%zu%s", (size_t)(said - world->said) + 1,
                       network->parts ? network->parts : "");
    outbox_sent(world->outbox, &network->base, said->token, outcome, str_of(id));
}

static void confirm_all(struct loop_call *call)
{
    struct world *world = CONTAINER_OF(call, struct world, confirm);
    for (size_t i = 0; i < world->said_count; i++)
        if (!world->said[i].answered && by_name(world, world->said[i].network)->confirms)
            world_outcome(world, &world->said[i], CHAT_CONFIRMED);
}

static struct chat_network *find_network(void *ctx, struct str name)
{
    struct world *world = ctx;
    if (str_eq_c(name, "irc"))
        return &world->irc.base;
    return str_eq_c(name, "console") ? &world->console.base : NULL;
}

static void init_network(struct world *world, struct world_network *network, const char *name,
                         size_t budget)
{
    *network = (struct world_network){
        .world = world, .budget = budget, .takes = -1, .confirms = true};
    network->base.class = &fake_class;
    network->base.state = CHAT_UP;
    network->base.epoch = 1;
    assert_true(str_to_c(str_of(name), network->base.name, sizeof network->base.name));
}

void world_set_down(struct world *world, struct world_network *network, bool down)
{
    network->base.state = down ? CHAT_DOWN : CHAT_UP;
    if (!down) {
        network->base.epoch++;
        outbox_ready(world->outbox, &network->base);
        return;
    }
    for (size_t i = 0; i < world->said_count; i++)
        if (!world->said[i].answered && by_name(world, world->said[i].network) == network)
            world_outcome(world, &world->said[i],
                          network->base.is_idempotent ? CHAT_FAILED : CHAT_UNKNOWN);
}

/* ---- time ------------------------------------------------------------------------------------ */

static int local_in(void *ctx, struct str zone, int64_t at, struct mooring_civil *ret_local)
{
    (void)ctx;
    /* Two zones are enough, and no clock changes in these weeks. */
    int64_t offset_ms = str_eq_c(zone, "America/New_York") ? -5 * CLOCK_HOUR_MS
                        : str_eq_c(zone, "Europe/Berlin")  ? CLOCK_HOUR_MS
                                                           : 0;
    int64_t seconds = (at + offset_ms) / 1000, day = seconds / 86400;
    *ret_local = (struct mooring_civil){.year = 2026,
                                        .month = 11,
                                        .day = 23,
                                        .hour = (int32_t)(seconds % 86400 / 3600),
                                        .minute = (int32_t)(seconds % 3600 / 60),
                                        .second = (int32_t)(seconds % 60),
                                        .weekday = (int32_t)((day + 3) % 7)};
    return 0;
}

void world_settle(struct world *world)
{
    loop_advance(world->loop, clock_wall_at(&world->clock));
}

void world_advance(struct world *world, int64_t by_ms)
{
    loop_advance(world->loop, clock_wall_at(&world->clock) + by_ms);
}

void world_commit(struct world *world)
{
    assert_true(store_commit(world->store) >= 0);
    world_settle(world);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void on_commit(void *ctx)
{
    struct world *world = ctx;
    world->commits++;
    if (world->outbox)
        outbox_committed(world->outbox);
    if (world->committed)
        world->committed(world->ctx);
}

static void on_rollback(void *ctx)
{
    struct world *world = ctx;
    if (world->outbox)
        outbox_rolled_back(world->outbox);
    if (world->rolled_back)
        world->rolled_back(world->ctx);
}

static void add_hooks(struct world *world)
{
    assert_int_equal(store_on_commit(world->store, on_commit, world), 0);
    assert_int_equal(store_on_rollback(world->store, on_rollback, world), 0);
}

static void on_result(void *ctx, const struct outbox_result *result)
{
    struct world *world = ctx;
    assert_true(world->result_count < WORLD_RESULTS_MAX);
    struct world_result *kept = &world->results[world->result_count++];
    *kept = (struct world_result){.id = result->id,
                                  .member = result->member,
                                  .alert = result->alert,
                                  .source_room_id = result->source_room_id,
                                  .flags = result->flags,
                                  .result = result->result};
    assert_true(str_to_c(result->plugin, kept->plugin, sizeof kept->plugin));
    if (world->told)
        world->told(world->ctx, result);
}

static void open_outbox(struct world *world)
{
    struct outbox_parts parts = {.loop = world->loop,
                                 .store = world->store,
                                 .people = (struct people *)world,
                                 .groups = (struct groups *)world,
                                 .text = world->text,
                                 .metrics = world->metrics,
                                 .local = local_in,
                                 .network = find_network,
                                 .ctx = world};
    assert_int_equal(outbox_create(&parts, &world->outbox), 0);
    outbox_on_result(world->outbox, on_result, world);
    assert_int_equal(outbox_load(world->outbox), 0);
    assert_true(store_commit(world->store) >= 0); /* the turn that starts a life */
}

static void reopen(struct world *world)
{
    outbox_destroy(TAKE(world->outbox));
    loop_undefer(world->loop, &world->confirm);
    for (size_t i = 0; i < world->said_count; i++)
        world->said[i].answered = true; /* the old process's networks went with it */
    world->irc.base.epoch++;
    world->console.base.epoch++;
    open_outbox(world);
    world_settle(world);
}

void world_kill(struct world *world)
{
    assert_int_equal(store_crash(world->store), 0);
    add_hooks(world); /* they went with the old process */
    reopen(world);
}

void world_restart(struct world *world)
{
    outbox_flush(world->outbox);
    reopen(world);
}

static void drop_line(void *ctx, enum log_level level, struct str line)
{
    (void)ctx, (void)level, (void)line;
}

static void make_groups(struct world *world)
{
    world->group = (struct group){.id = 101,
                                  .name = STR("harbor"),
                                  .title = STR("Harbor"),
                                  .zone = STR("America/New_York"),
                                  .country = STR("US"),
                                  .language = STR("en"),
                                  .rooms = world->rooms,
                                  .room_count = 2,
                                  .moderators = world->moderators,
                                  .moderator_count = 3};
    world->other = (struct group){.id = 102,
                                  .name = STR("cove"),
                                  .zone = STR("Europe/Berlin"),
                                  .country = STR("DE"),
                                  .language = STR("de"),
                                  .rooms = &world->other_room,
                                  .room_count = 1};
    world->rooms[0] = (struct groups_room){201, STR("irc"), STR("#harbor"), &world->group, false};
    world->rooms[1] = (struct groups_room){202, STR("console"), STR("harbor"), &world->group,
                                           false};
    world->other_room = (struct groups_room){203, STR("irc"), STR("#cove"), &world->other, false};
    world->group.alert_room = (struct groups_room){204, STR("irc"), STR("#bridge"), &world->group,
                                                   true};
    static const char *const names[3] = {"mara", "ben", "cleo"};
    for (size_t i = 0; i < 3; i++)
        world->moderators[i] = (struct groups_moderator){
            .network = STR("irc"),
            .identity = str_of(names[i]),
            .name = str_of(names[i]),
            .member = world_person(world, names[i])->id};
}

static void make_people(struct world *world)
{
    static const char *const names[WORLD_PEOPLE] = {"ana", "ben", "mara", "cleo", "dee", "eve"};
    for (size_t i = 0; i < WORLD_PEOPLE; i++) {
        unsigned char hash[STORE_HASH_BYTES];
        store_hash(world->store, STR("account"), STR("irc"), str_of(names[i]), hash);
        struct world_person *person = &world->people[i];
        *person = (struct world_person){
            .name = names[i], .network = "irc", .address = names[i], .reachable = i != 5};
        assert_int_equal(store_members_create(world->store, hash, &person->id), 0);
    }
    assert_true(store_commit(world->store) >= 0);
}

struct world_person *world_person(struct world *world, const char *name)
{
    for (size_t i = 0; i < WORLD_PEOPLE; i++)
        if (strcmp(world->people[i].name, name) == 0)
            return &world->people[i];
    fail_msg("nobody is called %s", name);
    return NULL;
}

static void load_texts(struct world *world)
{
    const char *source = getenv("MOORING_SOURCE_DIR");
    char own[1024], shipped[1024];
    assert_non_null(source);
    (void)snprintf(own, sizeof own, "%s/tests/unit/outbox/data", source);
    (void)snprintf(shipped, sizeof shipped, "%s/config", source);
    const char *const folders[] = {own, shipped};
    assert_int_equal(text_load(folders, 2, NULL, NULL, &world->text), 0);
}

static int setup(void **state, bool on_disk)
{
    struct world *world = mem_zalloc(sizeof *world);
    assert_non_null(world);
    clock_init_virtual(&world->clock, WORLD_START_AT);
    assert_int_equal(loop_create(&world->clock, &world->loop), 0);
    struct error error = {0};
    if (on_disk) {
        (void)snprintf(world->folder, sizeof world->folder, "/tmp/mooring-world-XXXXXX");
        assert_non_null(mkdtemp(world->folder));
    }
    static const unsigned char master_key[32] = {1};
    struct store_options options = {.folder = world->folder,
                                    .clock = &world->clock,
                                    .master_key = master_key,
                                    .in_memory = !on_disk};
    assert_int_equal(store_open(&options, &world->store, &error), 0);
    world->metrics = metrics_create();
    assert_non_null(world->metrics);
    load_texts(world);
    make_people(world);
    make_groups(world);
    init_network(world, &world->irc, "irc", 400);
    init_network(world, &world->console, "console", 0);
    world->confirm.run = confirm_all;
    log_set_sink(drop_line, NULL);
    add_hooks(world);
    open_outbox(world);
    *state = world;
    return 0;
}

int world_setup(void **state)
{
    return setup(state, false);
}

int world_setup_on_disk(void **state)
{
    return setup(state, true);
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        (void)unlinkat(dirfd(dir), entry->d_name, 0); /* "." and ".." stay */
    closedir(dir);
    assert_int_equal(rmdir(folder), 0);
}

int world_teardown(void **state)
{
    struct world *world = *state;
    outbox_destroy(TAKE(world->outbox));
    store_close(world->store);
    if (world->folder[0])
        remove_folder(world->folder);
    text_destroy(world->text);
    metrics_destroy(world->metrics);
    loop_destroy(world->loop);
    log_set_sink(NULL, NULL);
    mem_free(world);
    return 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

struct world_said *world_next(struct world *world)
{
    if (world->taken == world->said_count)
        fail_msg("nothing more was said");
    return &world->said[world->taken++];
}

void world_assert_said(struct world *world, const char *place, const char *text)
{
    if (world->taken == world->said_count)
        fail_msg("nothing more was said; expected in %s: %s", place, text);
    const struct world_said *said = world_next(world);
    char where[160];
    (void)snprintf(where, sizeof where, "%s %s", said->network,
                   said->room[0] ? said->room : said->user);
    if (strcmp(where, place) != 0 || strcmp(said->text, text) != 0)
        fail_msg("said in %s: \"%s\"; expected in %s: \"%s\"", where, said->text, place, text);
}

void world_assert_silent(struct world *world)
{
    if (world->taken < world->said_count)
        fail_msg("said to %s%s: \"%s\"", world->said[world->taken].room,
                 world->said[world->taken].user, world->said[world->taken].text);
}

int64_t world_metric(struct world *world, const char *name)
{
    return metric_value(metrics_counter(world->metrics, name, "", NULL, STR("")));
}

static void count_row(void *ctx, const struct store_outbox_row *row)
{
    (void)row;
    ++*(size_t *)ctx;
}

size_t world_rows(struct world *world)
{
    size_t count = 0;
    assert_true(store_outbox_each(world->store, count_row, &count) >= 0);
    return count;
}

/* ---- saying ---------------------------------------------------------------------------------- */

struct mooring_message world_message(const char *msgid)
{
    return (struct mooring_message){.struct_size = sizeof(struct mooring_message), .msgid = msgid};
}

int world_say(struct world *world, struct mooring_message message, enum outbox_priority priority,
              uint64_t *ret_id)
{
    struct outbox_item item = {.message = &message, .plugin = STR("test"), .priority = priority};
    return outbox_enqueue(world->outbox, &item, ret_id);
}

uint64_t world_source_again(struct world *world, const char *who, const char *room,
                            const char *event_id)
{
    const struct world_person *person = world_person(world, who);
    struct outbox_source source = {.network = STR("irc"),
                                   .room = str_of(room),
                                   .user = str_of(who),
                                   .identity = str_of(who),
                                   .display = str_of(who),
                                   .event_id = str_of(event_id),
                                   .member = person->id,
                                   .room_id = room ? 201 : 0,
                                   .group = 101};
    return outbox_note_source(world->outbox, &source);
}

uint64_t world_source(struct world *world, const char *who, const char *room)
{
    int next = (int)(world->said_count + 1);
    char id[24];
    (void)snprintf(id, sizeof id, "$%d", next);
    return world_source_again(world, who, room, id);
}
