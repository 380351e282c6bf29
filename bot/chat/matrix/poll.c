/* SPDX-License-Identifier: MIT */
/* poll.c: choices as a poll (MSC3381: not in v1.19 of the API, merged; clients know it by its first
 * prefix and by its own), always with the text that other clients can show. */
#include <errno.h>

#include "chat/matrix/content.h"

enum {
    CHOICES_MIN = 2,
    CHOICES_MAX = 20, /* "more than 20 answers are cut off" */
};

#define UNSTABLE "org.matrix.msc3381.poll."
#define OLD_TEXT "org.matrix.msc1767.text"

/* A call for help is read, not voted on; an edit would end the poll; in private nobody needs one.
 */
bool matrix_poll_fits(const struct chat_message *message, const struct matrix_place *place)
{
    return place->has_polls && !place->is_private && !(message->flags & CHAT_SEND_CRISIS) &&
           str_empty(message->replaces_id) && message->choice_count >= CHOICES_MIN &&
           message->choice_count <= CHOICES_MAX;
}

/* The text without the numbers at its end, which the answers have by themselves. */
static struct str question_of(struct str plain)
{
    size_t cut = SIZE_MAX;
    for (size_t at = str_find(plain, STR("(1) "), 0); at != SIZE_MAX;
         at = str_find(plain, STR("(1) "), at + 1))
        cut = at;
    struct str question = str_trim(str_upto(plain, cut));
    return str_empty(question) ? plain : question;
}

/* Both forms of a text in one object: the first prefix wants a string, the later one a list. */
static json_t *texts(struct str text)
{
    return json_pack("{s:o, s:[{s:o}]}", OLD_TEXT, matrix_json_text(text), "m.text", "body",
                     matrix_json_text(text));
}

static json_t *question(struct str text)
{
    json_t *question = texts(text);
    if (question && (matrix_json_set(question, "msgtype", json_string("m.text")) < 0 ||
                     matrix_json_set(question, "body", matrix_json_text(text)) < 0)) {
        json_decref(question);
        return NULL;
    }
    return question;
}

/* Ids are the numbers of the choices: an answer needs no memory of the question. */
static json_t *answers(const struct chat_message *message)
{
    json_t *list = json_array();
    for (size_t i = 0; i < message->choice_count; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "%zu", i + 1);
        json_t *answer = texts(message->choices[i].label);
        if (!answer || matrix_json_set(answer, "id", json_string(id)) < 0 ||
            matrix_json_set(answer, "m.id", json_string(id)) < 0 ||
            json_array_append(list, answer) < 0) {
            json_decref(answer);
            json_decref(list);
            return NULL;
        }
        json_decref(answer);
    }
    return list;
}

/* Undisclosed: how the others answered is nobody's business before the end. */
static json_t *start(const struct chat_message *message, struct str plain, const char *kind)
{
    return json_pack("{s:s, s:i, s:o, s:o}", "kind", kind, "max_selections", 1, "question",
                     question(question_of(plain)), "answers", answers(message));
}

static int fill(const struct chat_message *message, const struct matrix_place *place,
                struct str plain, json_t *content)
{
    json_t *relation = NULL;
    int r = matrix_json_set(content, UNSTABLE "start",
                            start(message, plain, UNSTABLE "undisclosed"));
    if (r == 0)
        r = matrix_json_set(content, "m.poll", start(message, plain, "m.undisclosed"));
    if (r == 0)
        r = matrix_json_set(content, OLD_TEXT, matrix_json_text(plain));
    if (r == 0)
        r = matrix_json_set(content, "m.text",
                            json_pack("[{s:o}]", "body", matrix_json_text(plain)));
    if (r == 0)
        r = matrix_json_set(content, "msgtype", json_string("m.text"));
    if (r == 0)
        r = matrix_json_set(content, "body", matrix_json_text(plain));
    if (r == 0)
        r = matrix_json_set(content, "m.mentions",
                            matrix_content_mentions(message->mention_identity));
    if (r == 0)
        r = matrix_content_relation(message, place, true, &relation);
    if (r == 0 && relation)
        r = matrix_json_set(content, "m.relates_to", relation);
    return r;
}

int matrix_poll_make(const struct chat_message *message, const struct matrix_place *place,
                     struct str plain, struct arena *arena, struct matrix_part *ret_part)
{
    struct matrix_part part = {.type = STR(UNSTABLE "start")};
    AUTO_JSON *content = json_object();
    int r = fill(message, place, plain, content);
    if (r == 0)
        r = matrix_json_dump(content, arena, &part.json);
    if (r == 0)
        *ret_part = part;
    return r;
}
