/* SPDX-License-Identifier: MIT */
/* page.c: calling people: the alert room at every step, and in private those whose turn it is.  No
 * page carries a word of what the person said. */
#include "alerts/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "observe/log.h"

enum { PAGE_ARGS = 10, PIECE_BYTES = 512 };

static const char page_msgid[] = "alerts.page";

/* By number where they have one: the queued page then holds no name that outlives `!forget`.
 * Without a store to read it back from, as it was. */
static struct mooring_arg person(struct alerts *alerts, uint64_t member, struct str name)
{
    struct str known;
    if (member && store_writable(alerts->parts.store) &&
        people_display(alerts->parts.people, member, &alerts->arena, &known) == 0)
        return abi_member("who", member);
    if (str_empty(name)) /* the call stays, without them */
        return abi_msgid("who", STR("alerts.who-forgotten"));
    return abi_text("who", name);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static struct str kind_msgid(int kind, char out[PIECE_BYTES])
{
    (void)snprintf(out, PIECE_BYTES, "alerts.kind-%s",
                   kind == SAFETY_NONE ? "help" : safety_kind_name((enum safety_kind)kind));
    return str_of(out);
}

/* A sentence of the page, in the team's language and zone; empty when the catalogue lacks it. */
struct str alerts_piece(struct alerts *alerts, const struct group *group, struct str msgid,
                        const struct mooring_arg *args, size_t count)
{
    AUTO_BUF out;
    buf_init(&out, PIECE_BYTES);
    struct mooring_to to = {.group = {group->id}};
    if (outbox_render(alerts->parts.outbox, &to, msgid, args, count, &out) < 0)
        return (struct str){0};
    return str_trim(str_keep(&alerts->arena, buf_str(&out)));
}

static struct str place_piece(struct alerts *alerts, const struct group *group, uint64_t room_id)
{
    struct mooring_arg room = {
        .name = "room", .kind = MOORING_ARG_ROOM, .number = (int64_t)room_id};
    if (room_id == 0)
        return alerts_piece(alerts, group, STR("alerts.place-private"), NULL, 0);
    return alerts_piece(alerts, group, STR("alerts.place-room"), &room, 1);
}

struct str alerts_on_call_piece(struct alerts *alerts, const struct group *group,
                                const struct alerts_team *team)
{
    if (team->count == 0)
        return alerts_piece(alerts, group, STR("alerts.on-call-nobody"), NULL, 0);
    const struct alerts_person *first = &team->people[0];
    struct mooring_arg args[] = {abi_text("name", first->name), abi_time("at", first->from_at)};
    if (first->from_at <= alerts_now(alerts))
        return alerts_piece(alerts, group, STR("alerts.on-call"), args, 2);
    if (first->from_at == INT64_MAX)
        return alerts_piece(alerts, group, STR("alerts.on-call-nobody"), NULL, 0);
    return alerts_piece(alerts, group, STR("alerts.on-call-later"), args, 2);
}

/* ---- who ------------------------------------------------------------------------------------- */

/* The person whom the n-th page calls, among those who can be reached; NULL: none can. */
static const struct alerts_person *person_of(const struct alerts_team *team, size_t nth)
{
    size_t reachable = 0;
    for (size_t i = 0; i < team->count; i++)
        reachable += team->people[i].member != 0;
    if (reachable == 0)
        return NULL;
    nth %= reachable;
    for (size_t i = 0; i < team->count; i++)
        if (team->people[i].member != 0 && nth-- == 0)
            return &team->people[i];
    return NULL;
}

/* How many are called, and the first of them.  The room is the team's usual place; where none could
 * be told, each step calls everybody, since a page that nobody hears is the one failure that
 * counts. */
static size_t called_by(const struct alerts_round *round, bool has_room, size_t *ret_first)
{
    const struct alerts_team *team = round->team;
    *ret_first = 0;
    switch (round->step.call) {
    case ALERTS_CALL_NOBODY:
        return has_room ? 0 : team->count; /* no room hears it: then everybody does */
    case ALERTS_CALL_NEXT:
        *ret_first = (size_t)(round->pages - round->missed);
        return has_room ? 1 + (size_t)round->missed : team->count;
    case ALERTS_CALL_TWO:
        return has_room ? 2 : team->count;
    case ALERTS_CALL_ALL:
        break;
    }
    return team->count;
}

/* Also without settings, as when the floor alone runs. */
int64_t alerts_again_ms(const struct alerts *alerts)
{
    const struct settings *settings = alerts->parts.settings;
    int64_t minutes = settings
                          ? settings_integer(settings_root(settings), "safety.page_again_minutes")
                          : 5;
    return (minutes > 0 ? minutes : 5) * CLOCK_MINUTE_MS;
}

struct str alerts_next_piece(struct alerts *alerts, const struct alerts_round *round)
{
    const struct group *group = round->group;
    const struct alerts_step *step = &round->step;
    struct alerts_step next = alerts_step_of(round->tier, round->pages + 1,
                                             alerts_again_ms(alerts));
    const struct alerts_person *person = person_of(round->team, (size_t)round->pages + 1);
    struct mooring_arg args[] = {abi_time("at", alerts_now(alerts) + step->next_ms),
                                 abi_text("name", person ? person->name : STR(""))};
    if (next.call == ALERTS_CALL_NEXT && person)
        return alerts_piece(alerts, group, STR("alerts.next-person"), args, 2);
    if (next.call == ALERTS_CALL_ALL)
        return alerts_piece(alerts, group, STR("alerts.next-all"), args, 1);
    return alerts_piece(alerts, group, STR("alerts.next"), args, 1);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* 1 said, 0 not: nobody there. */
static int send(struct alerts *alerts, const struct mooring_message *message, uint64_t alert,
                uint64_t *ret_row)
{
    struct outbox_item item = {
        .message = message, .plugin = STR(""), .priority = OUTBOX_CRISIS, .alert = alert};
    uint64_t row = 0;
    int r = outbox_enqueue(alerts->parts.outbox, &item, &row);
    if (ret_row)
        *ret_row = row;
    /* While a network is away one page waits for each reader, the newest: it says all of them. */
    int withdrawn = r == 0 && alert && strcmp(message->msgid, page_msgid) == 0
                        ? outbox_withdraw_older(alerts->parts.outbox, row)
                        : 0;
    if (r == 0 || r == -EEXIST)
        return withdrawn < 0 ? withdrawn : 1;
    return r == -ENOENT || r == -EACCES ? 0 : r;
}

static int send_to_room(struct alerts *alerts, const struct group *group,
                        struct mooring_message message, uint64_t alert, uint64_t *ret_row)
{
    message.flags |= MOORING_SAY_TEAM;
    message.to.group.id = group->id;
    return send(alerts, &message, alert, ret_row);
}

/* Counts who was reached; one who has no private way is passed over and does not end the round. */
static int send_to_people(struct alerts *alerts, struct alerts_round *round, size_t first,
                          size_t count, struct mooring_message message)
{
    int said = 0;
    message.flags |= MOORING_SAY_PRIVATE_ONLY;
    for (size_t i = 0; i < MIN_OF(count, round->team->count); i++) {
        const struct alerts_person *person = person_of(round->team, first + i);
        uint64_t row = 0;
        if (!person)
            break;
        message.to = (struct mooring_to){.member = {person->member}};
        int r = send(alerts, &message, round->alert, &row);
        if (r < 0)
            return r;
        said += r;
        if (r > 0 && !round->person) {
            round->person = person->member;
            round->person_row = row;
        }
    }
    return said;
}

/* One is named in the room, whose phone buzzes: who is called at this step, of several each in
 * turn. Not every client shows a private page as loudly. */
static uint64_t named_by(const struct alerts_round *round, uint64_t on_call)
{
    const struct alerts_team *team = round->team;
    const struct alerts_person *person = NULL;
    size_t pages = (size_t)round->pages;
    if (round->step.call == ALERTS_CALL_NEXT)
        person = person_of(team, pages);
    else if (round->step.call == ALERTS_CALL_TWO)
        person = person_of(team, pages % 2);
    else if (round->step.call == ALERTS_CALL_ALL && team->count > 0)
        person = person_of(team, pages % team->count);
    return person && person->member ? person->member : on_call;
}

int alerts_round(struct alerts *alerts, struct alerts_round *round,
                 const struct mooring_message *message)
{
    const struct group *group = round->group;
    struct mooring_message aloud = *message;
    aloud.to.member.id = named_by(round, message->to.member.id);
    int in_room = str_empty(group->alert_room.name)
                      ? 0
                      : send_to_room(alerts, group, aloud, round->alert, &round->room_row);
    size_t first;
    size_t count = called_by(round, in_room > 0, &first);
    int in_private = send_to_people(alerts, round, first, count, *message);
    if (in_room < 0 || in_private < 0)
        return in_room < 0 ? in_room : in_private;
    return in_room + in_private;
}

/* "5 min", and from two hours on "25 h 5 min": a number of four figures tells nobody how long. */
static struct str waited_piece(struct alerts *alerts, const struct group *group, int64_t ms)
{
    const struct mooring_arg args[] = {abi_int("minutes", ms / CLOCK_MINUTE_MS),
                                       abi_duration("waited", ms)};
    struct str msgid = ms < 2 * CLOCK_HOUR_MS ? STR("alerts.waited") : STR("alerts.waited-long");
    return alerts_piece(alerts, group, msgid, args, COUNT_OF(args));
}

struct page {
    char kind[PIECE_BYTES], command[32], key[48];
    struct mooring_arg args[PAGE_ARGS];
    struct mooring_choice ack;
    struct mooring_message message;
};

/* The choice is the command: a tap, "1" and `!ack 17` are one thing.  The dedup key makes a turn
 * that runs twice page once. */
static void write_page(struct alerts *alerts, const struct alerts_round *round,
                       const struct store_alert *alert, struct page *page)
{
    const struct group *group = round->group;
    int64_t now = alerts_now(alerts);
    (void)snprintf(page->command, sizeof page->command, "ack %" PRIu64, alert->id);
    (void)snprintf(page->key, sizeof page->key, "page/%" PRIu64 "/%d/%d", alert->id, alert->tier,
                   alert->pages);
    const struct mooring_arg args[] = {
        abi_int("alert", (int64_t)alert->id),
        abi_int("tier", alert->tier),
        abi_msgid("kind", kind_msgid(alert->kind, page->kind)),
        person(alerts, alert->member, alerts_name(alert->who)),
        abi_text("place", place_piece(alerts, group, alert->room)),
        abi_time("at", alert->raised_at),
        abi_text("on_call", alerts_on_call_piece(alerts, group, round->team)),
        abi_text("next", alerts_next_piece(alerts, round)),
        abi_text("waited", waited_piece(alerts, group, MAX_OF(now - alert->raised_at, 0))),
    };
    _Static_assert(COUNT_OF(args) <= PAGE_ARGS, "a page's arguments");
    memcpy(page->args, args, sizeof args);
    page->ack = (struct mooring_choice){"alerts.choice-ack", MOORING_STR("\xf0\x9f\x91\x8d"),
                                        abi_lend(str_of(page->command))};
    page->message = (struct mooring_message){
        .struct_size = sizeof page->message,
        .flags = MOORING_SAY_CRISIS | MOORING_SAY_URGENT,
        .msgid = page_msgid,
        .to = {.member = {alert->on_call}}, /* in the room: see named_by */
        .args = page->args,
        .arg_count = COUNT_OF(args),
        .choices = &page->ack,
        .choice_count = 1,
        .dedup_key = abi_lend(str_of(page->key))};
}

/* Pages that time ran over while the bot was away or the machine slept are not said one by one, and
 * do not hold up the one whose moment it is: that one is said, and calls the missed ones' people
 * too.  Moves `pages` and `next_page_at` to it; returns how many were missed. */
static int catch_up(struct alerts *alerts, struct store_alert *alert)
{
    int64_t now = alerts_now(alerts);
    int missed = 0;
    if (alert->pages == 0 || alert->next_page_at == 0) { /* the first of this tier */
        alert->next_page_at = now;
        return 0;
    }
    for (;;) {
        struct alerts_step step = alerts_step_of(alert->tier, alert->pages,
                                                 alerts_again_ms(alerts));
        if (alert->next_page_at + step.next_ms > now)
            return missed;
        alert->next_page_at += step.next_ms;
        alert->pages++;
        missed++;
    }
}

/* From when the page was due, so that one late page does not make all of them late; when everybody
 * was called they get the whole interval. */
static int64_t next_in_ms(const struct alerts *alerts, const struct alerts_step *step,
                          int64_t due_at)
{
    if (step->call == ALERTS_CALL_ALL)
        return step->next_ms;
    return MAX_OF(due_at + step->next_ms - alerts_now(alerts), CLOCK_MINUTE_MS);
}

int alerts_page(struct alerts *alerts, struct store_alert *alert)
{
    const struct group *group = alerts_group(alerts, alert->group);
    int missed = catch_up(alerts, alert);
    struct alerts_step step = alerts_step_of(alert->tier, alert->pages, alerts_again_ms(alerts));
    step.next_ms = next_in_ms(alerts, &step, alert->next_page_at);
    int said = 0;
    if (group) {
        struct alerts_team team;
        int64_t at;
        alerts_team_of(alerts, group, &team);
        alert->on_call = alerts_on_call(alerts, group, &at);
        struct alerts_round round = {.group = group,
                                     .team = &team,
                                     .step = step,
                                     .tier = alert->tier,
                                     .pages = alert->pages,
                                     .missed = missed,
                                     .alert = alert->id};
        struct page page;
        write_page(alerts, &round, alert, &page);
        said = alerts_round(alerts, &round, &page.message);
    }
    if (said < 0)
        return said;
    metric_add(said ? alerts->paged : alerts->unpaged, 1);
    alert->pages++;
    /* unpaged: the clock goes on, somebody may be seen again */
    log_event(said ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, said ? "alert_paged" : "alert_unpaged",
              LOG_INT("alert", alert->id), LOG_INT("tier", alert->tier),
              LOG_INT("page", alert->pages));
    alert->next_page_at = alerts_now(alerts) + step.next_ms;
    int r = store_alerts_put(alerts->parts.store, alert);
    if (r == 0)
        r = alerts_set_clock(alerts, alert->id, alert->next_page_at);
    return r < 0 ? r : alerts_audit(alerts, "alert-page", alert, 0, STR(""));
}

static int try_one(struct alerts *alerts, struct mooring_message message, uint64_t flags,
                   struct mooring_to to)
{
    message.flags |= flags;
    message.to = to;
    struct outbox_item item = {
        .message = &message, .plugin = STR(""), .priority = OUTBOX_CRISIS, .past_disk = true};
    return outbox_try(alerts->parts.outbox, &item);
}

/* An invented call, for which nobody is woken. */
void alerts_try_page(struct alerts *alerts, const struct group *group,
                     struct alerts_trial *ret_trial)
{
    struct alerts_team team;
    struct page page;
    int64_t now = alerts_now(alerts);
    struct store_alert alert = {.group = group->id,
                                .room = group->room_count ? group->rooms[0].id : 0,
                                .kind = SAFETY_SUICIDE,
                                .tier = 3,
                                .raised_at = now,
                                .who = STR("nobody|nowhere|nobody")};
    arena_reset(&alerts->arena);
    alerts_team_of(alerts, group, &team);
    struct alerts_round round = {.group = group,
                                 .team = &team,
                                 .step = alerts_step_of(3, 0, alerts_again_ms(alerts)),
                                 .tier = 3};
    write_page(alerts, &round, &alert, &page);
    page.message.wording = 1; /* a trial is nobody's turn */
    bool has_room = !str_empty(group->alert_room.name);
    struct alerts_trial trial = {.room = 1, .people = -ENOENT};
    if (has_room)
        trial.room = try_one(alerts, page.message, MOORING_SAY_TEAM,
                             (struct mooring_to){.group = {group->id}});
    for (size_t i = 0; i < team.count && trial.people != 0; i++)
        if (team.people[i].member)
            trial.people = try_one(alerts, page.message, MOORING_SAY_PRIVATE_ONLY,
                                   (struct mooring_to){.member = {team.people[i].member}});
    *ret_trial = trial;
}

/* Past a store that cannot be written: the room and everybody, without a number to acknowledge. */
void alerts_page_unsaved(struct alerts *alerts, const struct alerts_unsaved *unsaved)
{
    const struct group *group = alerts_group(alerts, unsaved->group);
    int said = 0;
    if (group) {
        struct alerts_team team;
        char kind[PIECE_BYTES];
        alerts_team_of(alerts, group, &team);
        struct mooring_arg args[] = {
            abi_int("tier", unsaved->verdict.tier),
            abi_msgid("kind", kind_msgid((int)unsaved->verdict.kind, kind)),
            person(alerts, unsaved->member, str_of(unsaved->who)),
            abi_text("place", place_piece(alerts, group, unsaved->room_id)),
            abi_time("at", unsaved->called_at),
            abi_int("page", unsaved->pages + 1),
            abi_int("alert", (int64_t)unsaved->stored),
        };
        char key[160]; /* each try for each person is another page, also to the lane in memory */
        (void)snprintf(key, sizeof key, "unsaved/%" PRId64 "/%d/%d/%" PRIu64 "/%.64s",
                       alerts_now(alerts), unsaved->verdict.tier, unsaved->pages, unsaved->member,
                       unsaved->who);
        struct mooring_message message = {.struct_size = sizeof message,
                                          .flags = MOORING_SAY_CRISIS | MOORING_SAY_URGENT,
                                          .msgid = unsaved->stored ? "alerts.page-stored"
                                                                   : "alerts.page-unsaved",
                                          .args = args,
                                          .arg_count = COUNT_OF(args),
                                          .dedup_key = abi_lend(str_of(key))};
        struct alerts_round round = {.group = group, .team = &team};
        int in_room = send_to_room(alerts, group, message, 0, NULL);
        int in_private = send_to_people(alerts, &round, 0, team.count, message);
        said = (in_room > 0) + (in_private > 0);
    }
    metric_add(said ? alerts->paged : alerts->unpaged, 1);
    if (!said)
        log_event(LOG_LEVEL_ERROR, "alert_unpaged", LOG_INT("tier", unsaved->verdict.tier));
}

int alerts_say(struct alerts *alerts, const struct store_alert *alert, const char *msgid,
               const struct mooring_arg *args, size_t count)
{
    const struct group *group = alerts_group(alerts, alert->group);
    if (!group)
        return 0;
    struct mooring_arg all[PAGE_ARGS] = {abi_int("alert", (int64_t)alert->id)};
    if (count >= PAGE_ARGS)
        return -E2BIG;
    for (size_t i = 0; i < count; i++)
        all[i + 1] = args[i];
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_CRISIS,
                                      .msgid = msgid,
                                      .args = all,
                                      .arg_count = count + 1};
    int r = send_to_room(alerts, group, message, alert->id, NULL);
    if (r != 0)
        return r < 0 ? r : 0;
    struct alerts_team team;
    alerts_team_of(alerts, group, &team);
    struct alerts_round round = {.group = group, .team = &team, .alert = alert->id};
    r = send_to_people(alerts, &round, 0, team.count, message);
    return r < 0 ? r : 0;
}

int alerts_say_more(struct alerts *alerts, const struct store_alert *alert,
                    const struct alerts_call *call, const char *once)
{
    const struct group *group = alerts_group(alerts, alert->group);
    char kind[PIECE_BYTES];
    if (!group)
        return 0;
    struct mooring_arg args[] = {abi_int("alert", (int64_t)alert->id),
                                 abi_int("tier", call->verdict.tier),
                                 abi_msgid("kind", kind_msgid((int)call->verdict.kind, kind))};
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_CRISIS | MOORING_SAY_URGENT,
                                      .msgid = "alerts.more",
                                      .args = args,
                                      .arg_count = COUNT_OF(args),
                                      .dedup_key = abi_lend(str_of(once))};
    int r = send_to_room(alerts, group, message, alert->id, NULL);
    if (r < 0)
        return r;
    struct alerts_team team;
    alerts_team_of(alerts, group, &team);
    uint64_t who = alert->acknowledged_by ? alert->acknowledged_by : alert->on_call;
    message.flags |= MOORING_SAY_PRIVATE_ONLY;
    message.to = (struct mooring_to){.member = {who}};
    if (r > 0 && who) {
        r = send(alerts, &message, alert->id, NULL);
    } else {
        struct alerts_round round = {.group = group, .team = &team, .alert = alert->id};
        r = send_to_people(alerts, &round, 0, team.count, message);
    }
    return MIN_OF(r, 0);
}
