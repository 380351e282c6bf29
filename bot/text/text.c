/* SPDX-License-Identifier: MIT */
/* text.c: reads the catalogue and finds messages in it. */
#include "text/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "settings/source.h"
#include "text/catalogue.h"

enum { ARENA_LIMIT_BYTES = 32 * 1024 * 1024, NAME_BYTES = 64, PATH_BYTES = 4096 };

/* One file while it is read. */
struct reading {
    struct text *text;
    struct text_language *language;
    struct str area;
    const struct settings_source *source;
    text_mistake_fn tell;
    void *ctx;
    size_t mistakes;
};

static void tell(struct reading *reading, const struct error *error)
{
    reading->mistakes++;
    if (reading->tell)
        reading->tell(reading->ctx, error);
}

/* With the file and line of a setting, and its key. */
static void tell_at(struct reading *reading, const config_setting_t *setting, struct error *error)
{
    int line;
    const char *file = settings_source_where(reading->source,
                                             (int)config_setting_source_line(setting), &line);
    const char *key = config_setting_name(setting);
    error_prefix(error, "%s:%d: %s", file, line, key ? key : "text");
    tell(reading, error);
}

/* ---- one file -------------------------------------------------------------------------------- */

/* One wording.  A mistake is told and the wording left out; -ENOMEM. */
static int read_wording(struct reading *reading, const config_setting_t *key,
                        const config_setting_t *setting, struct text_entry *entry)
{
    struct error error;
    const char *value = config_setting_get_string(setting);
    if (!value || !utf8_valid(str_of(value))) {
        error_set(&error, -EINVAL,
                  value ? "this is not UTF-8 text." : "a text in quotes is needed here.");
        tell_at(reading, key, &error);
        return 0;
    }
    struct text_wording *wording = &entry->wordings[entry->count];
    wording->pattern = str_keep(&reading->text->arena, str_of(value));
    if (!wording->pattern.ptr)
        return -ENOMEM;
    int r = text_pattern_parse(wording->pattern, &reading->text->arena, &wording->parts, &error);
    if (r == -EINVAL) {
        tell_at(reading, key, &error);
        return 0;
    }
    entry->count += r >= 0;
    return r;
}

static int read_entry(struct reading *reading, const config_setting_t *setting)
{
    struct arena *arena = &reading->text->arena;
    bool several = config_setting_is_array(setting) || config_setting_is_list(setting);
    size_t count = several ? (size_t)config_setting_length(setting) : 1;
    struct error error;
    if (count == 0) {
        error_set(&error, -EINVAL, "no wording stands here.");
        tell_at(reading, setting, &error);
        return 0;
    }
    struct text_entry *entry = arena_alloc(arena, sizeof *entry);
    AUTO_BUF id;
    buf_init(&id, 512);
    buf_add_format(&id, "%.*s.%s", STR_ARG(reading->area), config_setting_name(setting));
    if (!entry || id.failed)
        return -ENOMEM;
    entry->id = str_keep(arena, buf_str(&id));
    entry->wordings = arena_alloc(arena, count * sizeof *entry->wordings);
    int r = entry->id.ptr && entry->wordings ? 0 : -ENOMEM;
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = read_wording(reading, setting,
                         several ? config_setting_get_elem(setting, (unsigned)i) : setting, entry);
    if (r < 0 || entry->count == 0)
        return r;
    struct text_language *language = reading->language;
    if (language->last)
        language->last->next = entry;
    else
        language->first = entry;
    language->last = entry;
    return map_put(&language->ids, entry->id, entry);
}

static void source_cleanup(struct settings_source *source)
{
    settings_source_done(source);
}

static int read_file(struct reading *reading, const char *path)
{
    struct settings_source source CLEANUP(source_cleanup) = {.parsed = false};
    struct error error = {0, ""};
    int r = settings_source_read(&source, path, &error);
    if (r < 0 && error.code) {
        tell(reading, &error);
        return 0;
    }
    if (r < 0)
        return r;
    reading->source = &source;
    const config_setting_t *root = config_root_setting(&source.config);
    for (int i = 0; r >= 0 && i < config_setting_length(root); i++)
        r = read_entry(reading, config_setting_get_elem(root, (unsigned)i));
    return r;
}

/* ---- folders --------------------------------------------------------------------------------- */

struct names {
    char list[TEXT_FILE_LIMIT][NAME_BYTES];
    size_t count;
};

/* "[A-Za-z][A-Za-z0-9-]*", with `suffix` behind it, which is taken off. */
static bool is_name(struct str name, const char *suffix, struct str *ret_stem)
{
    struct str end = str_of(suffix);
    if (name.len <= end.len || name.len >= NAME_BYTES || !str_ends(name, end))
        return false;
    struct str stem = str_upto(name, name.len - end.len);
    for (size_t i = 0; i < stem.len; i++) {
        char c = stem.ptr[i];
        bool letter = ascii_is_letter(c);
        if (!letter && (i == 0 || !(ascii_is_digit(c) || c == '-')))
            return false;
    }
    *ret_stem = stem;
    return true;
}

/* Sorted, so that mistakes come in the same order on every machine. */
static void list_folder(const char *path, const char *suffix, struct names *names)
{
    DIR *folder = opendir(path);
    names->count = 0;
    if (!folder)
        return;
    struct str stem;
    for (const struct dirent *entry = readdir(folder); entry && names->count < TEXT_FILE_LIMIT;
         entry = readdir(folder)) {
        if (!is_name(str_of(entry->d_name), suffix, &stem))
            continue;
        size_t to = names->count++;
        for (; to > 0 && str_compare(str_of(names->list[to - 1]), stem) > 0; to--)
            memcpy(names->list[to], names->list[to - 1], NAME_BYTES);
        str_to_c(stem, names->list[to], NAME_BYTES);
    }
    closedir(folder);
}

static int read_language(struct reading *reading, const char *folder, const char *tag,
                         struct names *areas)
{
    char path[PATH_BYTES], known[2 * NAME_BYTES + 1];
    snprintf(path, sizeof path, "%s/text/%s", folder, tag);
    list_folder(path, ".cfg", areas);
    if (areas->count == 0)
        return 0;
    reading->language = text_language_exact(reading->text, str_of(tag));
    int r = reading->language
                ? 0
                : text_language_create(reading->text, str_of(tag), &reading->language);
    if (r == -EINVAL || r == -E2BIG) {
        struct error error;
        error_set(&error, r, "%s: %s", path,
                  r == -EINVAL ? "the folder's name is no language." : "too many languages.");
        tell(reading, &error);
        return 0;
    }
    for (size_t i = 0; r >= 0 && i < areas->count; i++) {
        snprintf(known, sizeof known, "%s/%s", tag, areas->list[i]);
        if (map_get(&reading->text->files, str_of(known)))
            continue;
        r = map_put(&reading->text->files, str_of(known), reading->text);
        reading->area = str_of(areas->list[i]);
        int length = snprintf(path, sizeof path, "%s/text/%s/%s.cfg", folder, tag, areas->list[i]);
        if (r >= 0 && length > 0 && (size_t)length < sizeof path)
            r = read_file(reading, path);
    }
    return r;
}

static int read_folder(struct reading *reading, const char *folder)
{
    struct names *names AUTO_FREE = mem_zalloc_array(2, sizeof *names);
    char path[PATH_BYTES];
    if (!names)
        return -ENOMEM;
    snprintf(path, sizeof path, "%s/text", folder);
    list_folder(path, "", &names[0]);
    int r = 0;
    for (size_t i = 0; r >= 0 && i < names[0].count; i++)
        r = read_language(reading, folder, names[0].list[i], &names[1]);
    return r;
}

static void text_cleanup(struct text **text)
{
    text_destroy(*text);
}

int text_load(const char *const *folders, size_t count, text_mistake_fn mistake, void *ctx,
              struct text **ret_text)
{
    struct text *text CLEANUP(text_cleanup) = mem_zalloc(sizeof *text);
    if (!text)
        return -ENOMEM;
    arena_init(&text->arena, ARENA_LIMIT_BYTES);
    struct reading reading = {.text = text, .tell = mistake, .ctx = ctx};
    int r = 0;
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = read_folder(&reading, folders[i]);
    if (r < 0)
        return r;
    if (!text_language_exact(text, STR("en"))) {
        struct error error;
        error_set(&error, -ENOENT,
                  "%s/text/en: there are no texts. Is this the folder of the configuration?",
                  count ? folders[0] : "");
        tell(&reading, &error);
        return -ENOENT;
    }
    if (reading.mistakes)
        return -EINVAL;
    *ret_text = TAKE(text);
    return 0;
}

void text_destroy(struct text *text)
{
    if (!text)
        return;
    for (size_t i = 0; i < text->language_count; i++)
        text_language_done(text->languages[i]);
    map_done(&text->files);
    arena_done(&text->arena);
    mem_free(text);
}

/* ---- asking ---------------------------------------------------------------------------------- */

bool text_has(const struct text *text, struct str language, struct str msgid)
{
    const struct text_language *found = text_language_find(text, language);
    return found && map_get(&found->ids, msgid) != NULL;
}

size_t text_languages(const struct text *text, struct str *ret_list, size_t room)
{
    for (size_t i = 0; i < text->language_count && i < room; i++)
        ret_list[i] = text->languages[i]->tag;
    return text->language_count;
}
