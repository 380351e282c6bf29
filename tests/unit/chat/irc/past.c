/* SPDX-License-Identifier: MIT */
/* past.c: pages and lists of what was said, as servers give them. */
#include "past.h"

#include <time.h>

#include "base/number.h"
#include "store/store.h"

void past_add(struct past *memory, const char *target, const char *nick, const char *text,
              int64_t at)
{
    assert_true(memory->count < PAST_SAID_MAX);
    struct past_said *said = &memory->said[memory->count++];
    *said = (struct past_said){.at = at};
    snprintf(said->target, sizeof(said->target), "%s", target);
    snprintf(said->nick, sizeof(said->nick), "%s", nick);
    snprintf(said->text, sizeof(said->text), "%s", text);
}

const char *past_time(int64_t at)
{
    static char texts[4][40];
    static unsigned next;
    struct tm tm;
    time_t seconds = (time_t)(at / 1000);
    char day[32];
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    char *text = texts[next++ % 4];
    snprintf(text, sizeof(texts[0]), "%s.%03dZ", day, (int)(at % 1000));
    return text;
}

/* The first that comes after; number i of what is remembered has the id "id-i". */
static size_t first_after(const struct past *memory, struct str from)
{
    int64_t number;
    size_t first = 0;
    if (str_starts(from, STR("msgid=id-"))) {
        assert_int_equal(number_parse(str_from(from, 9), 0, PAST_SAID_MAX, &number), 0);
        return (size_t)number + 1;
    }
    assert_true(str_starts(from, STR("timestamp=")));
    assert_int_equal(irc_parse_time(str_from(from, 10), &number), 0);
    while (first < memory->count && memory->said[first].at <= number)
        first++;
    return first;
}

/* What comes and goes is counted, whether the client wants to see it or not. */
void past_page(struct server *server, struct past *memory, struct str target, struct str from,
               size_t limit)
{
    size_t count = 0, after = first_after(memory, from);
    int64_t later_than = memory->is_by_time && after ? memory->said[after - 1].at : 0;
    bool shows_all = irc_caps_has(&server->session->caps, IRC_CAP_EVENT_PLAYBACK);
    server_replies(server, ":irc.sea.example BATCH +h%zu chathistory %.*s", memory->asked,
                   STR_ARG(target));
    if (!shows_all)
        server_replies(server, "@batch=h%zu :HistServ!HistServ@localhost PRIVMSG %.*s :ana joined",
                       memory->asked, STR_ARG(target));
    if (memory->is_vague && str_starts(from, STR("msgid=")))
        limit = 0;
    for (size_t i = memory->repeats ? 0 : after; i < memory->count && count < limit; i++) {
        const struct past_said *said = &memory->said[i];
        bool is_ours = str_eq_c(target, said->target) ||
                       (said->target[0] != '#' && str_eq_c(target, said->nick));
        if (!is_ours || said->at <= later_than)
            continue;
        count++;
        if (said->text[0])
            server_replies(server, "@batch=h%zu;time=%s;msgid=id-%zu :%s!u@h PRIVMSG %s :%s",
                           memory->asked, past_time(said->at), i, said->nick, said->target,
                           said->text);
        else if (shows_all)
            server_replies(server, "@batch=h%zu;time=%s;msgid=id-%zu :%s!u@h JOIN %s * :x",
                           memory->asked, past_time(said->at), i, said->nick, said->target);
    }
    server_replies(server, ":irc.sea.example BATCH -h%zu", memory->asked);
}

/* Whose last words lie behind `from`: by the time of those, the earliest first. */
static void give_targets(struct server *server, const struct past *memory, struct str from,
                         size_t limit)
{
    size_t count = 0;
    server_replies(server, ":irc.sea.example BATCH +t draft/chathistory-targets");
    for (size_t i = memory->repeats ? 0 : first_after(memory, from);
         i < memory->count && count < limit; i++) {
        const struct past_said *said = &memory->said[i];
        bool is_room = said->target[0] == '#', is_newest = true;
        for (size_t j = i + 1; j < memory->count && is_newest; j++)
            is_newest = is_room ? strcmp(said->target, memory->said[j].target) != 0
                                : memory->said[j].target[0] == '#' ||
                                      strcmp(said->nick, memory->said[j].nick) != 0;
        count += is_newest;
        if (is_newest)
            server_replies(server, "@batch=t :irc.sea.example CHATHISTORY TARGETS %s %s",
                           is_room ? said->target : said->nick, past_time(said->at));
    }
    server_replies(server, ":irc.sea.example BATCH -t");
}

static void on_history(struct server *server, struct str params)
{
    struct past *memory = server->ctx;
    struct str how, target, from, count;
    int64_t limit;
    memory->asked++;
    assert_true(str_word(&params, &how) && str_word(&params, &target) && str_word(&params, &from) &&
                str_word(&params, &count) && number_parse(count, 1, 1000, &limit) == 0);
    assert_true(!memory->limit || (size_t)limit <= memory->limit);
    if (memory->is_silent || (memory->deaf_to && str_eq_c(target, memory->deaf_to)))
        return;
    if (memory->fail && !str_eq_c(how, "TARGETS"))
        server_replies(server, ":irc.sea.example FAIL CHATHISTORY %s AFTER %.*s :no", memory->fail,
                       STR_ARG(target));
    else if (memory->forgets_ids && str_starts(from, STR("msgid=")))
        server_replies(server, ":irc.sea.example FAIL CHATHISTORY INVALID_MSGREF AFTER %.*s :gone",
                       STR_ARG(target));
    else if (str_eq_c(how, "TARGETS"))
        give_targets(server, memory, target, memory->is_overfull ? PAST_SAID_MAX : (size_t)limit);
    else
        past_page(server, memory, target, from, (size_t)limit);
}

struct server *past_server(struct past *memory)
{
    struct server *server = server_make();
    const struct store_options options = {.clock = &server->clock, .in_memory = true};
    struct error error = {0};
    server->caps = PAST_CAPS;
    server->history = on_history;
    server->ctx = memory;
    if (!memory->store)
        assert_int_equal(store_open(&options, &memory->store, &error), 0);
    server->store = memory->store;
    return server;
}

int64_t past_now(const struct server *server)
{
    return clock_wall_at(&server->clock);
}

void past_live(struct server *server, struct past *memory, const char *target, const char *nick,
               const char *text)
{
    past_add(memory, target, nick, text, past_now(server));
    server_says(server, "@time=%s;msgid=id-%zu :%s!u@h PRIVMSG %s :%s", past_time(past_now(server)),
                memory->count - 1, nick, target, text);
}

size_t past_count(const struct server *server, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < server->event_count; i++)
        count += strcmp(server->events[i].text, text) == 0;
    return count;
}

const struct server_event *past_event(const struct server *server, const char *text)
{
    for (size_t i = 0; i < server->event_count; i++)
        if (strcmp(server->events[i].text, text) == 0)
            return &server->events[i];
    return NULL;
}

void past_close(struct server *server, struct past *memory)
{
    server_close(server);
    store_close(memory->store);
    free(memory);
}

struct past *past_make(void)
{
    struct past *memory = calloc(1, sizeof(*memory));
    assert_non_null(memory);
    return memory;
}
