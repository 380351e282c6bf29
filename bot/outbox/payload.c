/* SPDX-License-Identifier: MIT */
/* payload.c: a queued message to JSON and back. */
#include "outbox/payload.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stddef.h>

#include "base/utf8.h"

/* The plain members, once for both directions. */
static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    {"msgid", offsetof(struct payload, msgid)},
    {"verbatim", offsetof(struct payload, verbatim)},
    {"alt", offsetof(struct payload, alt_msgid)},
    {"network", offsetof(struct payload, network)},
    {"room", offsetof(struct payload, room)},
    {"user", offsetof(struct payload, user)},
    {"identity", offsetof(struct payload, identity)},
    {"mention", offsetof(struct payload, mention)},
    {"mention_identity", offsetof(struct payload, mention_identity)},
    {"cause", offsetof(struct payload, cause)},
    {"message", offsetof(struct payload, message_id)},
    {"others", offsetof(struct payload, other_ids)},
    {"file_name", offsetof(struct payload, file_name)},
    {"file_mime", offsetof(struct payload, file_mime)},
    {"answers", offsetof(struct payload, answers_id)},
    {"thread", offsetof(struct payload, thread)},
    {"transaction", offsetof(struct payload, transaction_id)},
    {"source_room", offsetof(struct payload, source_room)},
};
static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
    {"flags", offsetof(struct payload, flags)},
    {"wording", offsetof(struct payload, wording)},
    {"alert", offsetof(struct payload, alert)},
    {"replaces", offsetof(struct payload, replaces)},
    {"member", offsetof(struct payload, member)},
    {"room_id", offsetof(struct payload, room_id)},
    {"group", offsetof(struct payload, group)},
    {"source_room_id", offsetof(struct payload, source_room_id)},
};

static void json_cleanup(json_t **json)
{
    json_decref(*json);
}
#define AUTO_JSON CLEANUP(json_cleanup) json_t

/* ---- out ------------------------------------------------------------------------------------- */

static json_t *text_value(struct str s)
{
    if (utf8_valid(s))
        return json_stringn(s.ptr ? s.ptr : "", s.len);
    AUTO_BUF repaired;
    buf_init(&repaired, PAYLOAD_BYTES_MAX);
    utf8_add_repaired(&repaired, s);
    return repaired.failed ? NULL : json_stringn(buf_str(&repaired).ptr, repaired.len);
}

/* json_object_set_new and json_array_append_new take the value also when they fail, and refuse
 * NULL. */
static int set_text(json_t *object, const char *key, struct str s)
{
    if (str_empty(s))
        return 0;
    return json_object_set_new(object, key, text_value(s)) < 0 ? -ENOMEM : 0;
}

static int set_number(json_t *object, const char *key, int64_t number)
{
    if (number == 0)
        return 0;
    return json_object_set_new(object, key, json_integer(number)) < 0 ? -ENOMEM : 0;
}

/* Bytes go as base64: JSON has no other place for them. */
static int set_bytes(json_t *object, const char *key, struct str bytes)
{
    if (str_empty(bytes))
        return 0;
    if (bytes.len > PAYLOAD_FILE_BYTES_MAX)
        return -E2BIG;
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text AUTO_FREE = mem_alloc(size);
    if (!text)
        return -ENOMEM;
    sodium_bin2base64(text, size, (const unsigned char *)bytes.ptr, bytes.len,
                      sodium_base64_VARIANT_ORIGINAL);
    return json_object_set_new(object, key, json_stringn(text, size - 1)) < 0 ? -ENOMEM : 0;
}

static int encode_arg(json_t *list, const struct mooring_arg *arg)
{
    json_t *object = json_object();
    if (json_array_append_new(list, object) < 0)
        return -ENOMEM;
    int r = set_text(object, "name", str_of(arg->name));
    if (r == 0)
        r = set_number(object, "kind", arg->kind);
    if (r == 0)
        r = set_number(object, "number", arg->number);
    return r < 0 ? r : set_text(object, "text", (struct str){arg->text.ptr, arg->text.len});
}

static int encode_choice(json_t *list, const struct payload_choice *choice)
{
    json_t *object = json_object();
    if (json_array_append_new(list, object) < 0)
        return -ENOMEM;
    int r = set_text(object, "label", choice->label_msgid);
    if (r == 0)
        r = set_text(object, "reaction", choice->reaction);
    return r < 0 ? r : set_text(object, "command", choice->command);
}

static int encode_lists(json_t *root, const struct payload *payload)
{
    int r = 0;
    if (payload->arg_count) {
        json_t *args = json_array();
        if (json_object_set_new(root, "args", args) < 0)
            return -ENOMEM;
        for (size_t i = 0; i < payload->arg_count && r == 0; i++)
            r = encode_arg(args, &payload->args[i]);
    }
    if (payload->choice_count && r == 0) {
        json_t *choices = json_array();
        if (json_object_set_new(root, "choices", choices) < 0)
            return -ENOMEM;
        for (size_t i = 0; i < payload->choice_count && r == 0; i++)
            r = encode_choice(choices, &payload->choices[i]);
    }
    return r;
}

static int dump_part(const char *part, size_t size, void *out)
{
    struct buf *buf = out;
    buf_add(buf, (struct str){part, size});
    return buf->failed ? -1 : 0;
}

int payload_encode(const struct payload *payload, struct buf *out)
{
    if (payload->arg_count > PAYLOAD_ARGS_MAX || payload->choice_count > PAYLOAD_CHOICES_MAX)
        return -E2BIG;
    AUTO_JSON *root = json_object();
    if (!root)
        return -ENOMEM;
    int r = set_number(root, "v", 1);
    for (size_t i = 0; i < COUNT_OF(texts) && r == 0; i++)
        r = set_text(root, texts[i].key,
                     *(const struct str *)((const char *)payload + texts[i].offset));
    for (size_t i = 0; i < COUNT_OF(numbers) && r == 0; i++)
        r = set_number(root, numbers[i].key,
                       (int64_t) * (const uint64_t *)((const char *)payload + numbers[i].offset));
    if (r == 0)
        r = set_number(root, "is_answer", payload->is_answer);
    if (r == 0)
        r = set_number(root, "is_again", payload->is_again);
    if (r == 0)
        r = set_number(root, "taps_only", payload->taps_only);
    if (r == 0)
        r = set_bytes(root, "file", payload->file_bytes);
    if (r == 0)
        r = encode_lists(root, payload);
    if (r < 0)
        return r;
    if (json_dump_callback(root, dump_part, out, JSON_COMPACT) < 0)
        return out->failed ? out->failed : -ENOMEM;
    return out->len > PAYLOAD_BYTES_MAX ? -E2BIG : 0;
}

/* ---- in -------------------------------------------------------------------------------------- */

static int get_text(const json_t *object, const char *key, struct arena *arena,
                    struct str *ret_text)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return 0;
    if (!json_is_string(value))
        return -EINVAL;
    struct str kept = str_keep(arena,
                               (struct str){json_string_value(value), json_string_length(value)});
    if (!kept.ptr)
        return -ENOMEM;
    *ret_text = kept;
    return 0;
}

static int get_bytes(const json_t *object, const char *key, struct arena *arena,
                     struct str *ret_bytes)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return 0;
    if (!json_is_string(value))
        return -EINVAL;
    size_t length = json_string_length(value), size = 0;
    char *bytes = arena_alloc(arena, length / 4 * 3 + 3);
    if (!bytes)
        return -ENOMEM;
    if (sodium_base642bin((unsigned char *)bytes, length / 4 * 3 + 3, json_string_value(value),
                          length, NULL, &size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return -EINVAL;
    *ret_bytes = (struct str){bytes, size};
    return 0;
}

static int get_number(const json_t *object, const char *key, int64_t *ret_number)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return 0;
    if (!json_is_integer(value))
        return -EINVAL;
    *ret_number = json_integer_value(value);
    return 0;
}

static int decode_arg(const json_t *object, struct arena *arena, struct mooring_arg *ret_arg)
{
    struct str name = {0}, text = {0};
    int64_t kind = 0, number = 0;
    int r = get_text(object, "name", arena, &name);
    if (r == 0)
        r = get_text(object, "text", arena, &text);
    if (r == 0)
        r = get_number(object, "kind", &kind);
    if (r == 0)
        r = get_number(object, "number", &number);
    if (r < 0)
        return r;
    if (kind < 0 || kind > MOORING_ARG_MSGID || str_empty(name) || str_has_byte(name, '\0'))
        return -EINVAL;
    char *name_c = arena_copy_text(arena, name.ptr, name.len);
    if (!name_c)
        return -ENOMEM;
    *ret_arg = (struct mooring_arg){
        .name = name_c, .kind = (uint32_t)kind, .number = number, .text = {text.ptr, text.len}};
    return 0;
}

static int decode_choice(const json_t *object, struct arena *arena, struct payload_choice *choice)
{
    int r = get_text(object, "label", arena, &choice->label_msgid);
    if (r == 0)
        r = get_text(object, "reaction", arena, &choice->reaction);
    return r < 0 ? r : get_text(object, "command", arena, &choice->command);
}

static int decode_list(const json_t *root, const char *key, size_t limit, const json_t **ret_list)
{
    *ret_list = json_object_get(root, key);
    if (!*ret_list)
        return 0;
    if (!json_is_array(*ret_list))
        return -EINVAL;
    return json_array_size(*ret_list) > limit ? -E2BIG : 0;
}

static int decode_lists(const json_t *root, struct arena *arena, struct payload *payload)
{
    const json_t *args, *choices;
    int r = decode_list(root, "args", PAYLOAD_ARGS_MAX, &args);
    if (r == 0)
        r = decode_list(root, "choices", PAYLOAD_CHOICES_MAX, &choices);
    if (r < 0)
        return r;
    payload->arg_count = json_array_size(args); /* 0 for NULL */
    payload->choice_count = json_array_size(choices);
    payload->args = arena_alloc(arena, (payload->arg_count + 1) * sizeof *payload->args);
    payload->choices = arena_alloc(arena, (payload->choice_count + 1) * sizeof *payload->choices);
    if (!payload->args || !payload->choices)
        return -ENOMEM;
    for (size_t i = 0; i < payload->arg_count && r == 0; i++)
        r = decode_arg(json_array_get(args, i), arena, &payload->args[i]);
    for (size_t i = 0; i < payload->choice_count && r == 0; i++)
        r = decode_choice(json_array_get(choices, i), arena, &payload->choices[i]);
    return r;
}

/* Version 1.  A later program that adds members can still be read by this one; one that changes
 * them raises the version. */
static int decode_root(const json_t *root, struct arena *arena, struct payload *payload)
{
    int64_t version = 0, is_answer = 0, is_again = 0, taps_only = 0;
    int r = get_number(root, "v", &version);
    if (r < 0 || version != 1)
        return -EINVAL;
    for (size_t i = 0; i < COUNT_OF(texts) && r == 0; i++)
        r = get_text(root, texts[i].key, arena,
                     (struct str *)(void *)((char *)payload + texts[i].offset));
    for (size_t i = 0; i < COUNT_OF(numbers) && r == 0; i++)
        r = get_number(root, numbers[i].key,
                       (int64_t *)(void *)((char *)payload + numbers[i].offset));
    if (r == 0)
        r = get_number(root, "is_answer", &is_answer);
    if (r == 0)
        r = get_number(root, "is_again", &is_again);
    if (r == 0)
        r = get_number(root, "taps_only", &taps_only);
    payload->taps_only = taps_only != 0;
    if (r == 0)
        r = get_bytes(root, "file", arena, &payload->file_bytes);
    payload->is_answer = is_answer != 0;
    payload->is_again = is_again != 0;
    return r < 0 ? r : decode_lists(root, arena, payload);
}

int payload_decode(struct str json, struct arena *arena, struct payload *ret_payload)
{
    if (json.len > PAYLOAD_BYTES_MAX)
        return -E2BIG;
    json_error_t where;
    AUTO_JSON *root = json_loadb(json.ptr ? json.ptr : "", json.len, JSON_ALLOW_NUL, &where);
    if (!root)
        return -EINVAL;
    if (!json_is_object(root))
        return -EINVAL;
    struct payload payload = {0};
    int r = decode_root(root, arena, &payload);
    if (r < 0)
        return r;
    *ret_payload = payload;
    return 0;
}
