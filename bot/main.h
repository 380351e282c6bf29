/* SPDX-License-Identifier: MIT */
/* main.h: what the sub-commands share; each is a line in main.c's table and a function in a file of
 * its own. */
#ifndef MAIN_H
#define MAIN_H

#include "bot.h"

enum {
    MAIN_WORDS_MAX = 8,
    MAIN_USAGE = 2
}; /* exit code of a command line that is not understood */

/* What stood behind the sub-command's name; borrowed from argv. */
struct arguments {
    const char *config, *script, *state; /* --config (always set), --script, --state; NULL */
    const char *keyring, *keep, *key;    /* --keyring, --keep, --key; NULL */
    bool force;                          /* --force */
    const char *die_at;                  /* --die-at, of development builds; NULL */
    bool json, offline;                  /* --json, --offline */
    const char *words[MAIN_WORDS_MAX];   /* what is no option, in order */
    size_t word_count;
};

/* A mistake of the configuration, on standard error; a settings_mistake_fn. */
void main_print_mistake(void *ctx, const struct error *mistake);

/* Each returns the exit code: 0, 1 with a sentence on standard error, or MAIN_USAGE. */
int command_run(const struct arguments *arguments);     /* run.c */
int command_key(const struct arguments *arguments);     /* key.c */
int command_backup(const struct arguments *arguments);  /* backup.c */
int command_restore(const struct arguments *arguments); /* backup.c */
int command_login(const struct arguments *arguments);   /* login.c */
int command_doctor(const struct arguments *arguments);  /* doctor.c */
int ask_selftest(const struct arguments *arguments);    /* ask.c; 3: not running */
int ask_status(const struct arguments *arguments);      /* ask.c; 3: not running */
int ask_reload(const struct arguments *arguments);      /* ask.c */

#endif
