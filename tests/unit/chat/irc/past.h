/* SPDX-License-Identifier: MIT */
/* past.h: the scripted server remembers what was said (IRCv3 draft/chathistory), and tells it in
 * pages. */
#ifndef TESTS_CHAT_IRC_PAST_H
#define TESTS_CHAT_IRC_PAST_H

#include "server.h"

#define PAST_CAPS SERVER_CAPS " draft/chathistory draft/event-playback"

enum { PAST_SAID_MAX = 90000 };

/* What the server remembers; number i has the id "id-i". */
struct past_said {
    char target[32], nick[32], text[64]; /* text "": somebody came */
    int64_t at;
};
struct past {
    struct past_said said[PAST_SAID_MAX];
    size_t count, asked, limit;
    bool is_silent, forgets_ids, is_vague; /* vague: nothing, instead of a word about an id */
    bool repeats;                          /* it always begins at the beginning */
    const char *fail;                      /* the code, instead of an answer */
    const char *deaf_to;                   /* no answer about this one; NULL: about all */
    bool is_overfull;                      /* a list names all, however many were asked for */
    bool is_by_time; /* behind an id is what is later than it, wherever it stands */
    struct store *store;
};
struct past *past_make(void);
struct server *past_server(struct past *past); /* one that has it; closed by past_close() */
void past_close(struct server *server, struct past *past);
void past_add(struct past *past, const char *target, const char *nick, const char *text,
              int64_t at);
/* Heard live, and remembered by the server. */
void past_live(struct server *server, struct past *past, const char *target, const char *nick,
               const char *text);
void past_page(struct server *server, struct past *past, struct str target, struct str from,
               size_t limit);
int64_t past_now(const struct server *server);
const char *past_time(int64_t at); /* server-time; of the last four */
/* What the bot was told. */
size_t past_count(const struct server *server, const char *text);
const struct server_event *past_event(const struct server *server, const char *text);

#endif
