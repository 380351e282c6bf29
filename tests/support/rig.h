/* SPDX-License-Identifier: MIT */
/* rig.h: a whole bot on a virtual clock and a store in memory, for tests: a configuration in a
 * folder of its own, people who speak through the stage, and what the bot said to them. */
#ifndef TESTS_SUPPORT_RIG_H
#define TESTS_SUPPORT_RIG_H

#include "unit.h"

#include "internal.h" /* bot/internal.h: the parts themselves */
#include "puppet.h"
#include "stage/stage.h"

/* 2026-11-23 08:55 in New York: when the rig's time begins. */
#define RIG_START_AT INT64_C(1795442100000)

struct rig_options {
    const char *plugins; /* names with spaces between; NULL: "puppet" */
    const char *group;   /* more lines in the group's section */
    const char *more;    /* more lines for the whole file */
    const char *base;    /* the whole file instead */
    bool real_clock;     /* console.start_at is left out */
};
struct rig {
    struct stage stage;
    struct puppet *puppet, *shadow; /* NULL when not loaded */
    void *libraries[2];
    char folder[64];
    char config[96];
    FILE *out;
};

/* The group "harbor" (room harbor, alert room bridge, moderator mara, New York, US) on one console
 * network. */
void rig_open(struct rig *rig, const struct rig_options *options);
void rig_close(struct rig *rig);
/* Around a test: a rig in *state; rig_setup's has the plugin "puppet". */
int rig_setup(void **state);
int rig_setup_with(void **state, const struct rig_options *options);
int rig_teardown(void **state);
/* After rig_write: one life of the bot, its state in the rig's folder or in memory. */
void rig_raise(struct rig *rig, bool is_kept);
/* `begin` sets the strings before the bot starts. */
void rig_raise_with(struct rig *rig, bool is_kept, void (*begin)(struct rig *rig));
/* Writes the folder and the file only; rig_remove takes them away again. */
void rig_write(struct rig *rig, const struct rig_options *options);
void rig_remove(struct rig *rig);

/* Lines of a console script; fails the test with the line and what came. */
void rig_play(struct rig *rig, const char *script);
/* Plays one line that must be refused, and gives its sentence (until the next). */
const char *rig_refused(struct rig *rig, const char *line);
/* The next thing that was said in a place ("dm ana", "room harbor") since the last input, taken;
 * NULL: nothing more. */
const char *rig_heard(struct rig *rig, const char *place);
size_t rig_heard_count(const struct rig *rig);

/* An event as a network would bring it, in a batch of its own. */
struct chat_event rig_event(struct rig *rig, const char *who, const char *room, const char *text);
void rig_bring(struct rig *rig, const struct chat_event *events, size_t count);
uint64_t rig_member(struct rig *rig, const char *who); /* 0: not known */
uint64_t rig_group(struct rig *rig);
int64_t rig_metric(struct rig *rig, const char *name, const char *label, const char *value);
/* Says puppet.said with a text, as an answer to the event. */
int rig_say(struct puppet *puppet, const struct mooring_event *event, const char *text);
/* For puppet.run: answers with what was typed behind the command; with "command/args". */
int rig_echo(struct puppet *puppet, const struct mooring_event *event, struct mooring_str args);
int rig_answer_args(struct puppet *puppet, const struct mooring_event *event,
                    struct mooring_str args);

/* Unsaved writes are a defect: asserts that no transaction is open. */
void rig_assert_quiet(struct rig *rig);

#endif
