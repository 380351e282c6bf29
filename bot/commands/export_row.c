/* SPDX-License-Identifier: MIT */
/* export_row.c: a row of the store as a line that its owner can read. */
#include "commands/export.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum { MSGID_BYTES = 64, FLAT_BYTES_MAX = 512 * 1024 };

int export_add_text(const struct export_reader *reader, const char *msgid,
                    const struct mooring_arg *args, size_t count, struct buf *out)
{
    struct text_reader text = {.language = reader->language};
    return text_render(reader->commands->parts.text, &text, str_of(msgid), args, count, 0, out);
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* What the program's own JSON says, without its braces: "step 2, context evening".  Random numbers
 * of the transport are no news of anybody. */
static void flatten(const json_t *value, const char *key, struct buf *out)
{
    const char *name;
    json_t *item;
    size_t at;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, name,
                            item) if (strcmp(name, "v") != 0 && strcmp(name, "transaction") != 0)
            flatten(item, name, out);
        return;
    }
    if (json_is_array(value)) {
        json_array_foreach(value, at, item) flatten(item, key, out);
        return;
    }
    if (json_is_string(value) && json_string_length(value) == 0)
        return;
    if (out->len)
        buf_add_c(out, ", ");
    buf_add_format(out, "%s ", key);
    if (json_is_string(value))
        buf_add(out, (struct str){json_string_value(value), json_string_length(value)});
    else if (json_is_integer(value))
        buf_add_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        buf_add_c(out, json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "-");
}

/* Kept in `arena`; as it is where it is no JSON. */
static struct str flat(struct str json, struct arena *arena)
{
    json_error_t where;
    AUTO_BUF out;
    buf_init(&out, FLAT_BYTES_MAX);
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, JSON_ALLOW_NUL, &where);
    if (!root)
        return json;
    flatten(root, "", &out);
    json_decref(root);
    return out.failed ? json : str_keep(arena, buf_str(&out));
}

static struct str local(const struct export_reader *reader, int64_t at, struct arena *arena)
{
    const struct zone *zone;
    struct civil civil;
    char text[CIVIL_TEXT_BYTES];
    if (at <= 0 || zones_get(reader->commands->parts.zones, reader->zone, &zone) < 0 ||
        zone_local_at(zone, at, &civil) < 0)
        return (struct str){0};
    civil_format_short(&civil, text);
    return str_keep(arena, str_of(text));
}

static struct mooring_arg group_arg(const struct export_reader *reader, const char *name,
                                    uint64_t id)
{
    const struct group *group = groups_by_id(reader->commands->parts.groups, id);
    return group ? abi_text(name, group->title)
                 : abi_msgid(name, id ? STR("export.group-gone") : STR("export.no-group"));
}

static struct mooring_arg room_arg(const struct export_reader *reader, const char *name,
                                   uint64_t id)
{
    const struct groups_room *room = groups_room_by_id(reader->commands->parts.groups, id);
    return room ? abi_text(name, room->name)
                : abi_msgid(name, id ? STR("export.room-gone") : STR("export.in-private"));
}

/* What is a number in the store and a word for people. */
static struct mooring_arg number_arg(const struct store_export_field *field, struct arena *arena)
{
    char msgid[MSGID_BYTES] = "";
    if (strcmp(field->name, "kind") == 0 && field->number >= 0 && field->number < SAFETY_KIND_COUNT)
        snprintf(msgid, sizeof msgid, "alerts.kind-%s",
                 field->number == SAFETY_NONE ? "help"
                                              : safety_kind_name((enum safety_kind)field->number));
    if (strcmp(field->name, "state") == 0)
        snprintf(msgid, sizeof msgid, "commands.alerts-state-%" PRId64, field->number);
    if (msgid[0])
        return abi_msgid(field->name, str_keep(arena, str_of(msgid)));
    return abi_int(field->name, field->number);
}

static struct mooring_arg arg_of(const struct export_reader *reader,
                                 const struct store_export_field *field, struct arena *arena)
{
    switch (field->kind) {
    case STORE_EXPORT_JSON:
        return abi_text(field->name, flat(field->text, arena));
    case STORE_EXPORT_NUMBER:
        return number_arg(field, arena);
    case STORE_EXPORT_TIME:
        return abi_text(field->name, local(reader, field->number, arena));
    case STORE_EXPORT_GROUP:
        return group_arg(reader, field->name, (uint64_t)field->number);
    case STORE_EXPORT_ROOM:
        return room_arg(reader, field->name, (uint64_t)field->number);
    case STORE_EXPORT_TEXT:
        break;
    }
    if (str_empty(field->text) && strcmp(field->name, "plugin") == 0)
        return abi_msgid(field->name, STR("export.core"));
    return abi_text(field->name, field->text);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int add_piece(const struct export_reader *reader, const struct store_export_row *row,
                     const struct store_export_field *field, const struct mooring_arg *args,
                     struct buf *out)
{
    char msgid[MSGID_BYTES];
    if (str_empty(field->text) && field->number == 0)
        return 0;
    snprintf(msgid, sizeof msgid, "export.%s-%s", row->what, field->name);
    if (!text_has(reader->commands->parts.text, STR("en"), str_of(msgid)))
        return 0;
    buf_add_byte(out, ' ');
    return export_add_text(reader, msgid, args, row->count, out);
}

/* Without a sentence it is still theirs: names and values of its fields. */
static int add_bare(const struct store_export_row *row, const struct mooring_arg *args,
                    struct buf *out)
{
    text_escape(out, str_of(row->what));
    for (size_t i = 0; i < row->count; i++) {
        buf_add_format(out, ", %s ", args[i].name);
        if (args[i].kind == MOORING_ARG_INT)
            buf_add_format(out, "%" PRId64, args[i].number);
        else
            text_escape(out, abi_take(args[i].text));
    }
    return out->failed;
}

int export_add_row(const struct export_reader *reader, const struct store_export_row *row,
                   struct buf *out)
{
    struct arena arena CLEANUP(arena_done);
    struct mooring_arg args[STORE_EXPORT_FIELDS];
    char msgid[MSGID_BYTES];
    arena_init(&arena, 0);
    for (size_t i = 0; i < row->count; i++)
        args[i] = arg_of(reader, &row->fields[i], &arena);
    snprintf(msgid, sizeof msgid, "export.%s", row->what);
    int r = export_add_text(reader, msgid, args, row->count, out);
    if (r == -ENOENT)
        r = add_bare(row, args, out);
    for (size_t i = 0; r >= 0 && i < row->count; i++)
        r = add_piece(reader, row, &row->fields[i], args, out);
    return r;
}
