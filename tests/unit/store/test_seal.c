/* SPDX-License-Identifier: MIT */
/* test_seal.c: sealed values: opened in their place by their owner, and nowhere else. */
#include "fixture.h"

#include "store/seal.h"

static const struct seal_place place = {
    .column = "value.value", .a = 1, .b = 2, .text = {"checkin", 7}, .more = {"k", 1}};

static struct str sealed_of(struct fixture *f, uint64_t owner, struct str plain)
{
    struct str sealed = {0};
    assert_int_equal(seal_close(f->store, owner, &place, plain, &f->arena, &sealed), 0);
    return sealed;
}

static void opens_what_it_closed(void **state)
{
    struct fixture *f = *state;
    struct str plain, sealed = sealed_of(f, STORE_HOUSE, STR("walk after lunch"));
    assert_int_equal(sealed.len, 16 + SEAL_EXTRA_BYTES);
    assert_int_equal(seal_open(f->store, STORE_HOUSE, &place, sealed, &f->arena, &plain), 0);
    assert_str(plain, "walk after lunch");
}

static void empty_and_binary_texts(void **state)
{
    struct fixture *f = *state;
    struct str plain;
    assert_int_equal(seal_open(f->store, STORE_HOUSE, &place,
                               sealed_of(f, STORE_HOUSE, (struct str){0}), &f->arena, &plain),
                     0);
    assert_int_equal(plain.len, 0);
    assert_int_equal(seal_open(f->store, STORE_HOUSE, &place,
                               sealed_of(f, STORE_HOUSE, STR("a\0b")), &f->arena, &plain),
                     0);
    assert_str(plain, "a\0b");
}

static void the_same_text_never_looks_the_same(void **state)
{
    struct fixture *f = *state;
    struct str first = sealed_of(f, STORE_HOUSE, STR("six")),
               second = sealed_of(f, STORE_HOUSE, STR("six"));
    assert_false(str_eq(first, second));
}

static void any_flipped_bit_is_found(void **state)
{
    struct fixture *f = *state;
    struct str plain, sealed = sealed_of(f, STORE_HOUSE, STR("mood 6"));
    char *bytes = arena_copy_text(&f->arena, sealed.ptr, sealed.len);
    for (size_t i = 0; i < sealed.len * 8; i++) {
        bytes[i / 8] ^= (char)(1 << i % 8);
        assert_int_equal(seal_open(f->store, STORE_HOUSE, &place, (struct str){bytes, sealed.len},
                                   &f->arena, &plain),
                         -EBADMSG);
        bytes[i / 8] ^= (char)(1 << i % 8);
    }
}

static void any_shorter_blob_is_refused(void **state)
{
    struct fixture *f = *state;
    struct str plain, sealed = sealed_of(f, STORE_HOUSE, STR("mood 6"));
    for (size_t len = 0; len < sealed.len; len++)
        assert_int_equal(
            seal_open(f->store, STORE_HOUSE, &place, str_upto(sealed, len), &f->arena, &plain),
            -EBADMSG);
}

static void it_opens_in_no_other_place(void **state)
{
    struct fixture *f = *state;
    struct str plain, sealed = sealed_of(f, STORE_HOUSE, STR("mood 6"));
    struct seal_place others[] = {place, place, place, place, place, place};
    others[0].column = "value.key";
    others[1].a = 9;
    others[2].b = 9;
    others[3].text = STR("coping");
    others[4].more = STR("l");
    others[5].text = STR("checkink"); /* ("checkin", "k") must not read like ("checkink", "") */
    others[5].more = (struct str){0};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_int_equal(seal_open(f->store, STORE_HOUSE, &others[i], sealed, &f->arena, &plain),
                         -EBADMSG);
}

static void it_opens_for_its_owner_alone(void **state)
{
    struct fixture *f = *state;
    struct str plain;
    uint64_t kestrel = fixture_member(f, "kestrel"), heron = fixture_member(f, "heron");
    struct str sealed = sealed_of(f, kestrel, STR("mood 6"));
    assert_int_equal(seal_open(f->store, kestrel, &place, sealed, &f->arena, &plain), 0);
    assert_int_equal(seal_open(f->store, heron, &place, sealed, &f->arena, &plain), -EBADMSG);
    assert_int_equal(seal_open(f->store, STORE_HOUSE, &place, sealed, &f->arena, &plain), -EBADMSG);
    assert_int_equal(seal_open(f->store, 12345, &place, sealed, &f->arena, &plain), -ENOKEY);
}

static void too_large_is_refused(void **state)
{
    struct fixture *f = *state;
    struct str sealed;
    char *large = mem_zalloc(STORE_TEXT_LIMIT + 1);
    assert_non_null(large);
    assert_int_equal(seal_close(f->store, STORE_HOUSE, &place,
                                (struct str){large, STORE_TEXT_LIMIT + 1}, &f->arena, &sealed),
                     -E2BIG);
    mem_free(large);
}

static void texts_are_packed_and_unpacked(void **state)
{
    struct fixture *f = *state;
    struct str texts[] = {STR("libera"), STR(""), STR("a|b")}, out[3], packed;
    assert_int_equal(seal_pack(texts, 3, &f->arena, &packed), 0);
    assert_int_equal(seal_unpack(packed, out, 3), 0);
    assert_str(out[0], "libera");
    assert_str(out[1], "");
    assert_str(out[2], "a|b");
    assert_int_equal(seal_unpack(packed, out, 2), -EBADMSG);
    assert_int_equal(seal_unpack(str_upto(packed, packed.len - 1), out, 3), -EBADMSG);
    assert_int_equal(seal_unpack(STR("\xff\xff\xff\xff"), out, 1), -EBADMSG);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_what_it_closed),
        TEST(empty_and_binary_texts),
        TEST(the_same_text_never_looks_the_same),
        TEST(any_flipped_bit_is_found),
        TEST(any_shorter_blob_is_refused),
        TEST(it_opens_in_no_other_place),
        TEST(it_opens_for_its_owner_alone),
        TEST(too_large_is_refused),
        TEST(texts_are_packed_and_unpacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
