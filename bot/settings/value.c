/* SPDX-License-Identifier: MIT */
/* value.c: one value against its option: type, range, choices, and what would have been right. */
#include "settings/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/near.h"
#include "base/number.h"
#include "base/utf8.h"

enum { TEXT_LIMIT = 8192, SHOWN_BYTES = 80 };

/* What the reader sees of a value in an error: long ones are cut. */
static struct str shown(struct str text)
{
    return str_upto(text, text.len > SHOWN_BYTES ? SHOWN_BYTES : text.len);
}

/* "\"x\" is not <what>." */
static int not_a(struct error *error, const struct settings_raw *raw, const char *what)
{
    switch (raw->type) {
    case SETTINGS_RAW_TYPED:
    case SETTINGS_RAW_TEXT:
        return error_set(error, -EINVAL, "\"%.*s\" is not %s", STR_ARG(shown(raw->text)), what);
    case SETTINGS_RAW_INTEGER:
        return error_set(error, -EINVAL, "%" PRId64 " is not %s", raw->integer, what);
    case SETTINGS_RAW_BOOLEAN:
        return error_set(error, -EINVAL, "%s is not %s", raw->integer ? "true" : "false", what);
    case SETTINGS_RAW_FRACTION:
    case SETTINGS_RAW_TYPE_COUNT:
        break;
    }
    return error_set(error, -EINVAL, "a number with a point is not %s", what);
}

static int keep(struct arena *arena, struct str text, int64_t integer,
                struct settings_value *ret_value)
{
    struct str kept = str_keep(arena, text);
    if (!kept.ptr)
        return -ENOMEM;
    *ret_value = (struct settings_value){integer, kept};
    return 0;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static const char *unit_of(const struct mooring_option *option, char *out, size_t size)
{
    bool has_unit = option->unit && option->unit[0];
    snprintf(out, size, "%s%s", has_unit ? " " : "", has_unit ? option->unit : "");
    return out;
}

static int out_of_range(const struct mooring_option *option, const char *number,
                        struct error *error)
{
    char unit[64];
    unit_of(option, unit, sizeof unit);
    return error_set(error, -EINVAL, "%s is outside %" PRId64 " to %" PRId64 "%s.", number,
                     option->min, option->max, unit);
}

static int integer_hint(const struct mooring_option *option, const struct settings_raw *raw,
                        struct error *error)
{
    char what[160], unit[64];
    unit_of(option, unit, sizeof unit);
    bool quoted = raw->type == SETTINGS_RAW_TEXT &&
                  number_parse(raw->text, INT64_MIN, INT64_MAX, &(int64_t){0}) == 0;
    if (quoted)
        return not_a(error, raw, "a number: take the quotes away.");
    if (option->min || option->max)
        snprintf(what, sizeof what, "a whole number. It is one from %" PRId64 " to %" PRId64 "%s.",
                 option->min, option->max, unit);
    else
        snprintf(what, sizeof what, "a whole number.");
    return not_a(error, raw, what);
}

static int check_integer(const struct mooring_option *option, const struct settings_raw *raw,
                         struct arena *arena, struct settings_value *ret_value, struct error *error)
{
    int64_t number = raw->integer;
    int r = 0;
    if (raw->type == SETTINGS_RAW_TYPED)
        r = number_parse(str_trim(raw->text), INT64_MIN, INT64_MAX, &number);
    else if (raw->type != SETTINGS_RAW_INTEGER)
        r = -EINVAL;
    if (r == -EINVAL)
        return integer_hint(option, raw, error);
    /* libconfig stops at the ends of 64 bits: what stands there was larger. */
    bool huge = r == -ERANGE || number == INT64_MAX || number == INT64_MIN;
    if (huge && (option->min || option->max))
        return out_of_range(option, "this number", error);
    if (huge)
        return error_set(error, -EINVAL, "this number is too large.");
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, number);
    if ((option->min || option->max) && (number < option->min || number > option->max))
        return out_of_range(option, text, error);
    return keep(arena, str_of(text), number, ret_value);
}

static int check_boolean(const struct settings_raw *raw, struct arena *arena,
                         struct settings_value *ret_value, struct error *error)
{
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    if (raw->type == SETTINGS_RAW_BOOLEAN)
        return keep(arena, raw->integer ? STR("true") : STR("false"), raw->integer != 0, ret_value);
    for (size_t i = 0; raw->type == SETTINGS_RAW_TYPED && i < COUNT_OF(yes); i++) {
        if (str_eq_nocase(str_trim(raw->text), str_of(yes[i])))
            return keep(arena, STR("true"), 1, ret_value);
        if (str_eq_nocase(str_trim(raw->text), str_of(no[i])))
            return keep(arena, STR("false"), 0, ret_value);
    }
    bool quoted = raw->type == SETTINGS_RAW_TEXT &&
                  (str_eq_c(raw->text, "true") || str_eq_c(raw->text, "false"));
    return not_a(error, raw, quoted ? "true or false: take the quotes away." : "true or false.");
}

/* ---- texts ----------------------------------------------------------------------------------- */

static int check_characters(struct str text, struct error *error)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return error_set(error, -EINVAL, "the text holds a control character (%d). Remove it.",
                             c);
    }
    return 0;
}

static int check_length(const struct mooring_option *option, struct str text, struct error *error)
{
    int64_t length = (int64_t)text.len;
    if (option->min > 0 && length == 0)
        return error_set(error, -EINVAL, "this cannot be empty.");
    if (length < option->min)
        return error_set(error, -EINVAL, "\"%.*s\" is too short: at least %" PRId64 " bytes.",
                         STR_ARG(shown(text)), option->min);
    int64_t most = option->max > 0 ? option->max : TEXT_LIMIT;
    if (length > most)
        return error_set(error, -EINVAL, "this is %" PRId64 " bytes long; at most %" PRId64 " fit.",
                         length, most);
    return check_characters(text, error);
}

static int check_choice(const struct mooring_option *option, const struct settings_raw *raw,
                        struct error *error)
{
    struct near near = {.wanted = str_trim(raw->text)};
    struct str rest = str_of(option->choices), choice, best = STR(""), shortened = STR("");
    AUTO_BUF all;
    buf_init(&all, 256);
    while (str_split(&rest, '|', &choice)) {
        if (str_eq(choice, raw->text))
            return 0;
        near_offer(&near, choice);
        if (near.wanted.len >= 3 &&
            str_starts_nocase(choice, near.wanted)) /* "warn" for "warning" */
            shortened = choice;
        if (all.len)
            buf_add_c(&all, ", ");
        buf_add(&all, choice);
    }
    int r = error_set(error, -EINVAL, "\"%.*s\" is not one of %s.", STR_ARG(shown(raw->text)),
                      all.ptr ? all.ptr : "");
    bool found = near_found(&near, &best);
    if (!found)
        best = shortened;
    if (!str_empty(best))
        r = error_set(error, -EINVAL, "\"%.*s\" is not one of %s. Did you mean \"%.*s\"?",
                      STR_ARG(shown(raw->text)), all.ptr ? all.ptr : "", STR_ARG(best));
    return r;
}

static int check_zone(const struct settings_schema *schema, struct str text, struct error *error)
{
    char nearest[128] = "";
    if (!schema || !schema->zone_known ||
        schema->zone_known(schema->zone_ctx, text, nearest, sizeof nearest))
        return 0;
    if (nearest[0])
        return error_set(error, -EINVAL, "\"%.*s\" is not a time zone. Did you mean \"%s\"?",
                         STR_ARG(shown(text)), nearest);
    return error_set(error, -EINVAL,
                     "\"%.*s\" is not a time zone. Write it like \"America/New_York\".",
                     STR_ARG(shown(text)));
}

static int check_time(struct str text, struct arena *arena, struct settings_value *ret_value,
                      struct error *error)
{
    int minutes;
    if (number_parse_time_of_day(str_trim(text), &minutes) < 0)
        return error_set(error, -EINVAL,
                         "\"%.*s\" is not a time of day. Write it like \"09:00\", up to \"23:59\".",
                         STR_ARG(shown(text)));
    char canonical[16];
    snprintf(canonical, sizeof canonical, "%02d:%02d", minutes / 60, minutes % 60);
    return keep(arena, str_of(canonical), minutes, ret_value);
}

/* Everything that the file writes in quotes. */
static int check_text(const struct settings_schema *schema, const struct mooring_option *option,
                      const struct settings_raw *raw, struct error *error)
{
    switch ((enum mooring_option_kind)option->kind) {
    case MOORING_OPTION_ZONE:
        return check_zone(schema, raw->text, error);
    case MOORING_OPTION_COUNTRY:
        return settings_locale_country(raw->text, error);
    case MOORING_OPTION_LANGUAGE:
        return settings_locale_language(raw->text, error);
    case MOORING_OPTION_CHOICE:
        return check_choice(option, raw, error);
    case MOORING_OPTION_TEXTS:
        if (option->choices)
            return check_choice(option, raw, error);
        return check_length(option, raw->text, error);
    case MOORING_OPTION_TEXT:
        return check_length(option, raw->text, error);
    case MOORING_OPTION_TIME:
    case MOORING_OPTION_INTEGER:
    case MOORING_OPTION_BOOLEAN:
    case MOORING_OPTION_INTEGERS:
    case MOORING_OPTION_GROUP:
    case MOORING_OPTION_LIST:
    case MOORING_OPTION_KIND_COUNT:
        break;
    }
    return error_set(error, -EINVAL, "this is not a value but a section.");
}

/* "" stands for "not set" where that is what the option says without the file, too. */
static bool may_be_empty(const struct mooring_option *option)
{
    bool no_default = !option->default_text || !option->default_text[0];
    return no_default && !(option->flags & MOORING_OPTION_REQUIRED) && option->min <= 0;
}

int settings_value_check(const struct settings_schema *schema, const struct mooring_option *option,
                         const struct settings_raw *raw, struct arena *arena,
                         struct settings_value *ret_value, struct error *error)
{
    uint32_t kind = option->kind;
    if (!utf8_valid(raw->text) || str_has_byte(raw->text, '\0'))
        return error_set(error, -EINVAL, "this is not UTF-8 text. Write the letters themselves.");
    if (kind == MOORING_OPTION_INTEGER || kind == MOORING_OPTION_INTEGERS)
        return check_integer(option, raw, arena, ret_value, error);
    if (kind == MOORING_OPTION_BOOLEAN)
        return check_boolean(raw, arena, ret_value, error);
    if (raw->type != SETTINGS_RAW_TYPED && raw->type != SETTINGS_RAW_TEXT)
        return not_a(error, raw,
                     kind == MOORING_OPTION_TIME ? "a time. Write it in quotes, like \"09:00\"."
                                                 : "a text. Write it in quotes.");
    if (str_empty(raw->text) && may_be_empty(option))
        return keep(arena, raw->text, 0, ret_value);
    if (kind == MOORING_OPTION_TIME)
        return check_time(raw->text, arena, ret_value, error);
    int r = check_text(schema, option, raw, error);
    return r < 0 ? r : keep(arena, raw->text, 0, ret_value);
}
