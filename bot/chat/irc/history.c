/* SPDX-License-Identifier: MIT */
/* history.c: asks for what was missed, and knows how far that is. */
#include "chat/irc/history.h"

#include <errno.h>
#include <stdio.h>

#include "chat/irc/session.h"
#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

static bool is_on(const struct irc_session *session)
{
    return irc_caps_has(&session->caps, IRC_CAP_CHATHISTORY) &&
           irc_caps_has(&session->caps, IRC_CAP_BATCH) &&
           irc_caps_has(&session->caps, IRC_CAP_SERVER_TIME);
}

static int64_t server_now_at(const struct irc_session *session)
{
    return clock_wall_at(loop_clock(session->env.loop)) + session->clock_ahead_ms;
}

/* When the server says that it was. */
static int64_t time_of(const struct irc_session *session, const struct irc_message *message)
{
    struct str raw;
    int64_t at;
    if (irc_parse_tag(message, "time", &raw) && irc_parse_time(raw, &at) == 0)
        return at;
    return server_now_at(session);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static size_t page_lines(const struct irc_session *session)
{
    size_t most = session->isupport.chathistory;
    return most ? MIN_OF(most, (size_t)IRC_PAGE_LINES) : (size_t)IRC_PAGE_LINES;
}

static size_t targets_at_once(const struct irc_session *session)
{
    return MIN_OF(page_lines(session), (size_t)IRC_PAST_PEOPLE_MAX);
}

/* All of what we may say; half, when there are answers to go out meanwhile. */
static int64_t pace_ms(const struct irc_session *session)
{
    return session->options.flood_line_ms * (session->want_ready ? 2 : 1);
}

/* Of a person only the time is known: the mark is that of all that is private. */
static void ask_page(struct irc_session *session, struct irc_past *past)
{
    AUTO_BUF from = {.limit = 256}, count = {.limit = 16};
    struct irc_mark anchor;
    struct str msgid = irc_past_next_id(past, &anchor);
    if (!past->read.msgid[0] || !session->isupport.history_by_id)
        past->by_time = true;
    if (!past->by_time) {
        buf_add_c(&from, "msgid=");
        buf_add(&from, msgid);
    } else {
        irc_mark_add_time(&from, past->read.at);
    }
    buf_add_format(&count, "%zu", page_lines(session));
    past->gap = IRC_GAP_ASKED;
    past->lines = 0;
    past->from = past->read;
    past->asked_ms = irc_session_now_ms(session);
    session->history.asked++;
    /* The first two at once. */
    session->history.next_ms = MAX_OF(session->history.next_ms, past->asked_ms - pace_ms(session)) +
                               pace_ms(session);
    irc_session_soon(session, "CHATHISTORY",
                     IRC_PARAMS(STR("AFTER"), str_of(past->name), buf_str(&from), buf_str(&count)));
}

/* Who wrote to us alone comes first; then each in turn, so that a room with a long gap does not
 * keep the others waiting. */
static struct irc_past *next_waiting(struct irc_history *history)
{
    struct irc_past *next = NULL;
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&history->pasts, &cursor, &key, &value)) {
        struct irc_past *past = value;
        if (past->gap != IRC_GAP_WAITING || past == history->people)
            continue;
        if (!next || past->is_person > next->is_person ||
            (past->is_person == next->is_person && past->pages < next->pages))
            next = past;
    }
    return next;
}

/* A few at a time, and no faster than our pace: a reconnect to a thousand rooms is no
 * flood. */
static void ask_next(struct irc_session *session)
{
    struct irc_history *history = &session->history;
    struct irc_past *past;
    int64_t wait_ms = 0;
    while (history->asked < IRC_PAGES_AT_ONCE && (past = next_waiting(history))) {
        wait_ms = history->next_ms - irc_session_now_ms(session);
        if (wait_ms > 0)
            break;
        ask_page(session, past);
    }
    if (wait_ms > 0 || history->asked)
        irc_session_arm(session, &history->timer, wait_ms > 0 ? wait_ms : IRC_PAGE_MS);
    else
        loop_timer_disarm(session->env.loop, &history->timer);
}

/* Those who wrote to us between then and our return, a list at a time. */
static void ask_targets(struct irc_session *session, int64_t from_at)
{
    struct irc_history *history = &session->history;
    AUTO_BUF from = {.limit = 64}, until = {.limit = 64}, count = {.limit = 16};
    irc_mark_add_time(&from, from_at);
    irc_mark_add_time(&until, history->people->until_at + 1000);
    buf_add_format(&count, "%zu", targets_at_once(session));
    history->targets = 0;
    history->from_at = history->targets_at = from_at;
    irc_session_soon(session, "CHATHISTORY",
                     IRC_PARAMS(STR("TARGETS"), buf_str(&from), buf_str(&until), buf_str(&count)));
}

static void remove_person(struct irc_history *history, struct irc_past *past)
{
    map_remove(&history->pasts, str_of(past->name));
    irc_past_free(past);
    history->persons--;
}

/* What everybody said to us meanwhile is read when the last one's is.  A list that was full may not
 * be all of them; rooms stand on it too. */
static void close_people(struct irc_session *session)
{
    struct irc_history *history = &session->history;
    struct irc_past *people = history->people;
    if (!people || people->gap != IRC_GAP_WAITING || history->persons)
        return;
    if (history->targets >= targets_at_once(session) && history->targets_at > history->from_at) {
        ask_targets(session, history->targets_at);
        return;
    }
    people->gap = IRC_GAP_NONE;
    irc_mark_set(&people->read, people->live.at, str_of(people->live.msgid));
    people->is_dirty = true;
}

/* STUCK keeps the mark where it is, so that the next connection asks again. */
static void end_gap(struct irc_session *session, struct irc_past *past, enum irc_gap how)
{
    struct irc_history *history = &session->history;
    if (past->gap == IRC_GAP_ASKED)
        history->asked--;
    past->gap = how;
    if (past->is_person) {
        if (how == IRC_GAP_STUCK && history->people)
            history->people->gap = IRC_GAP_STUCK;
        remove_person(history, past);
        close_people(session);
    } else if (how == IRC_GAP_NONE) {
        irc_mark_set(&past->read, past->live.at, str_of(past->live.msgid));
        past->is_dirty = true;
    }
    ask_next(session);
}

static void overdue(struct loop_timer *timer)
{
    struct irc_session *session = CONTAINER_OF(timer, struct irc_session, history.timer);
    int64_t now_ms = irc_session_now_ms(session);
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&session->history.pasts, &cursor, &key, &value)) {
        struct irc_past *past = value;
        if (past->gap != IRC_GAP_ASKED || now_ms - past->asked_ms < IRC_PAGE_MS)
            continue;
        log_event(LOG_LEVEL_WARNING, "irc_history_unanswered", NETWORK(session));
        end_gap(session, past, IRC_GAP_STUCK);
        cursor = 0; /* the map may have changed */
    }
    ask_next(session);
}

/* ---- gaps open ------------------------------------------------------------------------------- */

/* From the first time on nothing is missed; before it there was nothing for us. */
static void open_gap(struct irc_past *past, int64_t until_at)
{
    past->until_at = until_at;
    past->live = (struct irc_mark){.at = until_at};
    past->pages = 0;
    past->stretch = 0;
    if (past->left_at) /* nothing is passed over yet */
        past->read.at = TAKE(past->left_at);
    past->by_time = past->ids_work = past->ids_fail = false;
    past->anchor = (struct irc_mark){0};
    past->behind_count = past->known_count = 0;
    past->gap = past->read.at ? IRC_GAP_WAITING : IRC_GAP_NONE;
    if (past->read.at)
        return;
    past->read.at = until_at;
    past->is_dirty = true;
}

void irc_history_entered(struct irc_session *session, const struct irc_message *join,
                         struct str channel)
{
    AUTO_BUF folded = {.limit = 1024};
    struct irc_room *room = irc_users_room(&session->users, channel);
    if (!is_on(session) || !room || !room->wanted ||
        irc_casemap_fold(session->isupport.casemap, channel, &folded) < 0)
        return;
    struct irc_past *past = irc_past_make(&session->history, buf_str(&folded));
    if (!past || past->gap == IRC_GAP_ASKED)
        return;
    irc_history_load(session, past);
    open_gap(past, time_of(session, join));
    ask_next(session);
}

/* Who wrote to us while we were away? */
void irc_history_begin(struct irc_session *session)
{
    struct irc_history *history = &session->history;
    if (!is_on(session))
        return;
    history->people = irc_past_make(history, STR(""));
    if (!history->people)
        return;
    irc_history_load(session, history->people);
    open_gap(history->people, server_now_at(session));
    if (history->people->gap == IRC_GAP_NONE)
        return;
    ask_targets(session, history->people->read.at);
}

void irc_history_target(struct irc_session *session, const struct irc_message *message)
{
    struct irc_history *history = &session->history;
    struct str name = message->params[1], channel;
    AUTO_BUF folded = {.limit = 1024};
    int64_t at;
    if (!is_on(session) || !history->people || history->people->gap != IRC_GAP_WAITING ||
        !str_eq_nocase(message->params[0], STR("TARGETS")) || str_empty(name))
        return;
    history->targets++;
    if (history->persons >= IRC_PAST_PEOPLE_MAX)
        return; /* more than we asked for: they stand on the next list too */
    if (message->param_count > 2 && irc_parse_time(message->params[2], &at) == 0)
        history->targets_at = MAX_OF(history->targets_at, at);
    if (irc_isupport_channel(&session->isupport, name, &channel) ||
        irc_session_is_us(session, name) ||
        irc_casemap_fold(session->isupport.casemap, name, &folded) < 0 ||
        map_get(&history->pasts, buf_str(&folded)))
        return;
    struct irc_past *past = irc_past_make(history, buf_str(&folded));
    if (!past)
        return;
    *past = (struct irc_past){.name = past->name,
                              .is_person = true,
                              .is_loaded = true,
                              .gap = IRC_GAP_WAITING,
                              .by_time = true,
                              .read = {.at = history->people->read.at},
                              .until_at = history->people->until_at};
    history->persons++;
}

void irc_history_targets_end(struct irc_session *session)
{
    close_people(session); /* nobody did */
    ask_next(session);
}

/* ---- what comes ------------------------------------------------------------------------------ */

bool irc_history_heard(struct irc_session *session, const struct irc_message *message,
                       const struct chat_event *event, struct str past_name)
{
    struct irc_history *history = &session->history;
    bool is_page = past_name.len > 0;
    if (!is_on(session))
        return true;
    struct irc_past *past = is_page ? irc_past_find(session, past_name)
                                    : map_get(&history->pasts, event->room);
    int64_t at = time_of(session, message);
    if (!past)
        return true;
    if (!is_page) {
        bool is_read = past->gap == IRC_GAP_NONE;
        irc_mark_set(is_read ? &past->read : &past->live, at, event->id);
        past->is_dirty |= is_read;
        return true;
    }
    if (past->gap != IRC_GAP_ASKED)
        return true; /* sent unasked: there may be a hole before it */
    return !irc_past_line(past, page_lines(session), at, event->id) && at <= past->until_at;
}

void irc_history_passed(struct irc_session *session, const struct irc_message *message,
                        struct str past_name)
{
    struct irc_past *past = past_name.len && is_on(session) ? irc_past_find(session, past_name)
                                                            : NULL;
    struct str msgid = STR(""), raw;
    if (!past || past->gap != IRC_GAP_ASKED || !irc_parse_tag(message, "time", &raw))
        return;
    (void)irc_parse_tag(message, "msgid", &msgid);
    (void)irc_past_line(past, page_lines(session), time_of(session, message), msgid);
}

static void ask_again(struct irc_session *session, struct irc_past *past)
{
    past->gap = IRC_GAP_WAITING;
    session->history.asked--;
    ask_next(session);
}

/* An id is exact, and may be forgotten; its time is not. */
static bool ask_by_time(struct irc_session *session, struct irc_past *past)
{
    if (past->by_time)
        return false;
    past->by_time = past->ids_fail = true;
    ask_again(session, past);
    return true;
}

/* A server may count what it does not show us, so that only an empty page is surely the last; to
 * one person nobody comes or goes. */
static bool is_last(const struct irc_session *session, const struct irc_past *past)
{
    size_t fewest = past->is_person ? MAX_OF(page_lines(session) / 2, (size_t)1) : 1;
    bool has_moved = past->read.at > past->from.at ||
                     strcmp(past->read.msgid, past->from.msgid) != 0;
    return past->lines < fewest || past->read.at >= past->until_at || !has_moved;
}

/* True: there is more than anybody can read, and something was passed over. */
static bool pass_over(struct irc_session *session, struct irc_past *past)
{
    int64_t left_ms = past->until_at - past->read.at;
    past->stretch += page_lines(session);
    if (past->stretch < IRC_STRETCH_LINES)
        return false;
    log_event(LOG_LEVEL_WARNING, "irc_history_long", NETWORK(session),
              LOG_INT("pages", past->pages), LOG_INT("minutes", left_ms / 2 / CLOCK_MINUTE_MS));
    past->stretch = 0;
    past->left_at = past->read.at;
    past->read = (struct irc_mark){.at = past->read.at + left_ms / 2};
    return true;
}

/* True: nobody said anything behind what was passed over, so that less of it is. */
static bool go_back(struct irc_past *past)
{
    int64_t left_at = TAKE(past->left_at), over_ms = past->read.at - left_at;
    if (!left_at || past->lines)
        return false;
    past->read.at = left_at;
    if (over_ms >= CLOCK_SECOND_MS) {
        past->read.at += over_ms / 2;
        past->left_at = left_at;
    }
    return true;
}

void irc_history_page_end(struct irc_session *session, struct str name)
{
    struct irc_past *past = irc_past_find(session, name);
    if (!past || past->gap != IRC_GAP_ASKED)
        return;
    irc_events_flush(session); /* what this page caused is kept with how far it went */
    if (!past->lines && !past->ids_work && ask_by_time(session, past))
        return; /* some answer with nothing when they do not know the id any more */
    past->ids_work |= past->lines && !past->by_time;
    past->pages++;
    bool is_back = go_back(past);
    if (!is_back && is_last(session, past)) {
        end_gap(session, past, IRC_GAP_NONE);
        return;
    }
    past->by_time = is_back || pass_over(session, past) || past->ids_fail;
    ask_again(session, past);
}

static void targets_failed(struct irc_session *session, bool may_pass)
{
    struct irc_past *people = session->history.people;
    if (people && people->gap == IRC_GAP_WAITING && may_pass)
        people->gap = IRC_GAP_STUCK;
    session->history.targets = 0; /* TARGETS is not to be had */
    close_people(session);
}

/* "FAIL CHATHISTORY CODE context... :words".  A message id that the server has forgotten is asked
 * for by its time; what has no answer at all is left. */
void irc_history_failed(struct irc_session *session, const struct irc_message *message)
{
    bool may_pass = str_eq_c(message->params[1], "MESSAGE_ERROR");
    bool is_targets = message->param_count > 2 && str_eq_nocase(message->params[2], STR("TARGETS"));
    struct irc_past *past = NULL;
    for (size_t i = 2; !is_targets && i + 1 < message->param_count && !past; i++) {
        past = irc_past_find(session, message->params[i]);
        if (past && (past->gap != IRC_GAP_ASKED || !past->name[0]))
            past = NULL;
    }
    size_t cursor = 0;
    struct str key;
    void *value;
    while (!past && !is_targets && map_next(&session->history.pasts, &cursor, &key, &value))
        if (((struct irc_past *)value)->gap == IRC_GAP_ASKED)
            past = value; /* it does not say which one: they are answered in order, mostly */
    log_event(LOG_LEVEL_WARNING, "irc_history_refused", NETWORK(session),
              LOG_INT("transient", may_pass));
    if (!past) {
        targets_failed(session, may_pass);
        return;
    }
    if (!may_pass && ask_by_time(session, past))
        return;
    end_gap(session, past, may_pass ? IRC_GAP_STUCK : IRC_GAP_NONE);
}

/* ---- life ------------------------------------------------------------------------------------ */

void irc_history_init(struct irc_session *session)
{
    session->history.timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = overdue};
}

void irc_history_lost(struct irc_session *session)
{
    struct irc_history *history = &session->history;
    size_t cursor = 0;
    struct str key;
    void *value;
    loop_timer_disarm(session->env.loop, &history->timer);
    irc_history_save(session);
    while (map_next(&history->pasts, &cursor, &key, &value)) {
        struct irc_past *past = value;
        past->gap = IRC_GAP_NONE;
        if (past->is_person)
            remove_person(history, past);
    }
    history->asked = 0;
}

void irc_history_done(struct irc_session *session)
{
    struct irc_history *history = &session->history;
    size_t cursor = 0;
    struct str key;
    void *value;
    loop_timer_disarm(session->env.loop, &history->timer);
    while (map_next(&history->pasts, &cursor, &key, &value))
        irc_past_free(value);
    map_done(&history->pasts);
    history->people = NULL;
}
