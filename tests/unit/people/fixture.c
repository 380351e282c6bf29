/* SPDX-License-Identifier: MIT */
/* fixture.c: two invented groups from a real file, a store in memory, a virtual clock. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char file[] =
    "networks = ( { name = \"libera\"; kind = \"irc\"; host = \"irc.example.org\"; nicks = "
    "[\"bot\"]; },\n"
    "             { name = \"home\"; kind = \"console\"; } );\n"
    "groups = (\n"
    "  { name = \"harbor\"; title = \"Harbor evening IOP\"; zone = \"America/New_York\"; country = "
    "\"US\"; language = \"en\";\n"
    "    rooms = ( { network = \"libera\"; room = \"#harbor\"; }, { network = \"home\"; room = "
    "\"#harbor:example.org\"; } );\n"
    "    spaces = ( { network = \"home\"; room = \"#space:example.org\"; } );\n"
    "    alert_room = { network = \"libera\"; room = \"#bridge\"; };\n"
    "    moderators = ( { network = \"libera\"; account = \"mara\"; },\n"
    "                   { network = \"home\"; user = \"@ben:example.org\"; } );\n"
    "    on_call = ( { who = \"mara\"; days = [\"mon\", \"wed\"]; from = \"17:00\"; to = "
    "\"23:00\"; },\n"
    "                { who = \"ben\"; from = \"22:00\"; to = \"06:00\"; } ); },\n"
    "  { name = \"lagoon\"; moderators_by_power = true; zone = \"Europe/Berlin\"; rooms = ( { "
    "network = \"libera\"; room = "
    "\"#lagoon\"; } ); }\n"
    ");\n";

static void tell(void *ctx UNUSED, const struct error *mistake)
{
    print_error("%s\n", mistake->text);
}

void fixture_load(struct settings **ret_settings)
{
    const struct settings_schema schema = {.tables = &settings_core, .table_count = 1};
    const char *base = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof path, "%s/mooring-people-XXXXXX", base ? base : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, file, sizeof file - 1), sizeof file - 1);
    close(fd);
    int r = settings_load(path, &schema, tell, NULL, ret_settings);
    unlink(path);
    assert_int_equal(r, 0);
}

int fixture_setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof *f);
    assert_non_null(f);
    *state = f;
    clock_init_virtual(&f->clock, FIXTURE_START);
    struct store_options options = {.in_memory = true, .clock = &f->clock};
    assert_int_equal(store_open(&options, &f->store, NULL), 0);
    fixture_load(&f->settings);
    assert_int_equal(groups_create(f->settings, f->store, &f->groups), 0);
    assert_int_equal(people_create(f->store, f->groups, &f->people), 0);
    f->harbor = groups_by_name(f->groups, STR("harbor"));
    f->lagoon = groups_by_name(f->groups, STR("lagoon"));
    assert_non_null(f->harbor);
    assert_non_null(f->lagoon);
    return 0;
}

int fixture_done(void **state)
{
    struct fixture *f = *state;
    people_destroy(f->people);
    groups_destroy(f->groups);
    settings_destroy(f->settings);
    store_close(f->store);
    arena_done(&f->arena);
    mem_free(f);
    return 0;
}

struct people_speaker fixture_speaker(const char *network, const char *identity,
                                      const char *address)
{
    return (struct people_speaker){.network = str_of(network),
                                   .identity = str_of(identity),
                                   .address = str_of(address),
                                   .display = str_of(address)};
}

uint64_t fixture_meet(struct fixture *f, const char *account, const struct group *group)
{
    struct people_speaker speaker = fixture_speaker("libera", account, account);
    uint64_t member = 0;
    assert_int_equal(people_meet(f->people, &speaker, group, &member), 0);
    assert_true(store_commit(f->store) >= 0);
    return member;
}
