/* SPDX-License-Identifier: MIT */
/* test_spec.c: flat tables as one tree. */
#include "files.h"

#include "settings/spec.h"

static struct settings_spec *build(struct arena *arena)
{
    const struct settings_schema schema = files_schema();
    arena_init(arena, 0);
    struct settings_spec *root = settings_spec_build(arena, &schema);
    assert_non_null(root);
    return root;
}

static void dots_are_branches(void **state)
{
    (void)state;
    struct arena arena;
    struct settings_spec *networks = settings_spec_child(build(&arena), STR("networks"));
    assert_int_equal(networks->option.kind, MOORING_OPTION_LIST);
    struct settings_spec *sasl = settings_spec_child(networks, STR("sasl"));
    assert_ptr_equal(settings_spec_child(sasl, STR("account"))->parent, sasl);
    assert_null(settings_spec_child(networks, STR("account")));
    arena_done(&arena);
}

static void sections_stand_at_the_top_and_in_groups(void **state)
{
    (void)state;
    struct arena arena;
    struct settings_spec *root = build(&arena);
    struct settings_spec *top = settings_spec_child(root, STR("checkin"));
    struct settings_spec *own = settings_spec_child(settings_spec_child(root, STR("groups")),
                                                    STR("checkin"));
    assert_true(top->is_section && own->is_section);
    assert_ptr_not_equal(top, own);
    assert_int_equal(top->child_count, own->child_count);
    arena_done(&arena);
}

static void only_the_list_of_a_sections_name_is_its_own(void **state)
{
    (void)state;
    struct arena arena;
    struct settings_spec *root = build(&arena);
    struct settings_spec *meetings = settings_spec_child(root, STR("meetings"));
    assert_ptr_equal(settings_spec_own_list(meetings),
                     settings_spec_child(meetings, STR("meetings")));
    assert_null(settings_spec_own_list(settings_spec_child(root, STR("checkin"))));
    assert_null(settings_spec_own_list(settings_spec_child(root, STR("networks"))));
    arena_done(&arena);
}

static void entries_that_no_table_should_have_are_left_out(void **state)
{
    (void)state;
    const struct mooring_option nameless = {.struct_size = sizeof nameless,
                                            .kind = MOORING_OPTION_TEXT};
    const struct mooring_option unknown = {
        .struct_size = sizeof unknown, .name = "a", .kind = MOORING_OPTION_KIND_COUNT};
    const struct mooring_option tiny = {.struct_size = 8, .name = "b"};
    const struct mooring_option twice = {
        .struct_size = sizeof twice, .name = "c.d", .kind = MOORING_OPTION_TEXT};
    const struct mooring_option *const options[] = {&nameless, &unknown, &tiny,
                                                    &twice,    &twice,   NULL};
    const struct settings_table table = {"odd", options};
    const struct settings_schema schema = {.tables = &table, .table_count = 1};
    struct arena arena;
    arena_init(&arena, 0);
    struct settings_spec *root = settings_spec_build(&arena, &schema);
    struct settings_spec *odd = settings_spec_child(root, STR("odd"));
    assert_int_equal(odd->child_count, 1);
    assert_int_equal(settings_spec_child(odd, STR("c"))->option.kind, MOORING_OPTION_GROUP);
    assert_int_equal(settings_spec_child(odd, STR("c"))->child_count, 1);
    arena_done(&arena);
}

static void elsewhere_looks_everywhere(void **state)
{
    (void)state;
    struct arena arena;
    struct settings_spec *root = build(&arena);
    const struct settings_spec *found = settings_spec_elsewhere(root, STR("prompt_at"));
    assert_true(found && str_eq_c(found->parent->name, "checkin"));
    assert_null(settings_spec_elsewhere(root, STR("nowhere")));
    arena_done(&arena);
}

static void a_short_arena_gives_nothing(void **state)
{
    (void)state;
    const struct settings_schema schema = files_schema();
    for (size_t limit = 1; limit < 4096; limit += 512) {
        struct arena arena;
        arena_init(&arena, limit);
        assert_null(settings_spec_build(&arena, &schema));
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dots_are_branches),
        cmocka_unit_test(sections_stand_at_the_top_and_in_groups),
        cmocka_unit_test(only_the_list_of_a_sections_name_is_its_own),
        cmocka_unit_test(entries_that_no_table_should_have_are_left_out),
        cmocka_unit_test(elsewhere_looks_everywhere),
        cmocka_unit_test(a_short_arena_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
