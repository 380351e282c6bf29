/* SPDX-License-Identifier: MIT */
/* content.c: a message as Matrix events: plain and HTML bodies from the same Markdown, mentions,
 * relations, cut at paragraphs where it is too long (client-server API, m.room.message). */
#include "chat/matrix/content.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/utf8.h"
#include "text/escape.h"

enum {
    BODY_LIMIT = 1024 * 1024,
    SPLIT_MIN_BYTES = 64, /* what is shorter is not cut: it is not the text that is too long */
};

/* ---- JSON ------------------------------------------------------------------------------------ */

json_t *matrix_json_text(struct str text)
{
    if (utf8_valid(text))
        return json_stringn(text.ptr ? text.ptr : "", text.len);
    AUTO_BUF repaired;
    buf_init(&repaired, 2 * text.len + 1);
    utf8_add_repaired(&repaired, text);
    return repaired.failed ? NULL : json_stringn(buf_str(&repaired).ptr, repaired.len);
}

int matrix_json_set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

int matrix_json_dump(const json_t *json, struct arena *arena, struct str *ret_text)
{
    size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT);
    if (size == 0)
        return -ENOMEM;
    char *text = arena_alloc(arena, size);
    if (!text || json_dumpb(json, text, size, JSON_COMPACT) != size)
        return -ENOMEM;
    *ret_text = (struct str){text, size};
    return 0;
}

static int set_text(json_t *object, const char *key, struct str text)
{
    return matrix_json_set(object, key, matrix_json_text(text));
}

/* ---- who, and what it answers ---------------------------------------------------------------- */

json_t *matrix_content_mentions(struct str user)
{
    if (str_empty(user))
        return json_object();
    return json_pack("{s:[o]}", "user_ids", matrix_json_text(user));
}

static bool is_reply(const struct chat_message *message, const struct matrix_place *place)
{
    return !place->is_private && !str_empty(message->answers_id);
}

static struct str thread_of(const struct chat_message *message, const struct matrix_place *place)
{
    switch (place->threads) {
    case MATRIX_THREADS_ALWAYS:
        if (str_empty(message->thread) && is_reply(message, place))
            return message->answers_id;
        return message->thread;
    case MATRIX_THREADS_FOLLOW:
        return message->thread;
    case MATRIX_THREADS_NEVER:
    case MATRIX_THREADS_COUNT:
        break;
    }
    return (struct str){0};
}

/* In a thread every event says so; clients that know no threads see an answer instead
 * (is_falling_back).  Elsewhere the first part alone is an answer: a quote above each would be
 * noise.  In private everything is an answer, and none needs a quote. */
int matrix_content_relation(const struct chat_message *message, const struct matrix_place *place,
                            bool is_first, json_t **ret_relation)
{
    struct str thread = thread_of(message, place);
    json_t *relation = NULL;
    if (!str_empty(thread)) {
        struct str answers = str_empty(message->answers_id) ? thread : message->answers_id;
        relation = json_pack("{s:s, s:o, s:b, s:{s:o}}", "rel_type", "m.thread", "event_id",
                             matrix_json_text(thread), "is_falling_back", 1, "m.in_reply_to",
                             "event_id", matrix_json_text(answers));
    } else if (is_first && is_reply(message, place)) {
        relation = json_pack("{s:{s:o}}", "m.in_reply_to", "event_id",
                             matrix_json_text(message->answers_id));
    } else {
        *ret_relation = NULL;
        return 0;
    }
    if (!relation)
        return -ENOMEM;
    *ret_relation = relation;
    return 0;
}

static int add_relation(const struct chat_message *message, const struct matrix_place *place,
                        bool is_first, json_t *content)
{
    json_t *relation;
    int r = matrix_content_relation(message, place, is_first, &relation);
    if (r < 0 || !relation)
        return r;
    return matrix_json_set(content, "m.relates_to", relation);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static void add_escaped(struct buf *out, struct str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t c = text_escape_shown(utf8_next(text, &at));
        if (c == '&')
            buf_add(out, STR("&amp;"));
        else if (c == '<')
            buf_add(out, STR("&lt;"));
        else if (c == '>')
            buf_add(out, STR("&gt;"));
        else if (c == '"')
            buf_add(out, STR("&quot;"));
        else
            utf8_add(out, c == '\n' || c == '\t' ? ' ' : c);
    }
}

/* A link to a person: the sigil and the colon as they are, because clients look for them. */
static void add_person_link(struct buf *out, struct str user)
{
    buf_add(out, STR("<a href=\"https://matrix.to/#/"));
    for (size_t i = 0; i < user.len; i++) {
        unsigned char c = (unsigned char)user.ptr[i];
        bool is_plain = ascii_is_word(c);
        if (is_plain || (c && strchr("@:._=-~", c)))
            buf_add_byte(out, (char)c);
        else
            buf_add_format(out, "%%%02X", c);
    }
    buf_add(out, STR("\">"));
}

/* Whose name stands before the text: who is addressed and not answered, as an answer says by itself
 * whom it is for. */
static bool names_them(const struct chat_message *message, const struct matrix_place *place)
{
    return !place->is_private && !str_empty(message->mention) && !is_reply(message, place);
}

static void add_plain_name(const struct chat_message *message, struct buf *out)
{
    for (size_t at = 0; at < message->mention.len;) {
        uint32_t c = text_escape_shown(utf8_next(message->mention, &at));
        utf8_add(out, c == '\n' || c == '\t' ? ' ' : c);
    }
    buf_add(out, STR(": "));
}

static void add_html_name(const struct chat_message *message, struct buf *out)
{
    bool is_link = !str_empty(message->mention_identity);
    if (is_link)
        add_person_link(out, message->mention_identity);
    add_escaped(out, message->mention);
    buf_add(out, is_link ? STR("</a>: ") : STR(": "));
}

struct bodies {
    struct buf plain, html;
};

static void bodies_done(struct bodies *bodies)
{
    buf_done(&bodies->plain);
    buf_done(&bodies->html);
}
#define AUTO_BODIES CLEANUP(bodies_done) struct bodies

/* The name stands inside the first paragraph, not above it. */
static int make_html(const struct chat_message *message, bool named, struct str markdown,
                     struct buf *out)
{
    static const struct str paragraph = {"<p>", 3};
    AUTO_BUF html;
    buf_init(&html, BODY_LIMIT);
    int r = markdown_render(markdown, MARKDOWN_HTML, &html);
    if (r < 0)
        return r;
    struct str rest = buf_str(&html);
    if (named && str_starts(rest, paragraph)) {
        buf_add(out, paragraph);
        rest = str_from(rest, paragraph.len);
    }
    if (named)
        add_html_name(message, out);
    buf_add(out, rest);
    return out->failed;
}

static int make_bodies(const struct chat_message *message, const struct matrix_place *place,
                       bool is_first, struct str markdown, struct bodies *bodies)
{
    bool named = is_first && names_them(message, place);
    buf_init(&bodies->plain, BODY_LIMIT);
    buf_init(&bodies->html, BODY_LIMIT);
    if (named)
        add_plain_name(message, &bodies->plain);
    int r = markdown_render(markdown, MARKDOWN_PLAIN, &bodies->plain);
    return r < 0 ? r : make_html(message, named, markdown, &bodies->html);
}

/* ---- one event ------------------------------------------------------------------------------- */

static bool is_notice(const struct chat_message *message)
{
    return (message->flags & CHAT_SEND_ANSWER) && !(message->flags & CHAT_SEND_CRISIS);
}

static int set_bodies(const struct chat_message *message, const char *before,
                      const struct bodies *bodies, json_t *content)
{
    AUTO_BUF plain, html;
    buf_init(&plain, 2 * (size_t)BODY_LIMIT);
    buf_init(&html, 2 * (size_t)BODY_LIMIT);
    buf_add_c(&plain, before);
    buf_add(&plain, buf_str(&bodies->plain));
    buf_add_c(&html, before);
    buf_add(&html, buf_str(&bodies->html));
    int r = plain.failed ? plain.failed : html.failed;
    if (r == 0)
        r = set_text(content, "msgtype", is_notice(message) ? STR("m.notice") : STR("m.text"));
    if (r == 0)
        r = set_text(content, "body", buf_str(&plain));
    if (r == 0)
        r = set_text(content, "format", STR("org.matrix.custom.html"));
    if (r == 0)
        r = set_text(content, "formatted_body", buf_str(&html));
    return r;
}

/* A notice rings nobody: who just typed the command is looking. */
static struct str rung(const struct chat_message *message, const struct matrix_place *place,
                       bool is_first)
{
    bool rings = is_first && !place->is_private && !is_notice(message);
    return rings ? message->mention_identity : (struct str){0};
}

static int new_message(const struct chat_message *message, const struct matrix_place *place,
                       bool is_first, const struct bodies *bodies, json_t *content)
{
    int r = set_bodies(message, "", bodies, content);
    if (r == 0)
        r = matrix_json_set(content, "m.mentions",
                            matrix_content_mentions(rung(message, place, is_first)));
    return r < 0 ? r : add_relation(message, place, is_first, content);
}

/* Outside stands what older clients show, and who is rung by the edit: nobody a second time.
 * Inside, what the message is from now on (event replacements, m.mentions). */
static int edit(const struct chat_message *message, const struct matrix_place *place,
                const struct bodies *bodies, json_t *content)
{
    AUTO_JSON *inner = json_object();
    int r = set_bodies(message, "", bodies, inner);
    if (r == 0)
        r = matrix_json_set(inner, "m.mentions",
                            matrix_content_mentions(rung(message, place, true)));
    if (r == 0)
        r = set_bodies(message, "* ", bodies, content);
    if (r == 0)
        r = matrix_json_set(content, "m.mentions", json_object());
    if (r == 0)
        r = matrix_json_set(content, "m.new_content", json_incref(inner));
    if (r == 0)
        r = matrix_json_set(content, "m.relates_to",
                            json_pack("{s:s, s:o}", "rel_type", "m.replace", "event_id",
                                      matrix_json_text(message->replaces_id)));
    return r;
}

/* ---- parts ----------------------------------------------------------------------------------- */

struct making {
    const struct chat_message *message;
    const struct matrix_place *place;
    struct arena *arena;
    struct matrix_parts *parts;
};

static int make_one(struct making *making, struct str markdown, struct str *ret_json,
                    struct str *ret_plain)
{
    AUTO_BODIES bodies = {0};
    bool is_first = making->parts->count == 0;
    int r = make_bodies(making->message, making->place, is_first, markdown, &bodies);
    if (r < 0)
        return r;
    AUTO_JSON *content = json_object();
    if (is_first && !str_empty(making->message->replaces_id))
        r = edit(making->message, making->place, &bodies, content);
    else
        r = new_message(making->message, making->place, is_first, &bodies, content);
    if (r == 0)
        r = matrix_json_dump(content, making->arena, ret_json);
    if (r == 0)
        *ret_plain = str_keep(making->arena, buf_str(&bodies.plain));
    return r;
}

/* Where `what` stands nearest to the middle, in the middle half. */
static size_t nearest(struct str text, struct str what)
{
    size_t middle = text.len / 2, best = SIZE_MAX;
    for (size_t at = str_find(text, what, text.len / 4); at < text.len / 4 * 3;
         at = str_find(text, what, at + 1)) {
        if (best != SIZE_MAX && at > middle && at - middle >= middle - best)
            break;
        best = at;
    }
    return best == SIZE_MAX ? SIZE_MAX : best + what.len;
}

/* At a paragraph, else at a line, a word, a character. */
static size_t cut_of(struct str text)
{
    static const struct str marks[] = {{"\n\n", 2}, {"\n", 1}, {" ", 1}};
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        size_t cut = nearest(text, marks[i]);
        if (cut != SIZE_MAX)
            return cut;
    }
    return utf8_floor(text.ptr, text.len, text.len / 2);
}

static int add_text(struct making *making, struct str markdown)
{
    struct str json, plain;
    if (making->parts->count == MATRIX_PARTS_MAX)
        return -E2BIG;
    int r = make_one(making, markdown, &json, &plain);
    if (r == 0 && json.len <= MATRIX_CONTENT_BYTES) {
        if (str_empty(str_trim(plain)))
            return 0; /* white space around a cut */
        making->parts->parts[making->parts->count++] = (struct matrix_part){STR("m.room.message"),
                                                                            json};
        return 0;
    }
    if ((r < 0 && r != -E2BIG) || markdown.len < SPLIT_MIN_BYTES)
        return r < 0 ? r : -E2BIG;
    size_t cut = cut_of(markdown); /* halves: the depth is the logarithm of the length */
    r = add_text(making, str_upto(markdown, cut));
    return r < 0 ? r : add_text(making, str_from(markdown, cut));
}

static int add_poll(struct making *making)
{
    AUTO_BODIES bodies = {0};
    struct matrix_part *part = &making->parts->parts[0];
    int r = make_bodies(making->message, making->place, true, making->message->markdown, &bodies);
    if (r == 0)
        r = matrix_poll_make(making->message, making->place, buf_str(&bodies.plain), making->arena,
                             part);
    if (r < 0)
        return r;
    making->parts->is_poll = part->json.len <= MATRIX_CONTENT_BYTES;
    making->parts->count = making->parts->is_poll ? 1 : 0;
    return 0;
}

int matrix_content_make(const struct chat_message *message, const struct matrix_place *place,
                        struct arena *arena, struct matrix_parts *ret_parts)
{
    struct matrix_parts parts = {.count = 0};
    struct making making = {message, place, arena, &parts};
    int r = matrix_poll_fits(message, place) ? add_poll(&making) : 0;
    if (r == 0 && parts.count == 0)
        r = add_text(&making, message->markdown);
    if (r < 0)
        return r;
    if (parts.count == 0)
        return -EINVAL;
    *ret_parts = parts;
    return 0;
}

/* ---- a picture, a reaction ------------------------------------------------------------------- */

/* Width and height, as a client wants them to leave room before it has loaded the picture.  PNG
 * (RFC 2083): an IHDR chunk stands first. */
static int add_size(struct str bytes, json_t *info)
{
    static const unsigned char head[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                         0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    if (bytes.len < sizeof head + 8 || memcmp(bytes.ptr, head, sizeof head) != 0)
        return 0;
    const unsigned char *at = (const unsigned char *)bytes.ptr + sizeof head;
    json_int_t size[2];
    for (size_t i = 0; i < 2; i++, at += 4)
        size[i] = (json_int_t)bytes_get_big(at, 4);
    int r = matrix_json_set(info, "w", json_integer(size[0]));
    return r < 0 ? r : matrix_json_set(info, "h", json_integer(size[1]));
}

static int add_info(const struct chat_message *message, json_t *content)
{
    AUTO_JSON *info = json_pack("{s:o, s:I}", "mimetype", matrix_json_text(message->file_mime),
                                "size", (json_int_t)message->file_bytes.len);
    if (!info)
        return -ENOMEM;
    int r = add_size(message->file_bytes, info);
    return r < 0 ? r : matrix_json_set(content, "info", json_incref(info));
}

int matrix_content_picture(const struct chat_message *message, const struct matrix_place *place,
                           struct str mxc, struct arena *arena, struct matrix_part *ret_part)
{
    bool is_image = str_starts_nocase(message->file_mime, STR("image/"));
    struct str alt = str_empty(message->file_alt) ? message->file_name : message->file_alt;
    AUTO_JSON *content = json_object();
    int r = set_text(content, "msgtype", is_image ? STR("m.image") : STR("m.file"));
    if (r == 0)
        r = set_text(content, "body", alt);
    if (r == 0)
        r = set_text(content, "filename", message->file_name);
    if (r == 0)
        r = set_text(content, "url", mxc);
    if (r == 0)
        r = add_info(message, content);
    if (r == 0)
        r = matrix_json_set(content, "m.mentions", json_object());
    if (r == 0)
        r = add_relation(message, place, false, content);
    struct matrix_part part = {.type = STR("m.room.message")};
    if (r == 0)
        r = matrix_json_dump(content, arena, &part.json);
    if (r == 0)
        *ret_part = part;
    return r;
}

int matrix_content_reaction(struct str event_id, struct str emoji, struct arena *arena,
                            struct matrix_part *ret_part)
{
    struct matrix_part part = {.type = STR("m.reaction")};
    AUTO_JSON *content = json_pack("{s:{s:s, s:o, s:o}, s:{}}", "m.relates_to", "rel_type",
                                   "m.annotation", "event_id", matrix_json_text(event_id), "key",
                                   matrix_json_text(emoji), "m.mentions");
    if (!content)
        return -ENOMEM;
    int r = matrix_json_dump(content, arena, &part.json);
    if (r == 0)
        *ret_part = part;
    return r;
}
