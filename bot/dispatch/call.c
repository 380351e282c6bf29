/* SPDX-License-Identifier: MIT */
/* call.c: does what was decided, or says why not. */
#include <errno.h>

#include "base/utf8.h"
#include "dispatch/internal.h"
#include "observe/log.h"

static int say_flagged(struct dispatch *dispatch, const struct inbox_item *item, uint64_t flags,
                       const char *msgid, const struct mooring_arg *args, size_t count,
                       const struct mooring_choice *choices, size_t choice_count)
{
    struct mooring_message message = {
        .struct_size = sizeof message,
        .flags = flags,
        .to = {.answers = {item->source}},
        .msgid = msgid,
        .args = args,
        .arg_count = count,
        .choices = choices,
        .choice_count = choice_count,
    };
    struct outbox_item out = {.message = &message, .priority = OUTBOX_REPLY};
    int r = outbox_enqueue(dispatch->parts.outbox, &out, NULL);
    return r == -EEXIST ? 0 : r;
}

static int say(struct dispatch *dispatch, const struct inbox_item *item, const char *msgid,
               const struct mooring_arg *args, size_t count, const struct mooring_choice *choices,
               size_t choice_count)
{
    return say_flagged(dispatch, item, 0, msgid, args, count, choices, choice_count);
}

int dispatch_say(struct dispatch *dispatch, const struct inbox_item *item, uint64_t flags,
                 const char *msgid, const struct mooring_arg *args, size_t count)
{
    return say_flagged(dispatch, item, flags, msgid, args, count, NULL, 0);
}

/* Only the word, cut short: what somebody typed is not ours to repeat at length. */
static struct str first_word(struct str line)
{
    struct str word = {0};
    if (!str_word(&line, &word))
        return line;
    return str_upto(word, utf8_floor(word.ptr, word.len, 32));
}

static int say_near(struct dispatch *dispatch, const struct dispatch_route *route,
                    const struct inbox_item *item)
{
    const struct mooring_arg args[] = {abi_text("typed", first_word(route->typed)),
                                       abi_text("near", route->near),
                                       abi_text("prefix", dispatch->parts.prefix)};
    const struct mooring_choice choices[] = {{"core.near-yes", {0}, abi_lend(route->near)}};
    return say(dispatch, item, "core.near", args, COUNT_OF(args), choices, COUNT_OF(choices));
}

static int say_late(struct dispatch *dispatch, const struct dispatch_route *route,
                    const struct inbox_item *item)
{
    const struct mooring_arg args[] = {abi_text("command", str_of(route->command->def->name)),
                                       abi_text("prefix", dispatch->parts.prefix),
                                       abi_when("asked", item->event->sent_at)};
    const struct mooring_choice choices[] = {{"core.late-yes", {0}, abi_lend(route->typed)},
                                             {"core.late-no", {0}, MOORING_STR("no")}};
    return say(dispatch, item, "core.late", args, COUNT_OF(args), choices, COUNT_OF(choices));
}

/* "Only moderators can do that. Mara and Ben are this group's moderators."  Who is not logged in
 * may be one of them. */
static int say_refused(struct dispatch *dispatch, const struct inbox_item *item)
{
    struct chat_account_help help;
    if (str_empty(item->speaker.identity) && dispatch_account_help(item, &help)) {
        const struct mooring_arg args[] = {abi_text("title", help.title),
                                           abi_text("prefix", dispatch->parts.prefix)};
        return say(dispatch, item, "core.moderators-account", args, COUNT_OF(args), NULL, 0);
    }
    AUTO_BUF names;
    buf_init(&names, 512);
    size_t count = item->group ? item->group->moderator_count : 0;
    for (size_t i = 0; i < count && i < 6; i++)
        buf_add_format(&names, "%s%.*s", i ? ", " : "", STR_ARG(item->group->moderators[i].name));
    const struct mooring_arg args[] = {abi_text("moderators", buf_str(&names)),
                                       abi_int("count", (int64_t)count)};
    return say(dispatch, item, "core.moderators-only", args, COUNT_OF(args), NULL, 0);
}

static int say_plain(struct dispatch *dispatch, const struct inbox_item *item, const char *msgid)
{
    const struct mooring_arg args[] = {abi_text("prefix", dispatch->parts.prefix),
                                       abi_text("network", str_of(item->network->name))};
    return say(dispatch, item, msgid, args, COUNT_OF(args), NULL, 0);
}

/* Who begins something else will not mean the question when they say "yes". */
static int stop_waiting(struct dispatch *dispatch, const struct inbox_item *item)
{
    struct outbox *outbox = dispatch->parts.outbox;
    uint64_t place = outbox_private_place(outbox, item->speaker.network, item->speaker.address);
    return outbox_answered(outbox, item->member, place);
}

static int run_command(struct dispatch *dispatch, const struct dispatch_route *route,
                       struct inbox_item *item)
{
    int r = dispatch_greet_before(dispatch, item, route->command->def);
    if (r == 0 && item->is_private)
        r = stop_waiting(dispatch, item);
    if (r < 0)
        return r;
    r = host_command_run(dispatch->parts.host, route->command, &item->abi, route->args);
    if (r >= 0)
        return r;
    if (r == -EACCES)
        return say_plain(dispatch, item, "core.no-private-way");
    log_event(LOG_LEVEL_WARNING, "command_failed", LOG_TEXT("command", route->command->def->name),
              LOG_ERRNO(r));
    return say_plain(dispatch, item,
                     "core.failed"); /* where the store is what failed, this fails with it */
}

/* "yes", "I don't know what to do": who was asked something in a hard moment is asked once more,
 * and never sent to a list of commands.  1: so it was. */
static int ask_again(struct dispatch *dispatch, const struct inbox_item *item)
{
    struct outbox *outbox = dispatch->parts.outbox;
    uint64_t place = outbox_private_place(outbox, item->speaker.network, item->speaker.address);
    struct arena arena = {0};
    struct str choices;
    int64_t asked_at;
    int r = outbox_asked_in_crisis(outbox, item->member, place, &arena, &choices, &asked_at);
    if (r > 0) {
        const struct mooring_arg args[] = {abi_text("choices", choices)};
        r = dispatch_say(dispatch, item,
                         MOORING_SAY_CRISIS | MOORING_SAY_URGENT | MOORING_SAY_PRIVATE_ONLY,
                         "core.asked-in-crisis", args, COUNT_OF(args));
        r = r < 0 ? r : 1;
    }
    arena_done(&arena);
    return r;
}

/* "hi" is how people begin. */
static int say_unknown(struct dispatch *dispatch, const struct inbox_item *item)
{
    int r = item->is_private ? ask_again(dispatch, item) : 0;
    if (r == 0 && item->is_private)
        r = dispatch_greet(dispatch, item);
    return r != 0 ? MIN_OF(r, 0) : say_plain(dispatch, item, "core.unknown");
}

static int listen(struct dispatch *dispatch, const struct inbox_item *item)
{
    int r = host_message(dispatch->parts.host, &item->abi);
    return r != 0 ? r : say_unknown(dispatch, item);
}

static int answer_question(struct dispatch *dispatch, const struct dispatch_route *route,
                           struct inbox_item *item)
{
    int r = route->stop ? host_message_to(route->stop, &item->abi) : 0;
    if (r != 0)
        return MIN_OF(r, 0);
    if (item->event->kind == CHAT_REACTION) /* as if the number had been typed */
        item->abi.text = abi_lend(route->typed);
    return dialogues_answer(dispatch->parts.dialogues, item->member, &item->abi);
}

/* Without a word: whoever deletes something wants it to be gone, not to be talked about. */
static int take_back(struct dispatch *dispatch, const struct inbox_item *item)
{
    struct str network = item->speaker.network, what = item->event->relates_to;
    int r = outbox_take_back(dispatch->parts.outbox, network, what);
    return r < 0 ? r : host_take_back(dispatch->parts.host, network, what);
}

int dispatch_call(struct dispatch *dispatch, const struct dispatch_route *route,
                  struct inbox_item *item)
{
    switch (route->kind) {
    case DISPATCH_NOTHING:
    case DISPATCH_KIND_COUNT:
        return 0;
    case DISPATCH_TOO_FAST:
        return say_plain(dispatch, item, "core.too-fast");
    case DISPATCH_COMMAND:
        return run_command(dispatch, route, item);
    case DISPATCH_DIALOGUE:
        return answer_question(dispatch, route, item);
    case DISPATCH_LISTENERS:
        return listen(dispatch, item);
    case DISPATCH_OVERHEARD: /* what nobody takes was not meant for us */
        return MIN_OF(host_message_to(route->stop, &item->abi), 0);
    case DISPATCH_REACTION:
        return host_reaction(dispatch->parts.host, &item->abi);
    case DISPATCH_PRESENCE:
        host_presence(dispatch->parts.host, &item->abi, item->event->kind == CHAT_JOIN);
        return 0;
    case DISPATCH_NEAR:
        return say_near(dispatch, route, item);
    case DISPATCH_UNKNOWN:
        return say_unknown(dispatch, item);
    case DISPATCH_REFUSED:
        return say_refused(dispatch, item);
    case DISPATCH_NO_IDENTITY:
        return dispatch_say_no_identity(dispatch, item);
    case DISPATCH_LATE:
        return say_late(dispatch, route, item);
    case DISPATCH_TAKEN_BACK:
        return take_back(dispatch, item);
    case DISPATCH_ENTERED:
        return dispatch_greet(dispatch, item);
    case DISPATCH_INVITED:
        return dispatch_say_invited(dispatch, item);
    }
    return 0;
}
