/* SPDX-License-Identifier: MIT */
/* stage.h: a bot on stage: one person plays everyone, line by line, on a clock that moves when
 * told. */
#ifndef STAGE_H
#define STAGE_H

#include <stdio.h>

#include "bot.h"

/* What the bot said, or wrote to an in-process peer, since the last input. */
struct stage_line {
    char *place; /* "room harbor", "dm ana", "peer libera" */
    char *text;  /* plain */
    bool taken;
};

struct stage_peer;
struct stage {
    struct bot_ground ground;
    struct bot *bot;
    char config_path[SETUP_PATH_BYTES];
    char zone[64];
    bool is_kept;     /* in a folder: what earlier rehearsals said must not be taken for a repeat */
    int64_t *kept_at; /* with virtual time: where it had come to */
    unsigned lives;   /* restarts: a life of its own random numbers */
    FILE *out;
    bool colours, echo;                   /* echo: print what people say too (a script) */
    char network[64], who[64], room[128]; /* who speaks, and where; room "": in private */
    struct stage_line *lines;
    size_t line_count, line_capacity;
    struct stage_peer *peers;
    bool quit;
    void (*before_print)(void *ctx); /* the prompt gets out of the way */
    void *before_print_ctx;
};

/* Opens a stage on a configuration; its mistakes are printed to standard error.  `state_folder`
 * NULL: in memory. */
int stage_open(struct stage *stage, const char *config_path, const char *state_folder,
               FILE *out) MUST_CHECK;
void stage_close(struct stage *stage);

/* Plays one line; 0, or -EINVAL with a sentence what is wrong with it.  Expectations fail with
 * -EBADMSG and a text of what came instead. */
int stage_play(struct stage *stage, struct str line, struct error *error) MUST_CHECK;
/* Everything that is due now happens. */
void stage_settle(struct stage *stage);
/* Plays a file ("-": standard input); exit code 0, or 1 with the line, what was expected and what
 * came on standard error. */
int stage_play_file(struct stage *stage, const char *path) MUST_CHECK;
/* Reads lines from a person until /quit or the end of input: editing and history when it is a
 * terminal. */
int stage_prompt(struct stage *stage) MUST_CHECK;

/* expect.c: "< PLACE: REGEX", "! PLACE: REGEX", "< nothing".  1: it was one and held; 0: the
 * line is none. */
int stage_expect(struct stage *stage, struct str line, struct error *error) MUST_CHECK;
void stage_forget_lines(struct stage *stage);
void stage_note(struct stage *stage, struct str place, struct str text);
/* keep.c: the key of a rehearsal kept in `folder`, made at the first use; and the Unix ms it
 * had come to, 0 at the first. */
enum { STAGE_KEY_BYTES = 32 };
int stage_key(const char *folder, unsigned char key[STAGE_KEY_BYTES],
              struct error *error) MUST_CHECK;
int stage_keep_clock(const char *folder, int64_t **ret_slot, struct error *error) MUST_CHECK;
void stage_forget_clock(int64_t *slot); /* NULL is fine */
/* time.c: /wait, /at, /step, /suspend; -ENOENT: the verb is none of them. */
int stage_play_time(struct stage *stage, struct str verb, struct str args,
                    struct error *error) MUST_CHECK;
/* fail.c: "disk-full", "network-down NAME" ...; "none" mends all. */
int stage_fail(struct stage *stage, struct str args, struct error *error) MUST_CHECK;
/* print.c */
void stage_print_said(struct stage *stage, const struct console_said *said);
void stage_print_person(struct stage *stage, struct str text);
void stage_print_note(struct stage *stage, struct str text);
void stage_print_peer(struct stage *stage, struct str peer, struct str line, bool from_bot);
/* peer.c: in-process peers for networks whose host is "memory:NAME". */
int stage_peers_open(struct stage *stage, const struct setup *setup,
                     struct error *error) MUST_CHECK;
void stage_peers_close(struct stage *stage);
int stage_peer_write(struct stage *stage, struct str peer, struct str line,
                     struct error *error) MUST_CHECK;
bool stage_peer_down(struct stage *stage, struct str peer,
                     bool down); /* false: there is none of that name */

#endif
