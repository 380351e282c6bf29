/* SPDX-License-Identifier: MIT */
/* test_profile.c: network profiles: those that we bring, an administrator's own, mistakes in them.
 */
#include "chat/irc/profile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char ours[1024], own[64];
    const char *folders[2]; /* the administrator's own, ours */
    struct arena arena;
    char mistakes[4096];
    struct irc_profile profile;
};

static void on_mistake(void *ctx, const struct error *mistake)
{
    struct world *world = ctx;
    size_t used = strlen(world->mistakes);
    snprintf(world->mistakes + used, sizeof(world->mistakes) - used, "%s\n", mistake->text);
}

static struct world *begin(void)
{
    struct world *world = mem_zalloc(sizeof(*world));
    char networks[128];
    assert_non_null(world);
    snprintf(world->ours, sizeof(world->ours), "%s/config", getenv("MOORING_SOURCE_DIR"));
    snprintf(world->own, sizeof(world->own), "/tmp/mooring-profile-XXXXXX");
    assert_non_null(mkdtemp(world->own));
    snprintf(networks, sizeof(networks), "%s/networks", world->own);
    assert_int_equal(mkdir(networks, 0700), 0);
    world->folders[0] = world->own;
    world->folders[1] = world->ours;
    arena_init(&world->arena, 256 * 1024);
    return world;
}

static void own_file(struct world *world, const char *name, const char *text, bool keep)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/networks/%s.cfg", world->own, name);
    FILE *file = keep ? fopen(path, "we") : NULL;
    if (file) {
        fputs(text, file);
        fclose(file);
    } else {
        unlink(path);
    }
}

static void end(struct world *world)
{
    char networks[128];
    snprintf(networks, sizeof(networks), "%s/networks", world->own);
    rmdir(networks);
    rmdir(world->own);
    arena_done(&world->arena);
    mem_free(world);
}

static int read_profile(struct world *world, const char *name)
{
    return irc_profile_read(world->folders, 2, str_of(name), on_mistake, world, &world->arena,
                            &world->profile);
}

struct all {
    struct world *world;
    size_t count;
};

/* Whoever lands here without an account is told how to get one, and no password goes astray. */
static void check_one(void *ctx, struct str name)
{
    struct all *all = ctx;
    struct irc_profile *profile = &all->world->profile;
    char text[64];
    assert_true(str_to_c(name, text, sizeof(text)));
    assert_int_equal(read_profile(all->world, text), 0);
    assert_string_equal(all->world->mistakes, "");
    assert_true(profile->account_new.len && profile->account_login.len);
    assert_true(profile->services_to.len && profile->recover.count);
    for (size_t i = 0; i < profile->recover.count; i++)
        assert_true(!irc_profile_needs_password(profile->recover.items[i]) ||
                    irc_profile_is_safe(profile));
    all->count++;
}

static void test_those_that_we_bring(void **state)
{
    (void)state;
    struct world *world = begin();
    struct all all = {.world = world};

    irc_profile_each(world->folders, 2, check_one, &all);

    assert_int_equal(all.count, 5);
    assert_int_equal(read_profile(world, "libera"), 0);
    assert_true(str_eq_c(world->profile.title, "Libera.Chat"));
    assert_true(irc_profile_is_services(&world->profile, STR("nickserv"), STR("NickServ"),
                                        STR("services.libera.chat")));
    assert_false(irc_profile_is_services(&world->profile, STR("NickServ"), STR("NickServ"),
                                         STR("user.example")));
    assert_false(irc_profile_is_services(&world->profile, STR("NickServ"), STR("x"),
                                         STR("services.libera.chat")));
    assert_int_equal(read_profile(world, "oftc"), 0);
    assert_true(world->profile.identified_mode == 'R' && irc_profile_is_safe(&world->profile));
    end(world);
}

static void test_of_unknown_services_nobody_is_believed(void **state)
{
    (void)state;
    struct world *world = begin();
    assert_int_equal(read_profile(world, "atheme"), 0);
    assert_false(irc_profile_is_services(&world->profile, STR("NickServ"), STR("NickServ"),
                                         STR("services.example.org")));
    assert_false(irc_profile_is_safe(&world->profile));

    own_file(world, "any", "services = \"NickServ!*@*\";\n", true);
    assert_int_equal(read_profile(world, "any"), 0);
    assert_false(irc_profile_is_services(&world->profile, STR("NickServ"), STR("NickServ"),
                                         STR("services.example.org")));
    own_file(world, "any", "", false);
    end(world);
}

static void test_the_administrators_own_counts_before_ours(void **state)
{
    (void)state;
    struct world *world = begin();
    struct all all = {.world = world};
    own_file(world, "libera",
             "title = \"Mine\"; services_to = \"/NS\"; recover = [\"GHOST {nick}\"];\n"
             "account_new = \"a\"; account_login = \"b\";\n",
             true);

    assert_int_equal(read_profile(world, "libera"), 0);
    assert_true(str_eq_c(world->profile.title, "Mine"));
    irc_profile_each(world->folders, 2, check_one, &all);
    assert_int_equal(all.count, 5);

    own_file(world, "libera", "", false);
    end(world);
}

static void test_mistakes_have_file_and_line(void **state)
{
    (void)state;
    struct world *world = begin();
    own_file(world, "bad",
             "# one\ntitel = \"x\";\nrecover = [\"GHOST {nik}\"];\nservices = \"NickServ\";\n",
             true);

    assert_int_equal(read_profile(world, "bad"), -EINVAL);
    assert_non_null(strstr(world->mistakes, "bad.cfg:2: titel"));
    assert_non_null(strstr(world->mistakes, "Did you mean \"title\"?"));

    world->mistakes[0] = '\0';
    own_file(world, "bad", "# one\nrecover = [\"GHOST {nik}\"];\nservices = \"NickServ\";\n", true);
    assert_int_equal(read_profile(world, "bad"), -EINVAL);
    assert_non_null(strstr(world->mistakes, "bad.cfg:2: \"GHOST {nik}\": in braces only"));
    assert_non_null(strstr(world->mistakes, "bad.cfg:3: \"NickServ\": write it as nick!user@host"));

    world->mistakes[0] = '\0';
    own_file(world, "bad", "services_to = \"NickServ\";\nidentify = \"IDENTIFY {password}\";\n",
             true);
    assert_int_equal(read_profile(world, "bad"), -EINVAL);
    assert_non_null(strstr(world->mistakes, "bad.cfg:2:"));
    assert_non_null(strstr(world->mistakes, "a password goes only where the server"));

    world->mistakes[0] = '\0';
    own_file(world, "bad",
             "services_to = \"NickServ\";\nidentify_late = \"IDENTIFY {account} {password}\";\n",
             true);
    assert_int_equal(read_profile(world, "bad"), -EINVAL);
    assert_non_null(strstr(world->mistakes, "bad.cfg:2:"));
    assert_non_null(strstr(world->mistakes, "a password goes only where the server"));
    own_file(world, "bad", "", false);
    end(world);
}

static void test_a_name_that_is_not_there(void **state)
{
    (void)state;
    struct world *world = begin();
    struct error error = {0};
    assert_int_equal(read_profile(world, "libra"), -ENOENT);
    assert_int_equal(read_profile(world, "../networks/libera"), -ENOENT);
    assert_int_equal(read_profile(world, ""), -ENOENT);

    assert_int_equal(irc_profile_unknown(world->folders, 2, STR("libra"), &error), -ENOENT);
    assert_string_equal(error.text, "there is no profile \"libra\". Did you mean \"libera\"?");
    irc_profile_unknown(world->folders, 2, STR("freenode"), &error);
    assert_non_null(strstr(error.text, "There are: "));
    assert_non_null(strstr(error.text, "atheme"));
    end(world);
}

static void test_a_line_is_filled_or_not_said(void **state)
{
    (void)state;
    struct irc_profile_words words = {STR("bot"), STR("account"), STR("pass")};
    AUTO_BUF out = {.limit = 100};

    assert_int_equal(irc_profile_fill(STR("A {nick} {account} {password} B"), &words, &out), 0);
    assert_true(str_eq_c(buf_str(&out), "A bot account pass B"));
    words.password = STR("two words");
    assert_int_equal(irc_profile_fill(STR("A {password}"), &words, &out), -EINVAL);
    words.password = STR("pass\r\nQUIT");
    assert_int_equal(irc_profile_fill(STR("A {password}"), &words, &out), -EINVAL);
    words.password = STR("");
    assert_int_equal(irc_profile_fill(STR("A {password}"), &words, &out), -EINVAL);
    assert_int_equal(irc_profile_fill(STR("A {nick"), &words, &out), -EINVAL);
    assert_int_equal(irc_profile_fill(STR("A {other}"), &words, &out), -EINVAL);
}

/* A line that would be two, a place of two words; and no path is a name. */
static void test_what_is_sent_is_one_line(void **state)
{
    (void)state;
    struct world *world = begin();
    own_file(world, "bad", "recover = [\"GHOST\\nQUIT\"];\nservices_to = \"two words\";\n", true);
    assert_int_equal(read_profile(world, "bad"), -EINVAL);
    assert_non_null(strstr(world->mistakes, "this is one line that is sent"));
    assert_non_null(strstr(world->mistakes, "bad.cfg:2: \"two words\": this is one word"));
    own_file(world, "good", "title = \"Good\";\n", true);
    assert_int_equal(read_profile(world, "good"), 0);
    char folder[256];
    snprintf(folder, sizeof(folder), "%s/networks/deep", world->own);
    assert_int_equal(mkdir(folder, 0700), 0);
    own_file(world, "deep/good", "title = \"Good\";\n", true);
    assert_int_equal(read_profile(world, "../networks/good"), -ENOENT);
    assert_int_equal(read_profile(world, "deep/good"), -ENOENT);
    own_file(world, "deep/good", "", false);
    rmdir(folder);
    own_file(world, "bad", "", false);
    own_file(world, "good", "", false);
    end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_those_that_we_bring),
        cmocka_unit_test(test_of_unknown_services_nobody_is_believed),
        cmocka_unit_test(test_the_administrators_own_counts_before_ours),
        cmocka_unit_test(test_mistakes_have_file_and_line),
        cmocka_unit_test(test_a_name_that_is_not_there),
        cmocka_unit_test(test_a_line_is_filled_or_not_said),
        cmocka_unit_test(test_what_is_sent_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
