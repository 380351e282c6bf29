/* SPDX-License-Identifier: MIT */
/* house.c: a store, a clock, a plugin's tables and an outbox that only listens, for the tests of dialogues. */
#include "house.h"

struct house house;

static int done(void *state, const struct mooring_event *event, const struct mooring_answers *answers)
{
    (void)state, (void)event, (void)answers;
    return 0;
}

static const struct mooring_step daily_steps[] = {
    {"mood", "checkin.mood", NULL, MOORING_ASK_NUMBER, MOORING_STEP_SKIP, 0, 10, NULL},
    {"craving", "checkin.craving", NULL, MOORING_ASK_NUMBER, MOORING_STEP_SKIP, 0, 10, NULL},
    {"halt", "checkin.halt", "hungry|angry|lonely|tired", MOORING_ASK_CHOICES, MOORING_STEP_SKIP | MOORING_STEP_MANY, 0, 0,
     "craving>=7"},
    {"rest", "checkin.rest", NULL, MOORING_ASK_YES_NO, 0, 0, 0, "halt=tired"},
    {"intention", "checkin.intention", NULL, MOORING_ASK_TEXT, MOORING_STEP_SKIP | MOORING_STEP_PLAN_TEXT, 0, 20, NULL},
};
const struct mooring_dialogue daily = {sizeof daily, "daily", 1, 7200, daily_steps, COUNT_OF(daily_steps), done};

static const struct mooring_step weekly_steps[] = {
    {"at", "checkin.at", NULL, MOORING_ASK_TIME, 0, 0, 0, NULL},
    {"zone", "checkin.zone", NULL, MOORING_ASK_ZONE, 0, 0, 0, NULL},
};
const struct mooring_dialogue weekly = {sizeof weekly, "weekly", 1, 7200, weekly_steps, COUNT_OF(weekly_steps), done};
const struct mooring_dialogue versioned = {sizeof versioned, "daily", 2, 7200, daily_steps, COUNT_OF(daily_steps), done};

/* ---- the outbox ------------------------------------------------------------------------------ */

static void copy(char *out, size_t size, struct mooring_str text)
{
    snprintf(out, size, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
}

static void keep_arg(struct said *said, const struct mooring_arg *arg)
{
    if (strcmp(arg->name, "question") == 0)
        copy(said->question, sizeof said->question, arg->text);
    else if (strcmp(arg->name, "options") == 0)
        copy(said->options, sizeof said->options, arg->text);
    else if (strcmp(arg->name, "near") == 0)
        copy(said->near, sizeof said->near, arg->text);
    else if (strcmp(arg->name, "skip") == 0)
        copy(said->skip, sizeof said->skip, arg->text);
    else if (strcmp(arg->name, "min") == 0)
        said->min = arg->number;
    else if (strcmp(arg->name, "max") == 0)
        said->max = arg->number;
}

int outbox_enqueue(struct outbox *outbox, const struct outbox_item *item, uint64_t *ret_id)
{
    const struct mooring_message *message = item->message;
    (void)outbox, (void)ret_id;
    if (message->to.answers.id && message->to.answers.id == house.stale_source)
        return -ESTALE;
    if (house.enqueue_result < 0)
        return house.enqueue_result;
    assert_true(house.count < SAID_MAX);
    struct said *said = &house.said[house.count++];
    *said = (struct said){.expires_at = message->expires_at, .member = message->to.member.id,
                          .source = message->to.answers.id, .flags = message->flags, .priority = item->priority};
    copy(said->msgid, sizeof said->msgid, abi_lend(str_of(message->msgid)));
    for (size_t i = 0; i < message->arg_count; i++)
        keep_arg(said, &message->args[i]);
    return 0;
}

/* What goes when a message is taken back is tried with the whole bot. */
int outbox_note_effect(struct outbox *outbox, uint64_t source, const struct outbox_effect *effect)
{
    (void)outbox, (void)source, (void)effect;
    return 0;
}

int outbox_note_part(struct outbox *outbox, uint64_t source, const struct outbox_effect *whole)
{
    (void)outbox, (void)source, (void)whole;
    return 0;
}

/* Real words from the catalogue; of a label only its last part. */
int outbox_render(struct outbox *outbox, const struct mooring_to *to, struct str msgid, const struct mooring_arg *args,
                  size_t count, struct buf *out)
{
    const char *text;
    char key[64];
    (void)outbox, (void)args, (void)count;
    assert_int_not_equal(to->member.id, 0);
    if (house.render_result < 0)
        return house.render_result;
    if (str_starts(msgid, STR("dialogue."))) {
        assert_true(str_to_c(str_from(msgid, 9), key, sizeof key));
        if (!config_lookup_string(&house.texts, key, &text))
            return -ENOENT;
        buf_add_c(out, text);
        return out->failed;
    }
    if (!str_has_byte(msgid, '-'))
        return -ENOENT;
    buf_add(out, str_from(msgid, str_find(msgid, STR("-"), 0) + 1));
    return out->failed;
}

/* ---- the host -------------------------------------------------------------------------------- */

static const struct mooring_dialogue *find(void *ctx, struct str plugin, struct str name)
{
    (void)ctx;
    for (size_t i = 0; i < COUNT_OF(house.tables) && str_eq(plugin, PLUGIN); i++)
        if (house.tables[i] && str_eq_c(name, house.tables[i]->name))
            return house.tables[i];
    return NULL;
}

static int call_done(void *ctx, struct str plugin, const struct mooring_dialogue *dialogue, const struct mooring_event *event,
                     const struct mooring_answers *answers)
{
    struct outcome *outcome = &house.outcome;
    (void)ctx, (void)plugin, (void)dialogue, (void)event;
    outcome->calls++;
    outcome->count = answers->count;
    for (size_t i = 0; i < answers->count; i++) {
        outcome->numbers[i] = answers->numbers[i];
        outcome->skipped[i] = answers->skipped[i];
        copy(outcome->texts[i], sizeof outcome->texts[i], answers->texts[i]);
        copy(outcome->keys[i], sizeof outcome->keys[i], abi_lend(str_of(answers->steps[i]->key)));
    }
    if (house.done_result == 0 && house.starts_then)
        return dialogues_start(house.dialogues, PLUGIN, house.starts_then, MEMBER, SOURCE, STR(""));
    return house.done_result;
}

static bool zone_known(void *ctx, struct str zone, char *nearest, size_t size)
{
    (void)ctx;
    if (str_eq_c(zone, "America/New_York"))
        return true;
    if (str_starts_nocase(zone, STR("America/")))
        snprintf(nearest, size, "America/New_York");
    return false;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void rolled_back(void *ctx)
{
    (void)ctx;
    if (house.dialogues)
        dialogues_rolled_back(house.dialogues);
}

static void create(void)
{
    const struct dialogue_parts parts = {.store = house.store, .clock = &house.clock, .find = find, .done = call_done,
                                         .zone_known = zone_known};
    assert_int_equal(dialogues_create(&parts, &house.dialogues), 0);
}

static uint64_t add_member(const char *name)
{
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member = 0;
    store_hash(house.store, STR("account"), STR("test"), str_of(name), hash);
    assert_int_equal(store_members_create(house.store, hash, &member), 0);
    return member;
}

int house_setup(void **state)
{
    struct error error = {0};
    char path[512];
    (void)state;
    house = (struct house){.tables = {&daily, &weekly}};
    clock_init_virtual(&house.clock, INT64_C(1795000000000));
    const struct store_options options = {.clock = &house.clock, .in_memory = true};
    assert_int_equal(store_open(&options, &house.store, &error), 0);
    house.member = add_member("ana");
    house.other = add_member("ben");
    assert_true(store_commit(house.store) >= 0);
    config_init(&house.texts);
    snprintf(path, sizeof path, "%s/config/text/en/dialogue.cfg", getenv("MOORING_SOURCE_DIR") ? getenv("MOORING_SOURCE_DIR") : ".");
    assert_int_equal(config_read_file(&house.texts, path), CONFIG_TRUE);
    assert_int_equal(store_on_rollback(house.store, rolled_back, NULL), 0);
    create();
    return 0;
}

int house_teardown(void **state)
{
    (void)state;
    dialogues_destroy(house.dialogues);
    house.dialogues = NULL;
    store_close(house.store);
    config_destroy(&house.texts);
    return 0;
}

void house_forget_memory(void)
{
    dialogues_destroy(house.dialogues);
    create();
}

int house_start(const struct mooring_dialogue *dialogue)
{
    int r = dialogues_start(house.dialogues, PLUGIN, dialogue, MEMBER, SOURCE, STR(""));
    assert_true(store_commit(house.store) >= 0);
    return r;
}

const char *house_type(const char *text)
{
    const struct mooring_event event = {.struct_size = sizeof event, .source = {SOURCE}, .member = {MEMBER},
                                        .text = abi_lend(str_of(text))};
    size_t before = house.count;
    assert_int_equal(dialogues_answer(house.dialogues, MEMBER, &event), 1);
    assert_true(store_commit(house.store) >= 0);
    return house.count > before ? house.said[before].msgid : "";
}

const struct said *house_last(void)
{
    assert_true(house.count > 0);
    return &house.said[house.count - 1];
}

bool house_has_rows(void)
{
    DIALOGUE_ARENA arena = {0};
    struct dialogue_rows rows;
    assert_int_equal(dialogue_rows_load(house.store, MEMBER, &arena, &rows), 0);
    return rows.count > 0;
}
