/* SPDX-License-Identifier: MIT */
/* cards_compile.c: a program of the build: config/crisis/ to a C table, refusing what would make a wrong card.
 * Usage: cards_compile OUT.c FILE.cfg... */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <libconfig.h>

#include "base/error.h"
#include "safety/cards_data.h"

enum { FILES_MAX = 300, LANGUAGES_MAX = 40, TABLE_BYTES_MAX = 8 * 1024 * 1024 };

static const char *const kind_names[CARD_KIND_COUNT] = {
    [CARD_CRISIS] = "crisis",         [CARD_EMERGENCY] = "emergency", [CARD_OVERDOSE] = "overdose",
    [CARD_WITHDRAWAL] = "withdrawal", [CARD_VIOLENCE] = "violence",
};

struct source {
    const char *path;
    config_t config;
};
struct compiler {
    struct source sources[FILES_MAX];
    size_t source_count;
    const struct source *languages[LANGUAGES_MAX];
    size_t language_count;
    struct buf out;
    struct error error;
};

static int fail(struct compiler *compiler, const struct source *source, const char *what)
{
    return error_set(&compiler->error, -EINVAL, "%s: %s", source->path, what);
}

static void add_quoted(struct buf *out, struct str text)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte == '\n')
            buf_add_c(out, "\\n");
        else if (byte == '"' || byte == '\\' || byte == '?')
            buf_add_format(out, "\\%c", byte);
        else if (byte < ' ' || byte >= 0x7F)
            buf_add_format(out, "\\%03o", byte);
        else
            buf_add_byte(out, (char)byte);
    }
    buf_add_byte(out, '"');
}

/* What a placeholder stands for in this country; NULL: there is none of this name. */
static const char *filler(const struct source *country, const char *language, struct str name, bool *ret_capital)
{
    char path[64];
    *ret_capital = str_eq_c(name, "Emergency_call");
    const char *key = str_eq_nocase(name, STR("emergency_call")) ? "emergency_call"
                      : str_eq_c(name, "reach")                  ? "reach"
                                                                 : NULL;
    const char *value = NULL;
    if (!key)
        return NULL;
    snprintf(path, sizeof(path), "%s.%s", key, language);
    if (config_lookup_string(&country->config, path, &value) != CONFIG_TRUE) {
        snprintf(path, sizeof(path), "%s.en", key);
        if (config_lookup_string(&country->config, path, &value) != CONFIG_TRUE)
            return NULL;
    }
    return value;
}

static int fill(struct compiler *compiler, const struct source *country, const struct source *language,
                const char *code, const char *text)
{
    AUTO_BUF filled;
    buf_init(&filled, CARD_BYTES_MAX * 4);
    for (struct str rest = str_of(text); !str_empty(rest);) {
        size_t open = str_find(rest, STR("{"), 0), close = str_find(rest, STR("}"), 0);
        if (open == SIZE_MAX) {
            buf_add(&filled, rest);
            break;
        }
        if (close == SIZE_MAX || close < open)
            return fail(compiler, language, "a \"{\" without its \"}\"");
        bool capital;
        const char *value = filler(country, code, (struct str){rest.ptr + open + 1, close - open - 1}, &capital);
        if (!value || !*value)
            return fail(compiler, language, "a placeholder that the country's file does not fill");
        buf_add(&filled, str_upto(rest, open));
        buf_add_byte(&filled, capital && *value >= 'a' && *value <= 'z' ? (char)(*value - 32) : *value);
        buf_add_c(&filled, value + 1);
        rest = str_from(rest, close + 1);
    }
    if (filled.failed || filled.len > CARD_BYTES_MAX)
        return error_set(&compiler->error, -E2BIG, "%s: a card is %zu bytes with the numbers of %s; at most %d fit",
                         language->path, filled.len, country->path, CARD_BYTES_MAX);
    if (str_find(buf_str(&filled), STR("bot"), 0) == SIZE_MAX)
        return fail(compiler, language, "a card that does not say that a bot speaks");
    buf_add_c(&compiler->out, "    ");
    add_quoted(&compiler->out, buf_str(&filled));
    buf_add_c(&compiler->out, ",\n");
    return 0;
}

static int write_kind(struct compiler *compiler, size_t country, size_t language, size_t kind)
{
    const struct source *source = compiler->languages[language];
    const char *code = NULL;
    if (config_lookup_string(&source->config, "language", &code) != CONFIG_TRUE)
        return fail(compiler, source, "no \"language\"");
    const config_setting_t *list = config_lookup(&source->config, kind_names[kind]);
    if (!list || config_setting_length(list) < CARD_WORDINGS_MIN)
        return error_set(&compiler->error, -EINVAL, "%s: \"%s\" needs at least %d wordings", source->path,
                         kind_names[kind], CARD_WORDINGS_MIN);
    buf_add_format(&compiler->out, "static const char *const texts_%zu_%zu_%zu[] = {\n", country, language, kind);
    for (int i = 0; i < config_setting_length(list); i++) {
        const char *text = config_setting_get_string_elem(list, i);
        if (!text)
            return fail(compiler, source, "a wording that is no text");
        int r = fill(compiler, &compiler->sources[country], source, code, text);
        if (r < 0)
            return r;
    }
    buf_add_c(&compiler->out, "};\n");
    return 0;
}

static int write_languages(struct compiler *compiler, size_t country)
{
    for (size_t language = 0; language < compiler->language_count; language++) {
        for (size_t kind = 0; kind < CARD_KIND_COUNT; kind++) {
            int r = write_kind(compiler, country, language, kind);
            if (r < 0)
                return r;
        }
    }
    buf_add_format(&compiler->out, "static const struct card_language languages_%zu[] = {\n", country);
    for (size_t language = 0; language < compiler->language_count; language++) {
        const char *code = "";
        config_lookup_string(&compiler->languages[language]->config, "language", &code);
        buf_add_format(&compiler->out, "    {\"%s\", {", code);
        for (size_t kind = 0; kind < CARD_KIND_COUNT; kind++)
            buf_add_format(&compiler->out, "{texts_%zu_%zu_%zu, COUNT_OF(texts_%zu_%zu_%zu)}, ", country, language,
                           kind, country, language, kind);
        buf_add_c(&compiler->out, "}},\n");
    }
    buf_add_c(&compiler->out, "};\n");
    return 0;
}

static bool is_date(const char *text)
{
    static const char shape[] = "0000-00-00";
    if (strlen(text) != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; shape[i]; i++) {
        if (shape[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

static int write_line(struct compiler *compiler, const struct source *source, const config_setting_t *line)
{
    static const char *const keys[] = {"number", "name", "how", "note", "verified_on", "expires_on"};
    const char *values[COUNT_OF(keys)];
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (config_setting_lookup_string(line, keys[i], &values[i]) != CONFIG_TRUE)
            return error_set(&compiler->error, -EINVAL, "%s:%u: a number without \"%s\"", source->path,
                             config_setting_source_line(line), keys[i]);
    }
    bool never = strcmp(values[4], "never") == 0, stale_never = strcmp(values[5], "never") == 0;
    if (never ? !stale_never : !is_date(values[4]) || !is_date(values[5]))
        return error_set(&compiler->error, -EINVAL,
                         "%s:%u: verified_on and expires_on are two dates (YYYY-MM-DD), or both \"never\"",
                         source->path, config_setting_source_line(line));
    buf_add_c(&compiler->out, "    {");
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        add_quoted(&compiler->out, str_of(values[i]));
        buf_add_c(&compiler->out, i + 1 < COUNT_OF(keys) ? ", " : "},\n");
    }
    return 0;
}

static int write_lines(struct compiler *compiler, size_t country)
{
    const struct source *source = &compiler->sources[country];
    const config_setting_t *numbers = config_lookup(&source->config, "numbers");
    if (!numbers || config_setting_length(numbers) == 0)
        return fail(compiler, source, "no \"numbers\"");
    buf_add_format(&compiler->out, "static const struct card_line lines_%zu[] = {\n", country);
    for (int i = 0; i < config_setting_length(numbers); i++) {
        int r = write_line(compiler, source, config_setting_get_elem(numbers, (unsigned)i));
        if (r < 0)
            return r;
    }
    buf_add_c(&compiler->out, "};\n");
    return 0;
}

static int write_codes(struct compiler *compiler, size_t country)
{
    const struct source *source = &compiler->sources[country];
    const config_setting_t *codes = config_lookup(&source->config, "countries");
    buf_add_format(&compiler->out, "static const char *const codes_%zu[] = {", country);
    for (int i = 0; i < config_setting_length(codes); i++) {
        const char *code = config_setting_get_string_elem(codes, i);
        if (!code || strlen(code) != 2)
            return fail(compiler, source, "a country code of other than two letters");
        buf_add_format(&compiler->out, "\"%s\", ", code);
    }
    buf_add_c(&compiler->out, "NULL};\n");
    return 0;
}

static int write_countries(struct compiler *compiler)
{
    AUTO_BUF table;
    buf_init(&table, TABLE_BYTES_MAX);
    bool international = false;
    for (size_t i = 0; i < compiler->source_count; i++) {
        const struct source *source = &compiler->sources[i];
        const config_setting_t *codes = config_lookup(&source->config, "countries");
        const char *emergency;
        if (!codes)
            continue;
        if (config_lookup_string(&source->config, "emergency", &emergency) != CONFIG_TRUE)
            return fail(compiler, source, "no \"emergency\" (\"\" where it is unknown)");
        const char *first = config_setting_get_string_elem(codes, 0);
        international |= first && strcmp(first, "XX") == 0;
        int r = write_codes(compiler, i);
        if (r >= 0)
            r = write_lines(compiler, i);
        if (r >= 0)
            r = write_languages(compiler, i);
        if (r < 0)
            return r;
        buf_add_format(&table, "    {codes_%zu, \"%s\", languages_%zu, COUNT_OF(languages_%zu), lines_%zu, "
                               "COUNT_OF(lines_%zu)},\n", i, emergency, i, i, i, i);
    }
    if (!international)
        return error_set(&compiler->error, -EINVAL, "no file has countries = [ \"XX\" ]: the international card is needed");
    buf_add_c(&compiler->out, "const struct card_country card_countries[] = {\n");
    buf_add(&compiler->out, buf_str(&table));
    buf_add_c(&compiler->out, "};\nconst size_t card_country_count = COUNT_OF(card_countries);\n");
    return compiler->out.failed | table.failed;
}

static int read_sources(struct compiler *compiler, char **paths, size_t count)
{
    bool english = false;
    if (count > FILES_MAX)
        return error_set(&compiler->error, -E2BIG, "more than %d files", FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct source *source = &compiler->sources[compiler->source_count++];
        const char *language;
        source->path = paths[i];
        config_init(&source->config);
        if (config_read_file(&source->config, source->path) != CONFIG_TRUE)
            return error_set(&compiler->error, -EINVAL, "%s:%d: %s", source->path, config_error_line(&source->config),
                             config_error_text(&source->config));
        if (config_lookup_string(&source->config, "language", &language) != CONFIG_TRUE)
            continue;
        if (compiler->language_count == LANGUAGES_MAX)
            return error_set(&compiler->error, -E2BIG, "more than %d languages", LANGUAGES_MAX);
        compiler->languages[compiler->language_count++] = source;
        english |= strcmp(language, "en") == 0;
    }
    return english ? 0 : error_set(&compiler->error, -EINVAL, "no file has language = \"en\"");
}

static int write_out(struct compiler *compiler, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return error_set(&compiler->error, -errno, "cannot write %s: %s", path, strerror(errno));
    size_t written = fwrite(compiler->out.ptr, 1, compiler->out.len, file);
    if (fclose(file) != 0 || written != compiler->out.len)
        return error_set(&compiler->error, -EIO, "cannot write all of %s", path);
    return 0;
}

int main(int argc, char **argv)
{
    struct compiler *compiler = mem_zalloc(sizeof(*compiler));
    if (!compiler || argc < 3) {
        fputs("usage: cards_compile OUT.c FILE.cfg...\n", stderr);
        return EXIT_FAILURE;
    }
    buf_init(&compiler->out, TABLE_BYTES_MAX);
    buf_add_c(&compiler->out, "/* Written by cards_compile from config/crisis/; change those files instead. */\n"
                              "#include \"safety/cards_data.h\"\n\n");
    int r = read_sources(compiler, argv + 2, (size_t)argc - 2);
    if (r >= 0)
        r = write_countries(compiler);
    if (r >= 0)
        r = write_out(compiler, argv[1]);
    if (r < 0)
        fprintf(stderr, "cards_compile: %s\n", compiler->error.text);
    for (size_t i = 0; i < compiler->source_count; i++)
        config_destroy(&compiler->sources[i].config);
    buf_done(&compiler->out);
    mem_free(compiler);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
