/* SPDX-License-Identifier: MIT */
/* history.c: asks for what was missed, and knows how far that is. */
#include "chat/irc/history.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

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

/* ---- what is known of each room -------------------------------------------------------------- */

static void free_past(struct irc_past *past)
{
    if (past)
        mem_free(past->name);
    mem_free(past);
}

/* `name` is folded.  NULL: out of memory. */
static struct irc_past *make_past(struct irc_history *history, struct str name)
{
    struct irc_past *past = map_get(&history->pasts, name);
    if (past)
        return past;
    past = mem_zalloc(sizeof(*past));
    if (past)
        past->name = str_copy(name);
    if (!past || !past->name || map_put(&history->pasts, name, past) < 0) {
        free_past(past);
        return NULL;
    }
    return past;
}

static struct irc_past *find_past(struct irc_session *session, struct str name)
{
    AUTO_BUF folded = {.limit = 1024};
    if (irc_casemap_fold(session->isupport.casemap, name, &folded) < 0)
        return NULL;
    return map_get(&session->history.pasts, buf_str(&folded));
}

static void set_mark(struct irc_mark *mark, int64_t at, struct str msgid)
{
    if (at < mark->at)
        return;
    mark->at = at;
    (void)str_to_c(msgid, mark->msgid, sizeof(mark->msgid));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void add_time(struct buf *out, int64_t at)
{
    struct tm tm;
    time_t seconds = (time_t)(at / 1000);
    if (!gmtime_r(&seconds, &tm)) /* pure arithmetic */
        return;
    buf_add_format(out, "timestamp=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(at % 1000));
}

static size_t page_lines(const struct irc_session *session)
{
    size_t most = session->isupport.chathistory;
    return most ? MIN_OF(most, (size_t)IRC_PAGE_LINES) : (size_t)IRC_PAGE_LINES;
}

/* Of a person only the time is known: the mark is that of all that is private. */
static void ask_page(struct irc_session *session, struct irc_past *past)
{
    AUTO_BUF from = {.limit = 256}, count = {.limit = 16};
    bool by_id = past->read.msgid[0] && !past->by_time && session->isupport.history_by_id;
    if (by_id) {
        buf_add_c(&from, "msgid=");
        buf_add_c(&from, past->read.msgid);
    } else {
        add_time(&from, past->read.at);
    }
    buf_add_format(&count, "%zu", page_lines(session));
    past->gap = IRC_GAP_ASKED;
    past->lines = 0;
    past->asked_ms = irc_session_now_ms(session);
    session->history.asked++;
    irc_session_later(
        session, "CHATHISTORY",
        IRC_PARAMS(STR("AFTER"), str_of(past->name), buf_str(&from), buf_str(&count)));
}

/* A few at a time: a reconnect to a thousand rooms is no flood. */
static void ask_next(struct irc_session *session)
{
    struct irc_history *history = &session->history;
    size_t cursor = 0;
    struct str key;
    void *value;
    while (history->asked < IRC_PAGES_AT_ONCE && map_next(&history->pasts, &cursor, &key, &value)) {
        struct irc_past *past = value;
        if (past->gap == IRC_GAP_WAITING && past != history->people)
            ask_page(session, past);
    }
    if (history->asked)
        irc_session_arm(session, &history->timer, IRC_PAGE_MS);
    else
        loop_timer_disarm(session->env.loop, &history->timer);
}

static void remove_person(struct irc_history *history, struct irc_past *past)
{
    map_remove(&history->pasts, str_of(past->name));
    free_past(past);
    history->persons--;
}

/* What everybody said to us meanwhile is read when the last one's is. */
static void close_people(struct irc_session *session)
{
    struct irc_past *people = session->history.people;
    if (!people || people->gap != IRC_GAP_WAITING || session->history.persons)
        return;
    people->gap = IRC_GAP_NONE;
    set_mark(&people->read, people->live.at, str_of(people->live.msgid));
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
        set_mark(&past->read, past->live.at, str_of(past->live.msgid));
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
    past->by_time = false;
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
    struct irc_past *past = make_past(&session->history, buf_str(&folded));
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
    AUTO_BUF from = {.limit = 64}, until = {.limit = 64}, count = {.limit = 16};
    if (!is_on(session))
        return;
    history->people = make_past(history, STR(""));
    if (!history->people)
        return;
    irc_history_load(session, history->people);
    open_gap(history->people, server_now_at(session));
    if (history->people->gap == IRC_GAP_NONE)
        return;
    add_time(&from, history->people->read.at);
    add_time(&until, server_now_at(session) + 1000);
    buf_add_format(&count, "%d", MIN_OF((int)page_lines(session), (int)IRC_PAST_PEOPLE_MAX));
    irc_session_later(session, "CHATHISTORY",
                      IRC_PARAMS(STR("TARGETS"), buf_str(&from), buf_str(&until), buf_str(&count)));
}

void irc_history_target(struct irc_session *session, const struct irc_message *message)
{
    struct irc_history *history = &session->history;
    struct str name = message->params[1], channel;
    AUTO_BUF folded = {.limit = 1024};
    if (!is_on(session) || !history->people || history->people->gap != IRC_GAP_WAITING ||
        !str_eq_nocase(message->params[0], STR("TARGETS")) || str_empty(name) ||
        irc_isupport_channel(&session->isupport, name, &channel) ||
        irc_session_is_us(session, name) || history->persons >= IRC_PAST_PEOPLE_MAX ||
        irc_casemap_fold(session->isupport.casemap, name, &folded) < 0 ||
        map_get(&history->pasts, buf_str(&folded)))
        return;
    struct irc_past *past = make_past(history, buf_str(&folded));
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
    struct irc_past *past = is_page ? find_past(session, past_name)
                                    : map_get(&history->pasts, event->room);
    int64_t at = time_of(session, message);
    if (!past)
        return true;
    if (!is_page) {
        bool is_read = past->gap == IRC_GAP_NONE;
        set_mark(is_read ? &past->read : &past->live, at, event->id);
        past->is_dirty |= is_read;
        return true;
    }
    if (past->gap != IRC_GAP_ASKED)
        return true; /* sent unasked: there may be a hole before it */
    past->lines++;
    set_mark(&past->read, at, event->id);
    past->is_dirty = true;
    return at <= past->until_at;
}

/* An id is exact, and may be forgotten; its time is not. */
static bool ask_by_time(struct irc_session *session, struct irc_past *past)
{
    if (past->by_time || !past->read.msgid[0])
        return false;
    past->by_time = true;
    past->gap = IRC_GAP_WAITING;
    session->history.asked--;
    ask_next(session);
    return true;
}

/* A server may leave lines of other kinds out of a page: one that is half full may not be the
 * last. */
void irc_history_page_end(struct irc_session *session, struct str name)
{
    struct irc_past *past = find_past(session, name);
    if (!past || past->gap != IRC_GAP_ASKED)
        return;
    irc_events_flush(session); /* what this page caused is kept with how far it went */
    if (!past->lines && ask_by_time(session, past))
        return; /* some answer with nothing when they do not know the id any more */
    bool is_last = past->lines < MAX_OF(page_lines(session) / 2, (size_t)1) ||
                   past->read.at >= past->until_at;
    if (!is_last && ++past->pages < IRC_PAGES_MAX) {
        past->gap = IRC_GAP_WAITING;
        session->history.asked--;
        ask_next(session);
        return;
    }
    if (!is_last)
        log_event(LOG_LEVEL_WARNING, "irc_history_long", NETWORK(session),
                  LOG_INT("pages", past->pages));
    end_gap(session, past, IRC_GAP_NONE);
}

/* "FAIL CHATHISTORY CODE context... :words".  A message id that the server has forgotten is asked
 * for by its time; what has no answer at all is left. */
void irc_history_failed(struct irc_session *session, const struct irc_message *message)
{
    bool may_pass = str_eq_c(message->params[1], "MESSAGE_ERROR");
    bool is_targets = message->param_count > 2 && str_eq_nocase(message->params[2], STR("TARGETS"));
    struct irc_past *past = NULL;
    for (size_t i = 2; !is_targets && i + 1 < message->param_count && !past; i++) {
        past = find_past(session, message->params[i]);
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
        if (session->history.people) /* TARGETS is not to be had */
            close_people(session);
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
        free_past(value);
    map_done(&history->pasts);
    history->people = NULL;
}
