/* SPDX-License-Identifier: MIT */
/* internal.h: what every command needs: who asked, and a way to answer. */
#ifndef COMMANDS_INTERNAL_H
#define COMMANDS_INTERNAL_H

#include "base/number.h"
#include "commands/commands.h"
#include "schedule/zones.h"

enum { COMMANDS_TEXT_BYTES = 64 * 1024 };

struct commands {
    struct commands_parts parts;
};

/* Answers the message in hand. */
struct answer {
    const char *msgid;
    struct str verbatim; /* Markdown instead of msgid, for lists that are put together */
    const struct mooring_arg *args;
    size_t arg_count;
    const struct mooring_choice *choices;
    size_t choice_count;
    uint64_t flags;     /* enum mooring_say_flags */
    int64_t expires_at; /* 0: as every reply */
    bool is_long;       /* much, and it can wait for everything else */
    bool names_others;  /* a list of people: kept for no longer than it takes to say it */
};
int commands_answer(struct commands *commands, const struct mooring_event *event,
                    const struct answer *answer) MUST_CHECK;
int commands_say(struct commands *commands, const struct mooring_event *event, uint64_t flags,
                 const char *msgid) MUST_CHECK;
/* One text with up to some arguments: commands_say_with(c, event, flags, "commands.x",
 * abi_text("a", s), abi_int("n", 3)). */
#define commands_say_with(commands, event, flags_, msgid_, ...)                                    \
    commands_answer(                                                                               \
        (commands), (event),                                                                       \
        &(struct answer){.msgid = (msgid_),                                                        \
                         .flags = (flags_),                                                        \
                         .args = (const struct mooring_arg[]){__VA_ARGS__},                        \
                         .arg_count = sizeof((const struct mooring_arg[]){__VA_ARGS__}) /          \
                                      sizeof(struct mooring_arg)})
/* Appends a text as the asker reads it. */
int commands_add(struct commands *commands, const struct mooring_event *event, struct buf *out,
                 const char *msgid, const struct mooring_arg *args, size_t count) MUST_CHECK;

const struct group *commands_group(const struct commands *commands,
                                   const struct mooring_event *event); /* NULL: none */
enum mooring_role commands_role(const struct commands *commands, const struct mooring_event *event);
/* What names people is said in the alert room or in private: the flags for an answer to this event.
 */
uint64_t commands_team_flags(const struct commands *commands, const struct mooring_event *event);
/* register.c: somebody without an account is speaking, and we know how one is had there. */
bool commands_explains_accounts(const struct commands *commands, const struct mooring_event *event);
struct str commands_prefix(const struct commands *commands);
/* A row in the audit: who asked, about whom. */
int commands_audit(struct commands *commands, const struct mooring_event *event, uint64_t subject,
                   const char *what, struct str details) MUST_CHECK;

extern const struct mooring_command command_about, command_ack, command_alerts, command_audit,
    command_close, command_consent, command_drill, command_export, command_forget, command_group,
    command_help, command_language, command_link, command_no, command_pause, command_quiet,
    command_register, command_reload, command_sos, command_timezone, command_undo, command_unlink;

#endif
