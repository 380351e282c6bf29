/* SPDX-License-Identifier: MIT */
/* event.c: one event as the bot sees it (client-server API, sections "Room events", "Instant
 * messaging", "Event replacements", "Event annotations and reactions", "Threading", "User and room
 * mentions", "Redactions"; polls: MSC3381). */
#include "chat/matrix/event.h"

#include <errno.h>

#include "chat/matrix/account.h"
#include "chat/matrix/content.h"
#include "chat/matrix/repair.h"
#include "chat/matrix/rooms_internal.h"
#include "chat/matrix/sync.h"
#include "chat/matrix/walk.h"
#include "observe/log.h"

enum { MEMBERS_MENTIONED_MAX = 1000 };

/* ---- bytes to JSON -------------------------------------------------------------------------- */

int matrix_event_parse(struct arena *arena, struct str bytes, const struct tree **ret_event)
{
    unsigned long before = mem_shortages();
    *ret_event = tree_parse(arena, bytes);
    if (*ret_event)
        return 0;
    AUTO_JSON *json = matrix_repair_json(bytes);
    if (!json_is_object(json))
        return mem_shortages() != before ? -ENOMEM : -EBADMSG;
    *ret_event = tree_of_json(arena, json);
    return *ret_event ? 0 : -ENOMEM;
}

/* ---- parts ---------------------------------------------------------------------------------- */

bool matrix_event_interests(struct str type)
{
    static const char *const types[] = {"m.room.message",
                                        "m.room.redaction",
                                        "m.reaction",
                                        "m.room.member",
                                        "m.room.topic",
                                        "m.poll.response",
                                        "org.matrix.msc3381.poll.response"};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq_c(type, types[i]))
            return true;
    return str_empty(type);
}

struct str matrix_event_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? (struct str){json_string_value(value), json_string_length(value)}
                                 : (struct str){0};
}

struct str matrix_event_without_quote(struct str body)
{
    struct str rest = body;
    size_t lines = 0;
    while (str_starts(rest, STR("> ")) || str_eq(str_upto(rest, 2), STR(">\n"))) {
        size_t end = str_find(rest, STR("\n"), 0);
        if (end == SIZE_MAX)
            return body; /* nothing but a quote: it is what they say */
        rest = str_from(rest, end + 1);
        lines++;
    }
    if (lines == 0)
        return body;
    if (str_starts(rest, STR("\n")))
        rest = str_from(rest, 1);
    return str_empty(str_trim(rest)) ? body : rest;
}

/* An id with a NUL in it is nobody's. */
static struct str id_of(const struct tree *object, const char *key)
{
    struct str id = tree_text(object, key);
    return id.len <= MATRIX_ID_MAX && !str_has_byte(id, '\0') ? id : (struct str){0};
}

/* U+0000 says nothing and ends strings elsewhere: it goes. */
static int clean_text(struct str text, struct arena *arena, struct str *ret_text)
{
    size_t len = 0;
    *ret_text = text;
    if (!str_has_byte(text, '\0'))
        return 0;
    char *out = arena_alloc(arena, text.len);
    if (!out)
        return -ENOMEM;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\0')
            out[len++] = text.ptr[i];
    *ret_text = (struct str){out, len};
    return 0;
}

/* In the list of who is meant; without a list (clients before m.mentions), by the pill. */
static bool mentions(const struct tree *content, struct str user)
{
    const struct tree *list = tree_get(content, "m.mentions");
    if (tree_is(list, TREE_OBJECT)) {
        const struct tree *id = tree_first(tree_get(list, "user_ids"));
        for (size_t i = 0; id && i < MEMBERS_MENTIONED_MAX; id = id->next, i++)
            if (tree_is(id, TREE_TEXT) && str_eq(id->text, user))
                return true;
        return false;
    }
    struct str html = tree_text(content, "formatted_body");
    size_t at = str_find(html, STR("https://matrix.to/#/"), 0);
    for (; at != SIZE_MAX; at = str_find(html, STR("https://matrix.to/#/"), at + 1)) {
        struct str rest = str_from(html, at + 20);
        bool ends = rest.len > user.len &&
                    (rest.ptr[user.len] == '"' || rest.ptr[user.len] == '\'');
        if (str_starts(rest, user) && ends)
            return true;
    }
    return false;
}

/* ---- kinds ---------------------------------------------------------------------------------- */

struct reading {
    struct matrix_session *session;
    struct matrix_room *room;
    const struct tree *tree, *content;
    struct arena *arena;
    struct chat_event *event;
};

/* A picture's own words: its body, when the file's name stands elsewhere. */
static struct str caption(const struct tree *content, struct str body)
{
    struct str file = tree_text(content, "filename");
    return str_empty(file) || str_eq(file, body) ? (struct str){0} : body;
}

static int text_of_message(struct reading *reading, const struct tree *content, bool is_answer)
{
    static const char *const texts[] = {"m.text", "m.emote", "m.notice"};
    static const char *const files[] = {"m.image", "m.file", "m.audio", "m.video"};
    struct str kind = tree_text(content, "msgtype");
    struct str body = tree_text(content, "body"), text = {0};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (str_eq_c(kind, texts[i]))
            text = body;
    if (str_eq_c(kind, "m.emote"))
        reading->event->flags |= CHAT_ACTION;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        if (str_eq_c(kind, files[i]))
            text = caption(content, body);
    if (str_eq_c(kind, "m.notice"))
        reading->event->flags |= CHAT_NOTICE;
    bool quotes = is_answer || str_starts(text, STR("> <@"));
    int r = clean_text(quotes ? matrix_event_without_quote(text) : text, reading->arena,
                       &reading->event->text);
    return r < 0 ? r : !str_empty(reading->event->text);
}

static int read_message(struct reading *reading)
{
    struct chat_event *event = reading->event;
    const struct tree *relates = tree_get(reading->content, "m.relates_to"), *content;
    struct str kind = tree_text(relates, "rel_type");
    struct str answered = id_of(tree_get(relates, "m.in_reply_to"), "event_id");
    struct str self = matrix_account_user(reading->session->account);
    content = reading->content;
    event->kind = CHAT_MESSAGE;
    if (str_eq_c(kind, "m.replace")) {
        event->kind = CHAT_EDIT;
        event->relates_to = id_of(relates, "event_id");
        content = tree_get(reading->content, "m.new_content");
        if (!tree_is(content, TREE_OBJECT) || str_empty(event->relates_to))
            return 0;
    } else if (str_eq_c(kind, "m.thread")) {
        event->thread = id_of(relates, "event_id");
        if (tree_is_true(relates, "is_falling_back"))
            answered = (struct str){0};
    }
    if (event->kind == CHAT_MESSAGE)
        event->relates_to = answered;
    if (mentions(content, self))
        event->flags |= CHAT_MENTIONS_US;
    return text_of_message(reading, content, answered.len > 0);
}

static int read_reaction(struct reading *reading)
{
    const struct tree *relates = tree_get(reading->content, "m.relates_to");
    struct chat_event *event = reading->event;
    event->kind = CHAT_REACTION;
    event->relates_to = id_of(relates, "event_id");
    if (!str_eq_c(tree_text(relates, "rel_type"), "m.annotation"))
        return 0;
    int r = clean_text(tree_text(relates, "key"), reading->arena, &event->text);
    return r < 0 ? r : event->text.len > 0 && event->relates_to.len > 0;
}

/* A poll's answer is a reaction to it: the first of the answers, by its id. */
static int read_response(struct reading *reading)
{
    const struct tree *relates = tree_get(reading->content, "m.relates_to");
    const struct tree *answers = tree_get(reading->content, "m.selections");
    struct chat_event *event = reading->event;
    if (!answers)
        answers = tree_get(tree_get(reading->content, "org.matrix.msc3381.poll.response"),
                           "answers");
    event->kind = CHAT_REACTION;
    event->relates_to = id_of(relates, "event_id");
    const struct tree *first = tree_first(answers);
    if (!tree_is(first, TREE_TEXT) || str_empty(event->relates_to))
        return 0;
    int r = clean_text(first->text, reading->arena, &event->text);
    return r < 0 ? r : !str_empty(event->text);
}

static int read_redaction(struct reading *reading)
{
    struct chat_event *event = reading->event;
    event->kind = CHAT_REDACTION;
    event->relates_to = id_of(reading->content, "redacts"); /* room version 11 and later */
    if (str_empty(event->relates_to))
        event->relates_to = id_of(reading->tree, "redacts");
    return !str_empty(event->relates_to);
}

static bool was_joined(const struct tree *tree)
{
    const struct tree *before = tree_get(tree_get(tree, "unsigned"), "prev_content");
    if (!before)
        before = tree_get(tree, "prev_content");
    return str_eq_c(tree_text(before, "membership"), "join");
}

/* Others that come and go; a new name or picture is neither. */
static int read_member(struct reading *reading)
{
    struct chat_event *event = reading->event;
    struct str user = id_of(reading->tree, "state_key");
    struct str now = tree_text(reading->content, "membership");
    bool joins = str_eq_c(now, "join"), before = was_joined(reading->tree);
    bool leaves = (str_eq_c(now, "leave") || str_eq_c(now, "ban")) && before;
    if (str_empty(user) || (!leaves && (!joins || before)))
        return 0;
    event->kind = joins ? CHAT_JOIN : CHAT_LEAVE;
    event->sender = event->account = user;
    struct str name = tree_text(reading->content, "displayname");
    event->display = joins && name.len > 0
                         ? name
                         : matrix_rooms_display(reading->session->rooms, reading->room, user);
    if (str_eq(user, matrix_account_user(reading->session->account)))
        event->flags |= CHAT_OWN;
    return 1;
}

static int read_topic(struct reading *reading)
{
    reading->event->kind = CHAT_TOPIC;
    int r = clean_text(tree_text(reading->content, "topic"), reading->arena, &reading->event->text);
    return r < 0 ? r : 1;
}

static int read_kind(struct reading *reading, struct str type)
{
    static const struct {
        const char *type;
        int (*read)(struct reading *reading);
    } kinds[] = {
        {"m.room.message", read_message},
        {"m.reaction", read_reaction},
        {"m.room.redaction", read_redaction},
        {"m.room.member", read_member},
        {"m.room.topic", read_topic},
        {"m.poll.response", read_response},
        {"org.matrix.msc3381.poll.response", read_response},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_eq_c(type, kinds[i].type))
            return kinds[i].read(reading);
    return 0;
}

/* ---- an event ------------------------------------------------------------------------------- */

/* What a server writes there is its own business: never later than now. */
static int64_t sent_at(const struct matrix_session *session, const struct tree *tree)
{
    int64_t now_at = clock_wall_at(loop_clock(session->env.loop));
    int64_t sent = tree_whole(tree, "origin_server_ts", now_at);
    return sent < 0 ? 0 : MIN_OF(sent, now_at);
}

static unsigned flags_of(const struct matrix_session *session, const struct matrix_room *room,
                         struct str sender, bool late)
{
    bool has_power = str_empty(room->with) &&
                     matrix_rooms_power(room, sender) >=
                         matrix_rooms_power_needed(room, STR("redact"), false);
    return (room->with.len ? CHAT_PRIVATE : 0u) | (late ? CHAT_HISTORY : 0u) |
           (has_power ? CHAT_HAS_POWER : 0u) |
           (str_eq(sender, matrix_account_user(session->account)) ? CHAT_OWN : 0u);
}

static bool is_double(const struct matrix_session *session, struct matrix_room *room)
{
    bool is = matrix_room_is_double(session, room);
    if (is && !room->told_double)
        log_event(LOG_LEVEL_ERROR, "matrix_room_twice", LOG_TEXT("network", session->network.name),
                  LOG_STR("room", matrix_log_name(room->name)),
                  LOG_TEXT("why", "an account that is configured before is in the same room"));
    room->told_double = is;
    return is;
}

int matrix_event_read(struct matrix_session *session, struct matrix_room *room,
                      const struct tree *tree, bool late, struct arena *arena,
                      struct chat_event *ret_event)
{
    struct str sender = id_of(tree, "sender"), type = tree_text(tree, "type");
    const struct tree *content = tree_get(tree, "content");
    if (!matrix_room_matters(room) || str_empty(sender) || sender.ptr[0] != '@' ||
        !tree_is(content, TREE_OBJECT) || is_double(session, room))
        return 0;
    struct chat_event event = {
        .flags = flags_of(session, room, sender, late),
        .room = room->with.len ? (struct str){0} : room->name,
        .sender = sender,
        .account = sender,
        .display = matrix_rooms_display(session->rooms, room, sender),
        .id = id_of(tree, "event_id"),
        .sent_at = sent_at(session, tree),
    };
    struct reading reading = {session, room, tree, content, arena, &event};
    int r = read_kind(&reading, type);
    if (r > 0)
        *ret_event = event;
    return r;
}
