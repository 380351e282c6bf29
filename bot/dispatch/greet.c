/* SPDX-License-Identifier: MIT */
/* greet.c: the first words to somebody in private: who this is, what is kept, who is told; and,
 * where nothing else is being asked, whether they would like to be asked each day. */
#include <errno.h>

#include "dispatch/internal.h"

#define GREETED STR("greeted")

/* Of the first words: the question stands back where a room is made for an answer, and is put when
 * they enter it. */
enum said { SAID_NOTHING, SAID_HELLO, SAID_ALL };

/* Once a person, whatever networks they come by. */
static int what_was_said(struct dispatch *dispatch, const struct inbox_item *item,
                         enum said *ret_said)
{
    struct str value;
    int r = people_preference(dispatch->parts.people, item->member, GREETED,
                              host_arena(dispatch->parts.host), &value);
    *ret_said = r < 0 ? SAID_NOTHING : str_eq_c(value, "hello") ? SAID_HELLO : SAID_ALL;
    return r == -ENOENT ? 0 : r;
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
    bool is_elsewhere = !str_empty(item->event->text); /* into a room that is no group's */
    AUTO_BUF key;
    buf_init(&key, 512);
    buf_add_format(&key, "%s%.*s", is_elsewhere ? "unknown-room/" : "unencrypted-room",
                   STR_ARG(item->event->text));
    const struct mooring_arg args[] = {abi_text("room", item->event->text),
                                       abi_text("network", str_of(item->network->name))};
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY,
                                      .to = {.answers = {item->source}},
                                      .msgid = is_elsewhere ? "private.unknown-room"
                                                            : "private.unencrypted-room",
                                      .args = args,
                                      .arg_count = is_elsewhere ? COUNT_OF(args) : 0,
                                      .dedup_key = abi_lend(buf_str(&key))};
    struct outbox_item out = {.message = &message, .priority = OUTBOX_REPLY};
    int r = key.failed ? key.failed : outbox_enqueue(dispatch->parts.outbox, &out, NULL);
    if (r < 0 && r != -EEXIST)
        return r;
    return is_elsewhere ? 0 : dispatch_greet(dispatch, item);
}

/* Who calls for help, or is called to help, has other things in mind. */
static bool is_no_moment(struct dispatch *dispatch, const struct inbox_item *item)
{
    return host_is_calling(dispatch->parts.host, item->member) ||
           people_role(dispatch->parts.people, &item->speaker, item->member, item->group) >=
               MOORING_ROLE_MODERATOR;
}

/* 1 said; 0: what cannot be remembered would be said each time. */
static int say_first(struct dispatch *dispatch, const struct inbox_item *item, const char *msgid,
                     bool asks, enum said said)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("private.hello-yes", "checkin daily 09:00"),
        MOORING_CHOICE("private.hello-when", "checkin daily"),
        MOORING_CHOICE("private.hello-no", "checkin daily off")};
    int r = people_set_preference(dispatch->parts.people, item->member, GREETED,
                                  said == SAID_ALL ? STR("yes") : STR("hello"));
    if (r < 0)
        return store_is_fault(r) ? 0 : r;
    const struct mooring_arg args[] = {abi_text("who", called(item->speaker.display)),
                                       abi_text("prefix", dispatch->parts.prefix)};
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY,
                                      .to = {.answers = {item->source}},
                                      .msgid = msgid,
                                      .args = args,
                                      .arg_count = COUNT_OF(args),
                                      .choices = asks ? choices : NULL,
                                      .choice_count = asks ? COUNT_OF(choices) : 0};
    struct outbox_item out = {.message = &message, .priority = OUTBOX_REPLY};
    r = outbox_enqueue(dispatch->parts.outbox, &out, NULL);
    return r < 0 ? r : 1;
}

int dispatch_greet(struct dispatch *dispatch, const struct inbox_item *item)
{
    enum said said;
    if (!item->member || is_no_moment(dispatch, item))
        return 0;
    int r = what_was_said(dispatch, item, &said);
    if (r < 0 || said == SAID_ALL)
        return r;
    bool asks = may_ask(dispatch, item);
    if (said == SAID_HELLO && !asks)
        return 0;
    const char *msgid = said == SAID_HELLO ? "private.ask" : "private.hello";
    return say_first(dispatch, item, said == SAID_NOTHING && asks ? "private.hello-ask" : msgid,
                     asks, SAID_ALL);
}

/* Else who we are would stand behind the answer for which the room was made. */
int dispatch_greet_before(struct dispatch *dispatch, const struct inbox_item *item,
                          const struct mooring_command *command)
{
    enum said said;
    bool is_made = !item->is_private && item->network->has_private_rooms &&
                   (command->flags & MOORING_COMMAND_PRIVATE) &&
                   !str_eq_c(STR("forget"), command->name);
    if (!is_made || !item->member || is_no_moment(dispatch, item))
        return 0;
    int r = what_was_said(dispatch, item, &said);
    if (r < 0 || said != SAID_NOTHING)
        return r;
    return say_first(dispatch, item, "private.hello", false, SAID_HELLO);
}
