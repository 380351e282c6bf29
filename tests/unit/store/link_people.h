/* SPDX-License-Identifier: MIT */
/* link_people.h: two members who both have something of each kind, to be joined. */
#ifndef STORE_LINK_PEOPLE_H
#define STORE_LINK_PEOPLE_H

#include "fixture.h"

#include "store/link.h"

#define DAY  STR("checkin")
#define PLAN STR("crisis")

struct two {
    uint64_t kept, second;
};
uint64_t link_people_lookup(struct fixture *f, const char *account);
void link_people_join(struct fixture *f, struct two two, const struct store_link_choice *choice);
void link_people_a_day_later(struct fixture *f);
void link_people_has_value(struct fixture *f, uint64_t member, struct str plugin, const char *key,
                           const char *expected);
void link_people_expect_zone(struct fixture *f, uint64_t member, const char *expected);
int link_people_moods(struct fixture *f, uint64_t member);
int64_t link_people_due_of(struct fixture *f, uint64_t member, const char *key);
char *link_people_everything_there_is(struct fixture *f);
void link_people_expect_everything(struct fixture *f, char *before);
struct two link_people_two_people(struct fixture *f);
void link_people_put_value(struct fixture *f, uint64_t member, struct str plugin, const char *key,
                           const char *value);

#endif
