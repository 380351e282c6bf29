/* SPDX-License-Identifier: MIT */
/* render.c: what a message says to its reader: their language, their zone, their network's form and
 * line budget. */
#include "outbox/internal.h"

#include <errno.h>

#include "observe/log.h"
#include "outbox/split.h"

enum { RENDERED_BYTES_MAX = 128 * 1024, CARD_LINES_MAX = 4 };

/* Whose eyes: a member's own in private, the group's in a room. */
struct reader {
    struct outbox *outbox;
    struct str zone;
    struct str guest; /* in private: what somebody without an identity is called by the network */
    struct text_reader text;
    struct arena *arena;
};

static int add_someone(struct reader *reader, struct buf *out)
{
    return text_render(reader->outbox->parts.text, &reader->text, STR("outbox.someone"), NULL, 0, 0,
                       out);
}

static int reader_name(void *ctx, uint32_t kind, uint64_t id, struct buf *out)
{
    struct reader *reader = ctx;
    struct outbox *outbox = reader->outbox;
    struct str name = {0};
    if (kind == MOORING_ARG_MEMBER) {
        if (id && people_display(outbox->parts.people, id, reader->arena, &name) == 0 &&
            !str_empty(name)) {
            buf_add(out, name);
            return out->failed;
        }
        if (!id && !str_empty(reader->guest)) {
            buf_add(out, reader->guest);
            return out->failed;
        }
        return add_someone(reader, out);
    }
    const struct groups_room *room = outbox->parts.groups
                                         ? groups_room_by_id(outbox->parts.groups, id)
                                         : NULL;
    if (!room)
        return -ENOENT;
    buf_add(out, room->name);
    return out->failed;
}

static int reader_local(void *ctx, int64_t at, struct mooring_civil *ret_local)
{
    struct reader *reader = ctx;
    return reader->outbox->parts.local(reader->outbox->parts.ctx, reader->zone, at, ret_local);
}

static void reader_init(struct reader *reader, struct outbox *outbox, const struct payload *payload,
                        struct arena *arena)
{
    const struct group *group = outbox_group(outbox, payload->group);
    bool own = payload->member && str_empty(payload->room);
    if (!group && payload->member)
        group = people_home(outbox->parts.people, payload->member);
    struct str language = group ? group->language : STR("en");
    reader->guest = payload->member || !str_empty(payload->room) ? (struct str){0} : payload->user;
    reader->zone = group ? group->zone : STR("UTC");
    if (own) {
        reader->zone = people_zone(outbox->parts.people, payload->member, group, arena);
        language = people_language(outbox->parts.people, payload->member, group, arena);
    }
    reader->outbox = outbox;
    reader->arena = arena;
    reader->text = (struct text_reader){
        .language = language, .ctx = reader, .name = reader_name, .local = reader_local};
}

static int add_text(struct reader *reader, struct str msgid, struct buf *out)
{
    return text_render(reader->outbox->parts.text, &reader->text, msgid, NULL, 0, 0, out);
}

int outbox_render_label(struct outbox *outbox, const struct payload *payload, struct str msgid,
                        struct arena *arena, struct str *ret_label)
{
    struct reader reader;
    reader_init(&reader, outbox, payload, arena);
    AUTO_BUF label;
    buf_init(&label, RENDERED_BYTES_MAX);
    int r = add_text(&reader, msgid, &label);
    if (r == -ENOENT) {
        buf_add(&label, msgid); /* odd, but it can still be chosen */
        r = label.failed;
    }
    if (r < 0)
        return r;
    *ret_label = str_keep(arena, buf_str(&label));
    return ret_label->ptr ? 0 : -ENOMEM;
}

/* "(1) yes (2) no", on the text's line when that is one line. */
static int add_choices(struct outbox *outbox, const struct payload *payload, struct arena *arena,
                       struct buf *out)
{
    char gap = str_has_byte(buf_str(out), '\n') ? '\n' : ' ';
    for (size_t i = 0; i < payload->choice_count; i++) {
        struct str label;
        int r = outbox_render_label(outbox, payload, payload->choices[i].label_msgid, arena,
                                    &label);
        if (r < 0)
            return r;
        buf_add_byte(out, i == 0 ? gap : ' ');
        buf_add_format(out, "(%zu) %.*s", i + 1, STR_ARG(label));
    }
    return out->failed;
}

/* A crisis message whose text is missing from the catalogue still rings: the number and the command
 * are enough. */
static int add_stopgap(const struct payload *payload, struct buf *out)
{
    if (!(payload->flags & MOORING_SAY_CRISIS) || payload->alert == 0)
        return -EINVAL;
    buf_add_format(out, "ALERT %llu `!alerts`", (unsigned long long)payload->alert);
    return out->failed;
}

static int compose(struct outbox *outbox, const struct payload *payload, struct arena *arena,
                   struct buf *out)
{
    struct reader reader;
    reader_init(&reader, outbox, payload, arena);
    int r = 0;
    if (payload->is_again) {
        r = add_text(&reader, STR("outbox.again"), out);
        if (r == 0)
            buf_add_byte(out, ' ');
    }
    if (!str_empty(payload->verbatim)) {
        buf_add(out, payload->verbatim);
        r = out->failed;
    } else {
        r = text_render(outbox->parts.text, &reader.text, payload->msgid, payload->args,
                        payload->arg_count, payload->wording, out);
    }
    if (r == -ENOENT) {
        log_event(LOG_LEVEL_ERROR, "outbox_no_text", LOG_STR("msgid", payload->msgid));
        r = add_stopgap(payload, out);
    }
    if (r == 0 && payload->choice_count && !payload->taps_only)
        r = add_choices(outbox, payload, arena, out);
    if (r == 0 && !str_empty(payload->alt_msgid)) {
        buf_add_byte(out, '\n'); /* no network here takes files: what it shows, in words */
        r = add_text(&reader, payload->alt_msgid, out);
    }
    return r < 0 ? r : out->failed;
}

static unsigned send_flags(const struct payload *payload)
{
    unsigned flags = payload->is_answer ? CHAT_SEND_ANSWER : 0;
    if (payload->flags & MOORING_SAY_CRISIS)
        flags |= CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM;
    if (payload->flags & MOORING_SAY_REPORT)
        flags |= CHAT_SEND_CONFIRM;
    return flags;
}

static int render_choices(struct outbox *outbox, const struct payload *payload, struct arena *arena,
                          struct chat_choice **ret_choices)
{
    struct chat_choice *choices = arena_alloc(arena, (payload->choice_count + 1) * sizeof *choices);
    if (!choices)
        return -ENOMEM;
    for (size_t i = 0; i < payload->choice_count; i++) {
        choices[i].emoji = outbox_choice_emoji(&payload->choices[i], i);
        int r = outbox_render_label(outbox, payload, payload->choices[i].label_msgid, arena,
                                    &choices[i].label);
        if (r < 0)
            return r;
    }
    *ret_choices = choices;
    return 0;
}

static int add_file(struct outbox *outbox, const struct payload *payload, struct arena *arena,
                    struct chat_message *message)
{
    message->file_name = payload->file_name;
    message->file_mime = payload->file_mime;
    message->file_bytes = payload->file_bytes;
    if (str_empty(payload->alt_msgid))
        return 0;
    return outbox_render_label(outbox, payload, payload->alt_msgid, arena, &message->file_alt);
}

int outbox_render_message(struct outbox *outbox, const struct payload *payload,
                          struct chat_network *network, struct arena *arena,
                          struct chat_message *ret_message)
{
    AUTO_BUF markdown;
    AUTO_BUF shown;
    buf_init(&markdown, RENDERED_BYTES_MAX);
    buf_init(&shown, RENDERED_BYTES_MAX);
    int r = compose(outbox, payload, arena, &markdown);
    if (r == 0)
        r = markdown_render(buf_str(&markdown), network->class->form, &shown);
    if (r == -ENOMEM && mem_on_reserve() && !markdown.failed) {
        buf_clear(&shown); /* the marks do not keep anybody in need from reading the number */
        buf_add(&shown, buf_str(&markdown));
        r = shown.failed;
    }
    if (r < 0)
        return r;
    struct str *lines;
    size_t line_count;
    size_t budget = network->class->line_bytes(network, payload->room, payload->user);
    r = split_lines(buf_str(&shown), budget, arena, &lines, &line_count);
    /* A card of four lines at two seconds a line is too slow for somebody who is not breathing. */
    if (r == 0 && budget && (payload->flags & MOORING_SAY_CRISIS) && line_count <= CARD_LINES_MAX)
        r = split_join(lines, &line_count, budget, arena);
    if (r < 0)
        return r;
    if (line_count == 0)
        return -EINVAL;
    struct str kept = str_keep(arena, buf_str(&markdown));
    if (!kept.ptr)
        return -ENOMEM;
    struct chat_choice *choices;
    r = render_choices(outbox, payload, arena, &choices);
    if (r < 0)
        return r;
    *ret_message = (struct chat_message){.flags = send_flags(payload),
                                         .room = payload->room,
                                         .user = payload->user,
                                         .identity = payload->identity,
                                         .mention = payload->mention,
                                         .mention_identity = payload->mention_identity,
                                         .answers_id = payload->answers_id,
                                         .thread = payload->thread,
                                         .transaction_id = payload->transaction_id,
                                         .choices = choices,
                                         .choice_count = payload->choice_count,
                                         .markdown = kept,
                                         .lines = lines,
                                         .line_count = line_count};
    if (network->caps & MOORING_NET_EDIT)
        ret_message->replaces_id = outbox_replaced_id(outbox, payload, arena);
    return (network->caps & MOORING_NET_FILE) && !str_empty(payload->file_bytes)
               ? add_file(outbox, payload, arena, ret_message)
               : 0;
}

int outbox_render(struct outbox *outbox, const struct mooring_to *to, struct str msgid,
                  const struct mooring_arg *args, size_t count, struct buf *out)
{
    const struct outbox_source *source = to->answers.id ? outbox_find_source(outbox, to->answers.id)
                                                        : NULL;
    struct payload payload = {
        .member = to->member.id, .room_id = to->room.id, .group = to->group.id};
    if (source) {
        payload.member = payload.member ? payload.member : source->member;
        payload.group = payload.group ? payload.group : source->group;
        payload.room = payload.room_id ? source->room : (struct str){0};
    }
    if (payload.room_id && str_empty(payload.room))
        payload.room = STR("-"); /* whichever it is: the group's eyes, not a member's */
    arena_reset(&outbox->arena);
    struct reader reader;
    reader_init(&reader, outbox, &payload, &outbox->arena);
    AUTO_BUF markdown;
    buf_init(&markdown, RENDERED_BYTES_MAX);
    int r = text_render(outbox->parts.text, &reader.text, msgid, args, count, 0, &markdown);
    return r < 0 ? r : markdown_render(buf_str(&markdown), MARKDOWN_PLAIN, out);
}
