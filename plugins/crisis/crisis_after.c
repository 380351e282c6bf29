/* SPDX-License-Identifier: MIT */
/* crisis_after.c: the line after a question in a hard moment, which is probably its answer. */
#include <string.h>
#include <strings.h>

#include "crisis_host.h"

enum { WORDS_BYTES_MAX = 64 };

static const int64_t asked_ms = 45 * 60000; /* so long a line counts as an answer to a question */
static const int64_t listen_ms = 60000;     /* so long a person may write on undisturbed */

/* So that the next line is not met with "I didn't get that".  Where an exercise may have begun,
 * what is typed belongs to that first. */
void crisis_keep_asked(const struct mooring_host *host, struct mooring_member member,
                       enum crisis_asked_what what, int64_t answered)
{
    char text[CRISIS_SAID_BYTES];
    const struct crisis_said asked = {(uint32_t)what, answered};
    if (member.id == 0)
        return;
    if (what == CRISIS_ASKED_NOTHING)
        (void)host->store->erase(host->self, crisis_owner(member), MOORING_STR("asked"));
    else
        (void)host->store->put(host->self, crisis_owner(member), MOORING_STR("asked"),
                               (struct mooring_str){text, crisis_said_format(&asked, text)},
                               host->clock->now_at(host->self) + asked_ms);
}

/* CRISIS_ASKED_NOTHING: nothing, or too long ago. */
static struct crisis_said what_was_asked(const struct mooring_host *host,
                                         const struct mooring_event *event)
{
    struct mooring_str value;
    struct crisis_said asked;
    bool is_asked = (event->flags & MOORING_EVENT_PRIVATE) != 0 && event->member.id != 0 &&
                    host->store->get(host->self, crisis_owner(event->member), MOORING_STR("asked"),
                                     &value) >= 0 &&
                    crisis_said_read(value, &asked) >= 0;
    return is_asked ? asked : (struct crisis_said){CRISIS_ASKED_NOTHING, 0};
}

/* ---- short answers --------------------------------------------------------------------------- */

static bool is_around(char c)
{
    return strchr(" \t\r\n.,;:!?\"'()", c) != NULL;
}

/* As it is looked for: without what stands around it, and with the apostrophe of a typewriter in
 * place of a phone's.  Empty: too long for a yes or a no. */
static struct mooring_str straight(struct mooring_str text, char ret_bytes[WORDS_BYTES_MAX])
{
    static const char phone[] = "\xe2\x80\x99";
    size_t len = 0;
    while (text.len > 0 && is_around(text.ptr[text.len - 1]))
        text.len--;
    for (; text.len > 0 && is_around(text.ptr[0]); text.len--)
        text.ptr++;
    for (size_t i = 0; i < text.len; i++) {
        bool is_phone = text.len - i >= 3 && memcmp(text.ptr + i, phone, 3) == 0;
        if (len == WORDS_BYTES_MAX)
            return MOORING_STR("");
        ret_bytes[len++] = is_phone ? '\'' : text.ptr[i];
        i += is_phone ? 2 : 0;
    }
    return (struct mooring_str){ret_bytes, len};
}

static bool fits(struct mooring_str line, struct mooring_str word)
{
    return word.len > 0 && line.len == word.len && strncasecmp(line.ptr, word.ptr, word.len) == 0;
}

/* The list is a text, with | between the words. */
static bool is_among(const struct mooring_host *host, const struct mooring_event *event,
                     const char *msgid)
{
    char bytes[WORDS_BYTES_MAX];
    struct mooring_str line = straight(event->text, bytes), list;
    if (line.len == 0 ||
        host->text->render(host->self, (struct mooring_to){.member = event->member}, msgid, NULL, 0,
                           &list) < 0)
        return false;
    while (list.len > 0) {
        const char *bar = memchr(list.ptr, '|', list.len);
        size_t len = bar ? (size_t)(bar - list.ptr) : list.len;
        if (fits(line, (struct mooring_str){list.ptr, len}))
            return true;
        list.ptr += bar ? len + 1 : len;
        list.len -= bar ? len + 1 : len;
    }
    return false;
}

/* Who wants no more questions is asked none; the alert stays as it is. */
static int let_be(const struct mooring_host *host, const struct mooring_event *event,
                  const char *msgid, int64_t now)
{
    crisis_stay_cancel(host, event->member);
    int r = crisis_say(host, event, msgid, NULL, 0, NULL, 0);
    if (r < 0)
        return r;
    crisis_keep_asked(host, event->member, CRISIS_ASKED_HOW, now);
    return 1;
}

/* "please help me", "is anyone there": no list of commands, and nobody is woken unasked. */
static int answer_help(const struct mooring_host *host, const struct mooring_event *event)
{
    struct crisis_reply reply;
    if ((event->flags & MOORING_EVENT_PRIVATE) == 0 || !is_among(host, event, "crisis.words-help"))
        return 0;
    crisis_reply_to_help(&reply);
    int r = crisis_say(host, event, reply.msgid, NULL, 0, reply.choices, reply.choice_count);
    return r < 0 ? r : 1;
}

/* The first line is met with a question, those that follow at once are let be said.  A bare "no" to
 * whether they think of ending their life is believed; to the rest of the short answers see read.c
 * of the inbox: they are calls. */
int crisis_after(const struct mooring_host *host, const struct mooring_event *event)
{
    struct crisis_reply reply;
    struct crisis_said asked = what_was_asked(host, event);
    int64_t now = host->clock->now_at(host->self);
    if (event->flags & MOORING_EVENT_SAYS_NO)
        return let_be(host, event, "crisis.direct-no", now);
    if (asked.tier == CRISIS_ASKED_NOTHING)
        return answer_help(host, event);
    if (is_among(host, event, "crisis.words-let-be"))
        return let_be(host, event, "crisis.let-be", now);
    if (!crisis_reply_after(asked.tier, &reply))
        return 0;
    if (asked.at > 0 && asked.tier != CRISIS_ASKED_SAFE && now - asked.at < listen_ms)
        return 1;
    int r = crisis_ask(host, event, reply.msgid, NULL, 0, reply.choices, reply.choice_count,
                       reply.asks);
    if (r < 0)
        return r;
    crisis_keep_asked(host, event->member, (enum crisis_asked_what)asked.tier, now);
    return 1;
}
