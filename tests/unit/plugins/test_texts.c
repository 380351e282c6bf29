/* SPDX-License-Identifier: MIT */
/* test_texts.c: every id that a plugin says has a text, every text is said, and all of them keep
 * the voice. */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libconfig.h>

#include "base/memory.h"
#include "text/text.h"

enum { TEXT_BYTES_MAX = 400, TIP_BYTES_MAX = 350, SOURCE_BYTES_MAX = 400000 };

static const char *const plugins[] = {"checkin", "coping", "meetings", "crisis"};

/* All C files of a plugin, one after the other; the caller frees. */
static char *read_sources(const char *plugin)
{
    char folder[512], path[1024];
    char *all = mem_zalloc(SOURCE_BYTES_MAX);
    size_t len = 0;
    snprintf(folder, sizeof folder, "%s/plugins/%s", getenv("MOORING_SOURCE_DIR"), plugin);
    DIR *directory = opendir(folder);
    assert_non_null(all);
    assert_non_null(directory);
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        size_t name = strlen(entry->d_name);
        if (name < 3 || strcmp(entry->d_name + name - 2, ".c") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        len += fread(all + len, 1, SOURCE_BYTES_MAX - len - 1, file);
        assert_true(len < SOURCE_BYTES_MAX - 1);
        fclose(file);
    }
    closedir(directory);
    return all;
}

static void open_config(config_t *config, const char *format, const char *name)
{
    char relative[256], path[1024];
    snprintf(relative, sizeof relative,
             strcmp(format, "tips") == 0 ? "coping/%s.cfg" : "text/en/%s.cfg", name);
    snprintf(path, sizeof path, "%s/config/%s", getenv("MOORING_SOURCE_DIR"), relative);
    config_init(config);
    if (config_read_file(config, path) != CONFIG_TRUE)
        fail_msg("%s:%d: %s", path, config_error_line(config), config_error_text(config));
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* Options of lists look like ids; they are declared by FIELD(). */
static bool is_option(const char *sources, const char *at)
{
    const char *line = at;
    while (line > sources && line[-1] != '\n')
        line--;
    return strncmp(line, "FIELD(", 6) == 0;
}

static void test_each_id_in_the_sources_has_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++) {
        char *sources = read_sources(plugins[i]), prefix[32];
        size_t found = 0;
        config_t config;
        open_config(&config, "text", plugins[i]);
        size_t prefix_len = (size_t)snprintf(prefix, sizeof prefix, "\"%s.", plugins[i]);
        for (const char *at = sources; (at = strstr(at, prefix)) != NULL; at++) {
            char key[64] = "";
            size_t len = strcspn(at + prefix_len, "\"");
            if (is_option(sources, at) || len >= sizeof key)
                continue;
            memcpy(key, at + prefix_len, len);
            found++;
            if (config_setting_get_member(config_root_setting(&config), key) == NULL)
                fail_msg("%s.%s has no text", plugins[i], key);
        }
        assert_true(found > 15);
        config_destroy(&config);
        mem_free(sources);
    }
}

static void test_each_text_is_said_somewhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++) {
        char *sources = read_sources(plugins[i]), id[128];
        config_t config;
        open_config(&config, "text", plugins[i]);
        config_setting_t *root = config_root_setting(&config);
        for (int k = 0; k < config_setting_length(root); k++) {
            const char *key = config_setting_name(config_setting_get_elem(root, (unsigned)k));
            snprintf(id, sizeof id, "\"%s.%s\"", plugins[i], key);
            if (strstr(sources, id) == NULL)
                fail_msg("%s is never said", id);
        }
        config_destroy(&config);
        mem_free(sources);
    }
}

/* ---- each wording ---------------------------------------------------------------------------- */

typedef void (*wording_fn)(void *ctx, const char *plugin, const char *key, const char *wording);

static void each_wording(wording_fn see, void *ctx)
{
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++) {
        config_t config;
        open_config(&config, "text", plugins[i]);
        config_setting_t *root = config_root_setting(&config);
        for (int k = 0; k < config_setting_length(root); k++) {
            config_setting_t *entry = config_setting_get_elem(root, (unsigned)k);
            const char *single = config_setting_get_string(entry);
            if (single != NULL)
                see(ctx, plugins[i], config_setting_name(entry), single);
            for (int w = 0; single == NULL && w < config_setting_length(entry); w++)
                see(ctx, plugins[i], config_setting_name(entry),
                    config_setting_get_string_elem(entry, w));
        }
        config_destroy(&config);
    }
}

/* Without `code`, where a command keeps its mark. */
static void without_code(const char *text, char *ret_plain, size_t size)
{
    bool is_code = false;
    size_t len = 0;
    for (; *text != '\0' && len + 1 < size; text++) {
        if (*text == '`')
            is_code = !is_code;
        else if (!is_code)
            ret_plain[len++] = (char)tolower((unsigned char)*text);
    }
    ret_plain[len] = '\0';
}

static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        if ((at == text || !isalpha((unsigned char)at[-1])) && !isalpha((unsigned char)at[len]))
            return true;
    }
    return false;
}

static void check_voice(const char *where, const char *key, const char *text)
{
    static const char *const never[] = {
        "should",   "addict", "addicts", "addicted",     "addiction", "alcoholic",
        "junkie",   "abuse",  "abuser",  "clean",        "dirty",     "habit",
        "failure",  "failed", "relapse", "relapsed",     "committed", "commit suicide",
        "sober up", "must",   "secret",  "confidential", "i promise"};
    char plain[2048];
    without_code(text, plain, sizeof plain);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        if (has_word(plain, never[i]))
            fail_msg("%s.%s says \"%s\": %s", where, key, never[i], text);
    }
    if (strchr(plain, '!') != NULL)
        fail_msg("%s.%s has an exclamation mark: %s", where, key, text);
}

static void see_voice(void *ctx, const char *plugin, const char *key, const char *wording)
{
    (void)ctx;
    check_voice(plugin, key, wording);
    if (strlen(wording) > TEXT_BYTES_MAX)
        fail_msg("%s.%s is %zu bytes long", plugin, key, strlen(wording));
    const char *first = strchr(wording, '?');
    if (first != NULL && strchr(first + 1, '?') != NULL)
        fail_msg("%s.%s asks twice: %s", plugin, key, wording);
}

static void test_texts_are_short_kind_and_ask_one_question(void **state)
{
    (void)state;
    each_wording(see_voice, NULL);
}

static void see_crisis(void *ctx, const char *plugin, const char *key, const char *wording)
{
    (void)ctx;
    if (strcmp(plugin, "crisis") != 0)
        return;
    for (const char *at = wording; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0xe2)
            fail_msg("crisis.%s has a sign that is no letter: %s", key, wording);
    }
}

static void test_hard_moments_have_no_emoji(void **state)
{
    (void)state;
    each_wording(see_crisis, NULL);
}

static void test_crisis_answers_have_at_least_three_wordings(void **state)
{
    static const char *const keys[] = {
        "tier2",       "tier2-ask",  "tier3",      "again",     "tier4", "overdose",
        "withdrawal",  "violence",   "other",      "other-now", "words", "burden",
        "police",      "stay",       "still-here", "soft",      "lapse", "craving",
        "false-noted", "follow-day", "enough",     "help-me"};
    config_t config;
    (void)state;
    open_config(&config, "text", "crisis");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        config_setting_t *entry = config_setting_get_member(config_root_setting(&config), keys[i]);
        if (entry == NULL || !config_setting_is_array(entry) || config_setting_length(entry) < 3)
            fail_msg("crisis.%s has fewer than three wordings", keys[i]);
    }
    config_destroy(&config);
}

/* ---- patterns -------------------------------------------------------------------------------- */

struct pattern_walk {
    const char *plugin, *key;
    const char *sources;
};

static void see_argument(void *ctx, struct str name)
{
    const struct pattern_walk *walk = ctx;
    char given[80];
    if (str_eq(name, STR("member_text")))
        return;
    snprintf(given, sizeof given, ".name = \"%.*s\"", (int)name.len, name.ptr);
    bool is_series = strcmp(walk->plugin, "checkin") == 0 &&
                     (str_eq(name, STR("mood")) || str_eq(name, STR("craving")) ||
                      str_eq(name, STR("confidence")));
    if (!is_series && strstr(walk->sources, given) == NULL)
        fail_msg("%s.%s uses {%.*s}, which nobody gives", walk->plugin, walk->key, (int)name.len,
                 name.ptr);
}

static void see_pattern(void *ctx, const char *plugin, const char *key, const char *wording)
{
    struct pattern_walk *walk = ctx;
    struct error error = {0};
    if (strcmp(plugin, walk->plugin) != 0)
        return;
    walk->key = key;
    if (text_pattern_check((struct str){wording, strlen(wording)}, see_argument, walk, &error) < 0)
        fail_msg("%s.%s: %s", plugin, key, error.text);
}

static void test_patterns_are_whole_and_their_arguments_are_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++) {
        char *sources = read_sources(plugins[i]);
        struct pattern_walk walk = {.plugin = plugins[i], .sources = sources};
        each_wording(see_pattern, &walk);
        mem_free(sources);
    }
}

/* ---- tips ------------------------------------------------------------------------------------ */

static void test_the_library_has_forty_tips_each_with_a_kind(void **state)
{
    config_t config;
    (void)state;
    open_config(&config, "tips", "en");
    config_setting_t *tips = config_lookup(&config, "tips");
    assert_non_null(tips);
    assert_true(config_setting_length(tips) >= 40);
    for (int i = 0; i < config_setting_length(tips); i++) {
        const char *text = NULL;
        config_setting_t *tip = config_setting_get_elem(tips, (unsigned)i);
        assert_int_equal(config_setting_lookup_string(tip, "text", &text), CONFIG_TRUE);
        check_voice("tips", "text", text);
        if (strlen(text) < 20 || strlen(text) > TIP_BYTES_MAX)
            fail_msg("tip %d is %zu bytes long", i, strlen(text));
        config_setting_t *kinds = config_setting_get_member(tip, "kinds");
        assert_true(kinds != NULL && config_setting_length(kinds) > 0);
    }
    config_destroy(&config);
}

static void test_each_kind_has_three_tips_at_least(void **state)
{
    static const char *const kinds[] = {"craving", "hungry",      "angry",  "lonely", "tired",
                                        "anxious", "sad",         "stress", "sleep",  "boredom",
                                        "evening", "celebration", "people"};
    config_t config;
    (void)state;
    open_config(&config, "tips", "en");
    config_setting_t *tips = config_lookup(&config, "tips");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int count = 0;
        for (int i = 0; i < config_setting_length(tips); i++) {
            config_setting_t *list = config_setting_get_member(
                config_setting_get_elem(tips, (unsigned)i), "kinds");
            for (int j = 0; j < config_setting_length(list); j++)
                count += strcmp(config_setting_get_string_elem(list, j), kinds[k]) == 0;
        }
        if (count < 3)
            fail_msg("%s has %d", kinds[k], count);
    }
    config_destroy(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_id_in_the_sources_has_a_text),
        cmocka_unit_test(test_each_text_is_said_somewhere),
        cmocka_unit_test(test_texts_are_short_kind_and_ask_one_question),
        cmocka_unit_test(test_hard_moments_have_no_emoji),
        cmocka_unit_test(test_crisis_answers_have_at_least_three_wordings),
        cmocka_unit_test(test_patterns_are_whole_and_their_arguments_are_given),
        cmocka_unit_test(test_the_library_has_forty_tips_each_with_a_kind),
        cmocka_unit_test(test_each_kind_has_three_tips_at_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
