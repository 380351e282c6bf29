/* SPDX-License-Identifier: MIT */
/* consent.c: !consent: what a member agreed to, scope by scope, each to be taken back. */
#include <errno.h>
#include <stdio.h>

#include "commands/internal.h"

/* Typing a check-in is agreeing to keep it, until the member says otherwise. */
static const char *state_of(struct commands *commands, const struct mooring_event *event,
                            const char *scope)
{
    int r = people_consent(commands->parts.people, event->member.id, event->group.id,
                           str_of(scope));
    if (r == -ENOENT && str_eq_c(STR("checkins"), scope))
        return "commands.consent-by-use";
    return r > 0 ? "commands.yes" : "commands.not";
}

static int show(struct commands *commands, const struct mooring_event *event)
{
    AUTO_BUF out;
    buf_init(&out, COMMANDS_TEXT_BYTES);
    int r = commands_add(commands, event, &out, "commands.consent-head", NULL, 0);
    buf_add_c(&out, "\n\n");
    for (const char *const *scope = people_scopes; r >= 0 && *scope; scope++) {
        char msgid[64];
        snprintf(msgid, sizeof msgid, "commands.consent-%s", *scope);
        buf_add_format(&out, "- **%s** (", *scope);
        r = commands_add(commands, event, &out, state_of(commands, event, *scope), NULL, 0);
        buf_add_c(&out, "): ");
        if (r >= 0)
            r = commands_add(commands, event, &out, msgid, NULL, 0);
        buf_add_c(&out, "\n");
    }
    struct answer answer = {.verbatim = buf_str(&out), .flags = MOORING_SAY_PRIVATE_ONLY};
    return r < 0 ? r : commands_answer(commands, event, &answer);
}

static const char *find_scope(struct str typed)
{
    for (const char *const *scope = people_scopes; *scope; scope++)
        if (str_eq_nocase(typed, str_of(*scope)))
            return *scope;
    return NULL;
}

static int parse_switch(struct str typed)
{
    static const char *const yes[] = {"on", "yes", "y", "true", "give", "allow"};
    static const char *const no[] = {"off", "no", "n", "false", "withdraw", "stop"};
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (str_eq_nocase(typed, str_of(yes[i])))
            return 1;
    for (size_t i = 0; i < COUNT_OF(no); i++)
        if (str_eq_nocase(typed, str_of(no[i])))
            return 0;
    return -EINVAL;
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct str rest = abi_take(args), first, second = {0};
    if (!str_word(&rest, &first))
        return show(commands, event);
    str_word(&rest, &second);
    const char *scope = find_scope(first);
    int wanted = parse_switch(second);
    if (!scope || wanted < 0)
        return commands_say(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.consent-usage");
    int r = people_set_consent(commands->parts.people, event->member.id, event->group.id,
                               str_of(scope), wanted == 1);
    if (r == 0)
        r = commands_audit(commands, event, event->member.id,
                           wanted ? "consent_given" : "consent_withdrawn", str_of(scope));
    if (r < 0)
        return r;
    return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY,
                             wanted ? "commands.consent-given" : "commands.consent-withdrawn",
                             abi_text("scope", str_of(scope)),
                             abi_text("prefix", commands_prefix(commands)));
}

const struct mooring_command command_consent = {
    .struct_size = sizeof command_consent,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "consent",
    .aliases = NULL,
    .usage = "[scope on|off]",
    .help_msgid = "commands.help-consent",
    .role = MOORING_ROLE_MEMBER,
    .run = run,
};
