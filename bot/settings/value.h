/* SPDX-License-Identifier: MIT */
/* value.h: one value against its option. */
#ifndef SETTINGS_VALUE_H
#define SETTINGS_VALUE_H

#include "settings/settings.h"

/* What the file holds, or what a person typed (then the option's kind decides how it is read). */
enum settings_raw_type {
    SETTINGS_RAW_TYPED,
    SETTINGS_RAW_INTEGER,
    SETTINGS_RAW_BOOLEAN,
    SETTINGS_RAW_TEXT,
    SETTINGS_RAW_FRACTION,
    SETTINGS_RAW_TYPE_COUNT
};
struct settings_raw {
    enum settings_raw_type type;
    int64_t integer;
    struct str text;
};
struct settings_value {
    int64_t integer;
    struct str text; /* in the arena, with a NUL: the value as it would be typed */
};

/* Checks one scalar, or one item of an array.  -EINVAL with a sentence that says what is wrong and
 * what would be right; -ENOMEM.  `schema` may be NULL (then zones are not checked). */
int settings_value_check(const struct settings_schema *schema, const struct mooring_option *option,
                         const struct settings_raw *raw, struct arena *arena,
                         struct settings_value *ret_value, struct error *error) MUST_CHECK;

/* The same for one kind each; see locale.c. */
int settings_locale_country(struct str text, struct error *error) MUST_CHECK;
int settings_locale_language(struct str text, struct error *error) MUST_CHECK;

#endif
