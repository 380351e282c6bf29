/* SPDX-License-Identifier: MIT */
/* greet.c: the first words to somebody in private: who this is, what is kept, who is told; and,
 * where nothing else is being asked, whether they would like to be asked each day. */
#include <errno.h>

#include "dispatch/internal.h"

#define GREETED STR("greeted")

/* Once a person, whatever networks they come by. */
static int is_greeted(struct dispatch *dispatch, const struct inbox_item *item)
{
    struct str value;
    int r = people_preference(dispatch->parts.people, item->member, GREETED,
                              host_arena(dispatch->parts.host), &value);
    return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

/* Two questions at once are one too many. */
static bool may_ask(struct dispatch *dispatch, const struct inbox_item *item)
{
    int64_t asked_at;
    return item->group && dialogues_open(dispatch->parts.dialogues, item->member, &asked_at) < 0 &&
           host_command_find(dispatch->parts.host, STR("checkin"), MOORING_ROLE_MEMBER) != NULL;
}

/* "@ana:example.org" is called ana, where no other name is known. */
static struct str called(struct str display)
{
    size_t colon = str_find(display, STR(":"), 0);
    if (!str_starts(display, STR("@")) || colon >= display.len)
        return display;
    return str_upto(str_from(display, 1), colon - 1);
}

/* An invitation may be told twice, over a kill. */
int dispatch_say_invited(struct dispatch *dispatch, const struct inbox_item *item)
{
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY,
                                      .to = {.answers = {item->source}},
                                      .msgid = "private.unencrypted-room",
                                      .dedup_key = MOORING_STR("unencrypted-room")};
    struct outbox_item out = {.message = &message, .priority = OUTBOX_REPLY};
    int r = outbox_enqueue(dispatch->parts.outbox, &out, NULL);
    if (r < 0 && r != -EEXIST)
        return r;
    return dispatch_greet(dispatch, item);
}

/* Who calls for help, or is called to help, has other things in mind. */
static bool is_no_moment(struct dispatch *dispatch, const struct inbox_item *item)
{
    return host_is_calling(dispatch->parts.host, item->member) ||
           people_role(dispatch->parts.people, &item->speaker, item->member, item->group) >=
               MOORING_ROLE_MODERATOR;
}

int dispatch_greet(struct dispatch *dispatch, const struct inbox_item *item)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("private.hello-yes", "checkin daily 09:00"),
        MOORING_CHOICE("private.hello-when", "checkin daily"),
        MOORING_CHOICE("private.hello-no", "checkin daily off")};
    if (!item->member || is_no_moment(dispatch, item))
        return 0;
    int r = is_greeted(dispatch, item);
    if (r != 0)
        return r < 0 ? r : 0;
    r = people_set_preference(dispatch->parts.people, item->member, GREETED, STR("yes"));
    if (r < 0) /* what cannot be remembered would be said each time */
        return store_is_fault(r) ? 0 : r;
    bool asks = may_ask(dispatch, item);
    const struct mooring_arg args[] = {
        {.name = "who", .kind = MOORING_ARG_TEXT, .text = abi_lend(called(item->speaker.display))},
        {.name = "prefix", .kind = MOORING_ARG_TEXT, .text = abi_lend(dispatch->parts.prefix)}};
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY,
                                      .to = {.answers = {item->source}},
                                      .msgid = asks ? "private.hello-ask" : "private.hello",
                                      .args = args,
                                      .arg_count = COUNT_OF(args),
                                      .choices = asks ? choices : NULL,
                                      .choice_count = asks ? COUNT_OF(choices) : 0};
    struct outbox_item out = {.message = &message, .priority = OUTBOX_REPLY};
    r = outbox_enqueue(dispatch->parts.outbox, &out, NULL);
    return r < 0 ? r : 1;
}
