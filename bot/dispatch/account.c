/* SPDX-License-Identifier: MIT */
/* account.c: somebody whom the network does not vouch for asks for what is one person's own: how an
 * account is had there, at length once a day and in private, then in a line. */
#include "dispatch/internal.h"

enum { AGAIN_MS = 24 * 60 * 60 * 1000 };

bool dispatch_account_help(const struct inbox_item *item, struct chat_account_help *ret_help)
{
    const struct chat_class *class = item->network->class;
    return !item->is_puppet && class->account_help && class->account_help(item->network, ret_help);
}

/* Notes it as well. */
static bool was_told(struct dispatch *dispatch, const struct inbox_item *item)
{
    uint64_t who = dispatch_hash(item) | 1u;
    int64_t now_ms = clock_elapsed_ms(dispatch->parts.clock);
    size_t place = (who >> 1) % DISPATCH_TOLD_MAX;
    bool told = dispatch->told[place].who == who &&
                now_ms - dispatch->told[place].told_ms < AGAIN_MS;
    if (!told) {
        dispatch->told[place].who = who;
        dispatch->told[place].told_ms = now_ms;
    }
    return told;
}

int dispatch_say_no_identity(struct dispatch *dispatch, const struct inbox_item *item)
{
    struct chat_account_help help;
    const struct mooring_arg prefix = abi_text("prefix", dispatch->parts.prefix);
    const struct mooring_arg network = abi_text("network", str_of(item->network->name));
    if (item->is_puppet)
        return dispatch_say(dispatch, item, 0, "core.bridged", &prefix, 1);
    if (!dispatch_account_help(item, &help)) {
        const struct mooring_arg args[] = {prefix, network};
        return dispatch_say(dispatch, item, 0, "core.no-identity", args, COUNT_OF(args));
    }
    const struct mooring_arg args[] = {
        prefix, abi_text("title", help.title), abi_text("create", help.create),
        abi_text("confirm", help.confirm), abi_text("login", help.login)};
    if (was_told(dispatch, item))
        return dispatch_say(dispatch, item, 0, "core.no-account-again", args, COUNT_OF(args));
    return dispatch_say(dispatch, item, MOORING_SAY_PRIVATE_ONLY,
                        str_empty(help.confirm) ? "core.no-account" : "core.no-account-confirm",
                        args, COUNT_OF(args));
}
