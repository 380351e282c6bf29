/* SPDX-License-Identifier: MIT */
/* sos.c: !sos: a call for help in one word, tier 3 by itself, anywhere. */
#include <errno.h>

#include "commands/internal.h"

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct mooring_event help = *event;
    struct safety_verdict verdict;
    /* What stands behind the word may say more than the word: "!sos he took the whole bottle". */
    safety_classify(commands->parts.safety, abi_take(args), 0, &verdict);
    if (verdict.tier < 3)
        verdict = (struct safety_verdict){
            .tier = 3, .who = SAFETY_WHO_SELF, .rule_count = 1, .rules = {"sos"}};
    help.verdict = (struct mooring_verdict){.struct_size = sizeof help.verdict,
                                            .kind = (uint32_t)verdict.kind,
                                            .tier = (uint32_t)verdict.tier,
                                            .who = (uint32_t)verdict.who,
                                            .rules = abi_lend(str_of(verdict.rules[0]))};
    int answered = host_message(commands->parts.host, &help);
    const struct outbox_source *source = outbox_find_source(commands->parts.outbox,
                                                            event->source.id);
    struct alerts_call call = {
        .member = event->member.id,
        .source = event->source.id,
        .group = commands_group(commands, event),
        .who = source ? source->display : (struct str){0},
        .text = abi_take(event->text),
        .verdict = verdict,
    };
    return alerts_floor(commands->parts.alerts, &call, answered);
}

const struct mooring_command command_sos = {
    .struct_size = sizeof command_sos,
    .flags = MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_LATE_OK,
    .name = "sos",
    .aliases = "crisis emergency 911 988 helpme emergencia socorro auxilio",
    .usage = NULL,
    .help_msgid = "commands.help-sos",
    .role = MOORING_ROLE_NONE,
    .run = run,
};
