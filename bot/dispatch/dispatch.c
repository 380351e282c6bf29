/* SPDX-License-Identifier: MIT */
/* dispatch.c: decides what a message asks for. */
#include "dispatch/dispatch.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/near.h"
#include "base/number.h"
#include "base/utf8.h"
#include "dispatch/internal.h"

int dispatch_create(const struct dispatch_parts *parts, struct dispatch **ret_dispatch)
{
    struct dispatch *dispatch = mem_zalloc(sizeof *dispatch);
    if (!dispatch)
        return -ENOMEM;
    dispatch->parts = *parts;
    *ret_dispatch = dispatch;
    return 0;
}

void dispatch_destroy(struct dispatch *dispatch)
{
    mem_free(dispatch);
}

void dispatch_reloaded(struct dispatch *dispatch, struct str prefix, struct str bot_name)
{
    dispatch->parts.prefix = prefix;
    dispatch->parts.bot_name = bot_name;
}

/* ---- who we are ----------------------------------------------------------------------------- */

/* What the text calls us: a nick of ours there, or our name everywhere. */
static struct str name_in(const struct dispatch *dispatch, const struct inbox_item *item)
{
    return item->event->called.len ? item->event->called : dispatch->parts.bot_name;
}

/* ---- commands -------------------------------------------------------------------------------- */

static enum mooring_role role_of(const struct dispatch *dispatch, const struct inbox_item *item)
{
    return people_role(dispatch->parts.people, &item->speaker, item->member, item->group);
}

/* The first word, without the punctuation people put behind it ("tip?"). */
static bool take_word(struct str *rest, struct str *ret_word)
{
    struct str word;
    if (!str_word(rest, &word))
        return false;
    while (word.len > 1 && strchr("?!.,:;", word.ptr[word.len - 1]))
        word.len--;
    *ret_word = word;
    return true;
}

/* May this person have it, now? */
static enum dispatch_kind gate(struct dispatch *dispatch, const struct inbox_item *item,
                               const struct mooring_command *def)
{
    if (def->role > (uint32_t)role_of(dispatch, item) && def->role > MOORING_ROLE_MEMBER)
        return DISPATCH_REFUSED;
    if (!(def->flags & MOORING_COMMAND_NO_CONSENT) && str_empty(item->speaker.identity))
        return DISPATCH_NO_IDENTITY;
    if (item->is_late && !(def->flags & MOORING_COMMAND_LATE_OK))
        return DISPATCH_LATE;
    return DISPATCH_COMMAND;
}

static bool find_command(struct dispatch *dispatch, const struct inbox_item *item, struct str line,
                         struct dispatch_route *route)
{
    struct str rest = line, word;
    if (!take_word(&rest, &word))
        return false;
    const struct host_command *command = host_command_find(dispatch->parts.host, word,
                                                           role_of(dispatch, item));
    if (!command)
        return false;
    route->command = command;
    route->typed = line;
    route->args = rest;
    route->kind = gate(dispatch, item, command->def);
    return true;
}

/* The nearest command that this person may use. */
static bool find_near(struct dispatch *dispatch, const struct inbox_item *item, struct str line,
                      struct str *ret_near)
{
    struct str rest = line, word;
    if (!take_word(&rest, &word))
        return false;
    struct near near = {.wanted = word};
    enum mooring_role role = role_of(dispatch, item);
    for (size_t i = 0; i < host_command_count(dispatch->parts.host); i++) {
        const struct mooring_command *def = host_command_at(dispatch->parts.host, i)->def;
        if (!(def->flags & MOORING_COMMAND_HIDDEN) &&
            (def->role <= (uint32_t)role || def->role <= MOORING_ROLE_MEMBER))
            near_offer(&near, str_of(def->name));
    }
    return near_found(&near, ret_near);
}

/* Typed with a prefix or a mention: a command, a near miss, or nothing of ours. */
static void route_addressed(struct dispatch *dispatch, const struct inbox_item *item,
                            struct str line, struct arena *arena, struct dispatch_route *route)
{
    line = dispatch_straighten(line, arena);
    route->typed = line;
    if (!find_command(dispatch, item, line, route)) {
        bool near = find_near(dispatch, item, line, &route->near);
        bool ours = item->is_private || (item->room && item->room->is_alert_room) ||
                    (item->event->flags & CHAT_MENTIONS_US) ||
                    dispatch_hailed(item->event->text, name_in(dispatch, item));
        route->kind = near ? DISPATCH_NEAR : ours ? DISPATCH_UNKNOWN : DISPATCH_NOTHING;
    }
}

/* ---- choices --------------------------------------------------------------------------------- */

static bool route_choice(struct dispatch *dispatch, const struct inbox_item *item, struct str typed,
                         struct arena *arena, int64_t after_at, struct dispatch_route *route)
{
    struct str command;
    int64_t offered_at;
    uint64_t room = item->room ? item->room->id : 0;
    if (item->is_private && !item->member) /* a guest's private talk is a place of its own */
        room = outbox_private_place(dispatch->parts.outbox, item->speaker.network,
                                    item->speaker.address);
    int r = outbox_choice(dispatch->parts.outbox, item->is_private ? item->member : 0, room, typed,
                          arena, &command, &offered_at);
    return r > 0 && offered_at >= after_at && find_command(dispatch, item, command, route);
}

/* On the question that is open, and on no older one. */
static void answer_by_tap(struct dispatch *dispatch, const struct inbox_item *item,
                          struct str command, struct dispatch_route *route)
{
    int64_t tapped_at, asked_at;
    struct str rest = str_from(command, strlen(DIALOGUE_TAP)), when;
    if (!str_word(&rest, &when) || number_parse(when, 0, INT64_MAX, &tapped_at) < 0 ||
        !item->is_private ||
        dialogues_open(dispatch->parts.dialogues, item->member, &asked_at) < 0 ||
        asked_at != tapped_at)
        return;
    route->kind = DISPATCH_DIALOGUE;
    route->typed = str_trim(rest);
}

/* "7" in a box, or 10 in one, as keyboards have them; empty: something else. */
static struct str number_in_box(struct str emoji, struct arena *arena)
{
    static const uint32_t ten = 0x1f51f, box = 0x20e3, variant = 0xfe0f;
    AUTO_BUF digits;
    bool has_box = false;
    buf_init(&digits, 8);
    for (size_t at = 0; at < emoji.len;) {
        uint32_t c = utf8_next(emoji, &at);
        if (c >= '0' && c <= '9')
            buf_add_byte(&digits, (char)c);
        else if (c == ten)
            buf_add_c(&digits, "10");
        else if (c != box && c != variant)
            return (struct str){0};
        has_box |= c == box || c == ten;
    }
    return has_box && !digits.failed ? str_keep(arena, buf_str(&digits)) : (struct str){0};
}

/* "Mood, 0 to 10?": we set no eleven reactions for it (docs/ARCHITECTURE.md, Outbox); who sets one
 * of their own has answered all the same. */
static bool answer_by_box(struct dispatch *dispatch, const struct inbox_item *item,
                          struct arena *arena, int64_t said_at, struct dispatch_route *route)
{
    struct str number = number_in_box(item->event->text, arena);
    if (!item->is_private || !item->member || str_empty(number) ||
        !dialogues_asks_number(dispatch->parts.dialogues, item->member, said_at))
        return false;
    route->kind = DISPATCH_DIALOGUE;
    route->typed = number;
    return true;
}

/* A tap answers the message that it is on, and no other: what was asked before stays answerable,
 * and what was asked since is not answered by it.  False: nothing of ours. */
static bool route_reaction(struct dispatch *dispatch, const struct inbox_item *item,
                           struct arena *arena, struct dispatch_route *route)
{
    const struct chat_event *event = item->event;
    struct outbox_chooser chooser = {item->member, item->speaker.display};
    struct str command;
    int64_t offered_at;
    if (str_empty(event->relates_to)) /* a network that cannot say */
        return route_choice(dispatch, item, event->text, arena, 0, route);
    int r = outbox_choice_of(dispatch->parts.outbox, item->speaker.network, event->relates_to,
                             &chooser, event->text, arena, &command, &offered_at);
    if (r == -EPERM) /* somebody else was asked */
        return true;
    if (r > 0 && str_starts(command, STR(DIALOGUE_TAP))) {
        answer_by_tap(dispatch, item, command, route);
        return true;
    }
    if (r == 0)
        return answer_by_box(dispatch, item, arena, offered_at, route);
    return r > 0 && find_command(dispatch, item, command, route);
}

/* Cheap test before the store is asked: a choice in a room is a number or a tap, never a sentence.
 */
static bool looks_like_number(struct str text)
{
    text = str_trim(text);
    return text.len >= 1 && text.len <= 4 && (text.ptr[0] == '(' || ascii_is_digit(text.ptr[0]));
}

/* ---- private talk ---------------------------------------------------------------------------- */

/* Without a prefix a private text is a command when its first word is one, and it is short enough
 * not to be a sentence that only begins like one ("tip of the iceberg, honestly"). */
static bool plain_command(struct dispatch *dispatch, const struct inbox_item *item, struct str text,
                          struct dispatch_route *route)
{
    enum { PLAIN_WORDS_MAX = 4 };
    struct dispatch_route found = {.crisis = route->crisis};
    struct str rest = text, word;
    size_t words = 0;
    while (str_word(&rest, &word))
        words++;
    if (!find_command(dispatch, item, text, &found))
        return false;
    bool takes_more = found.command->def->usage && found.command->def->usage[0];
    bool marked = str_has_byte(text, '"') || str_eq_c(str_of(found.command->def->name), "checkin");
    if (words > 1 && (!takes_more || (words > PLAIN_WORDS_MAX && !marked)))
        return false;
    *route = found;
    return true;
}

/* Whether they were asked something in a hard moment, later than `after_at`: then the next line is
 * the answer to that, and not to "mood, 0 to 10?". */
static bool asked_in_crisis(struct dispatch *dispatch, const struct inbox_item *item,
                            struct arena *arena, int64_t after_at)
{
    struct outbox *outbox = dispatch->parts.outbox;
    uint64_t place = outbox_private_place(outbox, item->speaker.network, item->speaker.address);
    struct str choices;
    int64_t at;
    return outbox_asked_in_crisis(outbox, item->member, place, arena, &choices, &at) > 0 &&
           at > after_at;
}

/* "no" and "stop" are commands where nothing was asked. */
static bool is_answer_too(const struct dispatch_route *route)
{
    struct str name = str_of(route->command->def->name);
    return str_empty(str_trim(route->args)) && (str_eq_c(name, "no") || str_eq_c(name, "stop"));
}

/* "stop", "please stop": whose command that is; NULL: no such line.  Only members can have begun
 * what it ends. */
static const struct host_command *bare_stop(struct dispatch *dispatch,
                                            const struct inbox_item *item)
{
    enum { WORDS_MAX = 3 };
    struct str rest = item->event->text, word;
    const struct host_command *stop = NULL;
    size_t words = 0;
    for (; item->member && words <= WORDS_MAX && take_word(&rest, &word); words++) {
        const struct host_command *found = host_command_find(dispatch->parts.host, word,
                                                             MOORING_ROLE_MEMBER);
        if (found && str_eq_c(STR("stop"), found->def->name))
            stop = found;
    }
    return words <= WORDS_MAX ? stop : NULL;
}

/* Nothing else begins so: "can't stop" does not. */
static bool begins_with_stop(struct dispatch *dispatch, const struct inbox_item *item,
                             struct str line)
{
    struct str word;
    const struct host_command *stop = bare_stop(dispatch, item);
    return stop && take_word(&line, &word) &&
           host_command_find(dispatch->parts.host, word, MOORING_ROLE_MEMBER) == stop;
}

/* "breathe", "checkin history" where a number is asked for can only be the command; the question
 * stays.  "undo" is the way back to the question before. */
static bool command_for_number(struct dispatch *dispatch, const struct inbox_item *item,
                               struct str line, struct dispatch_route *route)
{
    struct dispatch_route found = *route;
    if (!dialogues_asks_number(dispatch->parts.dialogues, item->member,
                               clock_wall_at(dispatch->parts.clock)) ||
        !plain_command(dispatch, item, line, &found) ||
        (found.command->def->flags & MOORING_COMMAND_HIDDEN) ||
        str_eq_c(STR("undo"), found.command->def->name))
        return false;
    *route = found;
    return true;
}

static void route_private(struct dispatch *dispatch, const struct inbox_item *item,
                          struct arena *arena, struct dispatch_route *route)
{
    int64_t asked_at = 0;
    struct str text = item->event->text;
    bool asked = item->member &&
                 dialogues_open(dispatch->parts.dialogues, item->member, &asked_at) >= 0;
    /* "sos" is never the answer to a question, nor is "help" alone. */
    bool stands_above = dispatch_is_sos(dispatch, item) ||
                        str_eq_nocase(str_trim(text), STR("help"));
    if (asked && stands_above && plain_command(dispatch, item, text, route))
        return;
    /* Whatever was asked last is what "2" answers. */
    bool is_number = looks_like_number(text);
    bool is_hard = !(asked && is_number) && asked_in_crisis(dispatch, item, arena, asked_at);
    if ((!asked || is_number || is_hard) &&
        route_choice(dispatch, item, text, arena, asked ? asked_at + 1 : 0, route))
        return;
    struct str line = dispatch_straighten(text, arena);
    if (asked && !is_hard) {
        if (command_for_number(dispatch, item, line, route))
            return;
        route->kind = DISPATCH_DIALOGUE;
        route->stop = bare_stop(dispatch, item); /* the exercise runs in front of the question */
        return;
    }
    struct dispatch_route found = *route;
    if (plain_command(dispatch, item, line, &found) && !(is_hard && is_answer_too(&found))) {
        *route = found;
        return;
    }
    route->typed = line;
    route->kind = DISPATCH_LISTENERS;
    bool is_talk = is_hard || item->verdict.tier >= 2;
    if (!is_talk && begins_with_stop(dispatch, item, line)) /* "stop asking me" */
        (void)find_command(dispatch, item, STR("stop"), route);
}

/* In a room without a prefix: the word alone.  Who types it is in no state to look for the "!". */
static bool is_bare_sos(struct str text)
{
    struct str word;
    return take_word(&text, &word) && str_empty(str_trim(text)) && str_eq_nocase(word, STR("sos"));
}

bool dispatch_is_sos(struct dispatch *dispatch, const struct inbox_item *item)
{
    struct str rest = item->event->text, word;
    bool addressed = dispatch_addressed(rest, dispatch->parts.prefix, name_in(dispatch, item),
                                        &rest);
    if (!addressed && !item->is_private)
        return is_bare_sos(rest);
    if (!take_word(&rest, &word))
        return false;
    const struct host_command *command = host_command_find(dispatch->parts.host, word,
                                                           MOORING_ROLE_NONE);
    return command && str_eq_c(STR("sos"), command->def->name);
}

/* ---- the decision ---------------------------------------------------------------------------- */

static void route_message(struct dispatch *dispatch, const struct inbox_item *item,
                          struct arena *arena, struct dispatch_route *route)
{
    struct str text = item->event->text, rest;
    bool addressed = dispatch_addressed(text, dispatch->parts.prefix, name_in(dispatch, item),
                                        &rest);
    if (addressed && !str_empty(rest))
        route_addressed(dispatch, item, rest, arena, route);
    else if (item->is_private)
        route_private(dispatch, item, arena, route);
    else if (!addressed && is_bare_sos(text))
        (void)find_command(dispatch, item, STR("sos"), route);
    else if (addressed || (item->event->flags & CHAT_MENTIONS_US))
        route->kind = addressed ? DISPATCH_UNKNOWN : DISPATCH_NOTHING;
    else if (looks_like_number(text))
        route_choice(dispatch, item, text, arena, 0, route);
    else if ((route->stop = bare_stop(dispatch, item)) != NULL) /* begun there, ended there */
        route->kind = DISPATCH_OVERHEARD;
}

/* A command that was a typo the first time runs in its new form, once; an edit answers no question,
 * and is no talk. */
static void route_edit(struct dispatch *dispatch, const struct inbox_item *item,
                       struct arena *arena, struct dispatch_route *route)
{
    struct dispatch_route found = {.kind = DISPATCH_NOTHING, .crisis = route->crisis};
    struct str rest;
    bool addressed = dispatch_addressed(item->event->text, dispatch->parts.prefix,
                                        name_in(dispatch, item), &rest);
    if (!item->may_run)
        return;
    if (addressed && !str_empty(rest))
        route_addressed(dispatch, item, rest, arena, &found);
    else if (item->is_private)
        (void)plain_command(dispatch, item, dispatch_straighten(item->event->text, arena), &found);
    if (found.command && found.kind != DISPATCH_LATE)
        *route = found;
}

bool dispatch_is_asked(const struct dispatch_route *route)
{
    return route->kind == DISPATCH_COMMAND || route->kind == DISPATCH_REFUSED ||
           route->kind == DISPATCH_NO_IDENTITY || route->kind == DISPATCH_UNKNOWN ||
           route->kind == DISPATCH_TOO_FAST;
}

bool dispatch_is_typo(const struct dispatch_route *route)
{
    return route->kind == DISPATCH_NEAR || route->kind == DISPATCH_UNKNOWN;
}

void dispatch_route(struct dispatch *dispatch, const struct inbox_item *item, struct arena *arena,
                    struct dispatch_route *ret_route)
{
    struct dispatch_route route = {.kind = DISPATCH_NOTHING};
    route.crisis = item->verdict.tier >= 2 || (item->verdict.tier == 1 && item->is_private);
    switch (item->event->kind) {
    case CHAT_MESSAGE:
        route_message(dispatch, item, arena, &route);
        break;
    case CHAT_REACTION:
        if (!route_reaction(dispatch, item, arena, &route))
            route.kind = DISPATCH_REACTION;
        break;
    case CHAT_JOIN:
    case CHAT_LEAVE:
        route.kind = !item->is_private                ? DISPATCH_PRESENCE
                     : item->event->kind == CHAT_JOIN ? DISPATCH_ENTERED
                                                      : DISPATCH_NOTHING;
        break;
    case CHAT_EDIT: /* read again for crisis words, never run twice */
        route_edit(dispatch, item, arena, &route);
        break;
    case CHAT_REDACTION:
        route.kind = item->had_effect ? DISPATCH_TAKEN_BACK : DISPATCH_NOTHING;
        break;
    case CHAT_INVITE:
        route.kind = item->is_private ? DISPATCH_INVITED : DISPATCH_NOTHING;
        break;
    case CHAT_TOPIC:
    case CHAT_TOMBSTONE:
    case CHAT_KIND_COUNT:
        break;
    }
    /* A call for help is answered as such: not as somebody's answer to "mood, 0 to 10?", nor as an
     * unknown command. */
    bool only_talk = route.kind == DISPATCH_DIALOGUE || route.kind == DISPATCH_LISTENERS ||
                     route.kind == DISPATCH_UNKNOWN || route.kind == DISPATCH_NEAR;
    if (route.crisis && only_talk)
        route.kind = DISPATCH_NOTHING;
    bool counts = route.kind == DISPATCH_COMMAND || route.kind == DISPATCH_NEAR ||
                  route.kind == DISPATCH_UNKNOWN;
    /* Neither a call for help nor who answers calls is told to wait. */
    bool waits = !route.command || (!str_eq_c(STR("sos"), route.command->def->name) &&
                                    route.command->def->role < MOORING_ROLE_MODERATOR);
    enum dispatch_pace pace = counts && waits && !item->is_late ? dispatch_pace(dispatch, item)
                                                                : DISPATCH_PACE_FINE;
    if (pace !=
        DISPATCH_PACE_FINE) /* said once, then silence: a flood is not answered with another */
        route.kind = pace == DISPATCH_PACE_FAST ? DISPATCH_TOO_FAST : DISPATCH_NOTHING;
    *ret_route = route;
}
