/* SPDX-License-Identifier: MIT */
/* fake_host.c: a host for one plugin in memory: calls it, moves its time, undoes what failed. */
#include "fake_services.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "base/memory.h"

#define fake fake_current

/* ---- calling the plugin ---------------------------------------------------------------------- */

static struct fake_data *savepoint(void)
{
    struct fake_data *saved = mem_alloc(sizeof *saved);
    assert_non_null(saved);
    memcpy(saved, &fake->data, sizeof *saved);
    return saved;
}

/* As the real host: an error undoes all that the callback did. */
static int settle(struct fake_data *saved, int result)
{
    if (result < 0)
        memcpy(&fake->data, saved, sizeof *saved);
    mem_free(saved);
    return result;
}

static void start_plugin(void)
{
    assert_int_equal(fake->plugin->init(&fake->host, &fake->state), 0);
    assert_int_equal(fake_host_arrange(fake), 0);
}

struct fake_host *fake_host_create(const struct mooring_plugin *plugin)
{
    assert_null(fake);
    fake = mem_zalloc(sizeof *fake);
    assert_non_null(fake);
    fake->plugin = plugin;
    fake->host = (struct mooring_host){.struct_size = sizeof fake->host,
                                       .abi_major = MOORING_ABI_MAJOR,
                                       .self = {5},
                                       .clock = &fake_clock,
                                       .settings = &fake_settings,
                                       .text = &fake_text,
                                       .say = &fake_say,
                                       .ask = &fake_ask,
                                       .people = &fake_people,
                                       .series = &fake_series,
                                       .store = &fake_store,
                                       .timer = &fake_timer,
                                       .alerts = &fake_alerts,
                                       .safety = &fake_safety,
                                       .audit = &fake_audit};
    fake->consent_checkins = 1;
    fake->consent_nudges = -ENOENT;
    fake->next_source = 100;
    fake_host_option(fake, "group.zone", FAKE_ZONE);
    fake_host_option(fake, "group.country", "US");
    fake_host_at(fake, "2026-11-23 09:00");
    start_plugin();
    return fake;
}

void fake_host_destroy(struct fake_host *given)
{
    if (given->plugin->fini != NULL)
        given->plugin->fini(given->state);
    mem_free(given);
    fake = NULL;
}

int fake_host_set_up(void **state)
{
    *state = fake_host_create(mooring_plugin_entry(MOORING_ABI_MAJOR, 0));
    return 0;
}

int fake_host_tear_down(void **state)
{
    fake_host_destroy(*state);
    return 0;
}

void fake_host_at(struct fake_host *given, const char *when)
{
    int year, month, day, hour, minute;
    assert_int_equal(sscanf(when, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5);
    fake_use_zone(view(FAKE_ZONE));
    given->now = fake_at_local(year, month, day, hour, minute);
}

int fake_host_arrange(struct fake_host *given)
{
    struct fake_data *saved = savepoint();
    return settle(saved, given->plugin->group(given->state, (struct mooring_group){FAKE_GROUP}, 1));
}

static void fire(struct fake_timer timer)
{
    bool is_late = fake->now > timer.at;
    (void)fake_cancel_timer(fake->host.self, timer.owner, view(timer.key));
    if (timer.rrule[0] != '\0') {
        struct fake_timer again = timer;
        assert_int_equal(fake_clock.next(fake->host.self, view(timer.rrule), view(timer.zone),
                                         view(timer.start_local), fake->now, &again.at),
                         0);
        fake->data.timers[fake->data.timer_count++] = again;
    }
    if (timer.late_ok_ms != 0 && fake->now - timer.at > timer.late_ok_ms)
        return;
    struct fake_data *saved = savepoint();
    int r = fake->plugin->timer(fake->state, timer.owner, view(timer.key), timer.at, is_late);
    assert_true(settle(saved, r) >= 0);
}

void fake_host_wait(struct fake_host *given, int64_t ms)
{
    int64_t until = given->now + ms;
    for (;;) {
        const struct fake_timer *first = NULL;
        for (size_t i = 0; i < given->data.timer_count; i++) {
            if (given->data.timers[i].at <= until &&
                (first == NULL || given->data.timers[i].at < first->at))
                first = &given->data.timers[i];
        }
        if (first == NULL)
            break;
        if (first->at > given->now)
            given->now = first->at;
        fire(*first);
    }
    given->now = until;
}

void fake_host_restart(struct fake_host *given, int64_t away_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < given->data.timer_count; i++) {
        if ((given->data.timers[i].flags & MOORING_WHEN_VOLATILE) == 0)
            given->data.timers[kept++] = given->data.timers[i];
    }
    given->data.timer_count = kept;
    given->now += away_ms;
    start_plugin();
    fake_host_wait(given, 0);
}

void fake_host_option(struct fake_host *given, const char *name, const char *value)
{
    size_t i = 0;
    while (i < given->option_count && strcmp(given->options[i][0], name) != 0)
        i++;
    if (i == given->option_count)
        given->option_count++;
    assert_true(given->option_count <= 16);
    copy(given->options[i][0], sizeof given->options[i][0], view(name));
    copy(given->options[i][1], sizeof given->options[i][1], view(value));
}

void fake_host_record(struct fake_host *given, const char *list, const char *fields)
{
    assert_true(given->record_count < FAKE_RECORDS_MAX);
    struct fake_record *made = &given->records[given->record_count++];
    copy(made->list, sizeof made->list, view(list));
    copy(made->fields, sizeof made->fields, view(fields));
}

static struct mooring_event make_event(uint64_t member, uint64_t room, const char *words)
{
    return (struct mooring_event){.struct_size = sizeof(struct mooring_event),
                                  .flags = room == 0 ? MOORING_EVENT_PRIVATE : 0,
                                  .source = {fake->next_source++},
                                  .member = {member},
                                  .room = {room},
                                  .group = {FAKE_GROUP},
                                  .sent_at = fake->now,
                                  .text = view(words),
                                  .verdict = {.struct_size = sizeof(struct mooring_verdict)}};
}

static bool names(const struct mooring_command *command, const char *word, size_t len)
{
    if (strlen(command->name) == len && strncasecmp(command->name, word, len) == 0)
        return true;
    for (const char *at = command->aliases; at != NULL && *at != '\0';) {
        size_t alias = strcspn(at, " ");
        if (alias == len && strncasecmp(at, word, len) == 0)
            return true;
        at += alias + strspn(at + alias, " ");
    }
    return false;
}

int fake_host_command(struct fake_host *given, uint64_t member, uint64_t room, const char *line)
{
    size_t len = strcspn(line, " ");
    const char *args = line + len + (line[len] == ' ');
    for (size_t i = 0; given->plugin->commands[i] != NULL; i++) {
        const struct mooring_command *command = given->plugin->commands[i];
        if (!names(command, line, len))
            continue;
        struct mooring_event event = make_event(member, room, line);
        struct fake_data *saved = savepoint();
        return settle(saved, command->run(given->state, &event, view(args)));
    }
    return -ENOSYS;
}

int fake_host_hears(struct fake_host *given, uint64_t member, uint64_t room, const char *words,
                    uint32_t kind, uint32_t tier, uint32_t who)
{
    struct mooring_event event = make_event(member, room, words);
    event.verdict.kind = kind;
    event.verdict.tier = tier;
    event.verdict.who = who;
    struct fake_data *saved = savepoint();
    return settle(saved, given->plugin->message(given->state, &event));
}

int fake_host_answers(struct fake_host *given, uint64_t member, const int64_t *numbers,
                      const char *const *texts, size_t count)
{
    const struct mooring_dialogue *dialogue = given->plugin->dialogues[0];
    const struct mooring_step *steps[16];
    struct mooring_str views[16];
    uint8_t skipped[16];
    assert_true(count == dialogue->step_count && count <= 16);
    for (size_t i = 0; i < count; i++) {
        steps[i] = &dialogue->steps[i];
        views[i] = view(texts[i]);
        skipped[i] = strcmp(texts[i], "skip") == 0;
    }
    const struct mooring_answers answers = {.struct_size = sizeof answers,
                                            .count = count,
                                            .steps = steps,
                                            .numbers = numbers,
                                            .texts = views,
                                            .skipped = skipped};
    struct mooring_event event = make_event(member, 0, texts[count - 1]);
    struct fake_data *saved = savepoint();
    return settle(saved, dialogue->done(given->state, &event, &answers));
}

/* ---- looking --------------------------------------------------------------------------------- */

const struct fake_said *fake_host_said(const struct fake_host *given, const char *msgid)
{
    for (size_t i = given->data.said_count; i > 0; i--) {
        if (strcmp(given->data.said[i - 1].msgid, msgid) == 0)
            return &given->data.said[i - 1];
    }
    return NULL;
}

size_t fake_host_said_times(const struct fake_host *given, const char *msgid)
{
    size_t times = 0;
    for (size_t i = 0; i < given->data.said_count; i++)
        times += strcmp(given->data.said[i].msgid, msgid) == 0;
    return times;
}

void fake_host_hush(struct fake_host *given)
{
    given->data.said_count = 0;
    given->data.card_count = 0;
}

const struct fake_row *fake_host_row(const struct fake_host *given, uint32_t owner_kind,
                                     uint64_t owner, const char *prefix)
{
    for (size_t i = 0; i < given->data.row_count; i++) {
        const struct fake_row *row = &given->data.rows[i];
        if (row->owner.kind == owner_kind && row->owner.id == owner &&
            strncmp(row->key, prefix, strlen(prefix)) == 0)
            return row;
    }
    return NULL;
}

size_t fake_host_points(const struct fake_host *given, uint64_t member, const char *series)
{
    size_t count = 0;
    for (size_t i = 0; i < given->data.point_count; i++)
        count += given->data.points[i].member == member &&
                 strcmp(given->data.points[i].series, series) == 0;
    return count;
}

const struct fake_timer *fake_host_timer(const struct fake_host *given, const char *key_prefix)
{
    for (size_t i = 0; i < given->data.timer_count; i++) {
        if (strncmp(given->data.timers[i].key, key_prefix, strlen(key_prefix)) == 0)
            return &given->data.timers[i];
    }
    return NULL;
}

void fake_host_point(struct fake_host *given, uint64_t member, const char *series, int64_t at,
                     int64_t value)
{
    struct fake_data *data = &given->data;
    size_t i = 0;
    while (i < data->point_count &&
           !(data->points[i].member == member && data->points[i].at == at &&
             strcmp(data->points[i].series, series) == 0))
        i++;
    if (value == MOORING_NO_VALUE) {
        if (i < data->point_count)
            data->points[i] = data->points[--data->point_count];
        return;
    }
    assert_true(i < FAKE_POINTS_MAX);
    if (i == data->point_count)
        data->point_count++;
    data->points[i] = (struct fake_point){.member = member, .at = at, .value = value};
    copy(data->points[i].series, sizeof data->points[i].series, view(series));
}
