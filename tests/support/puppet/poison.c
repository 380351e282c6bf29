/* SPDX-License-Identifier: MIT */
/* poison.c: a plugin that does one wrong thing, by its configuration: `how` it goes wrong, and
 * `where`: with one message, with one timer, with one that somebody asked for, whatever it is
 * given, or when it begins.  Built twice, for a day that needs two of them. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "mooring.h"

#ifndef POISON_NAME
#define POISON_NAME "poison"
#endif

static const struct mooring_host *host;

static const struct mooring_owner OWN = {.kind = MOORING_OWN_PLUGIN};

static const struct mooring_option how = {.struct_size = sizeof how,
                                          .name = "how",
                                          .kind = MOORING_OPTION_CHOICE,
                                          .choices = "fail|crash|loop|memory|nothing",
                                          .default_text = "nothing",
                                          .help = "How it goes wrong."};
static const struct mooring_option where = {.struct_size = sizeof where,
                                            .name = "where",
                                            .kind = MOORING_OPTION_CHOICE,
                                            .choices = "event|timer|reminder|plugin|init",
                                            .default_text = "event",
                                            .help = "Where it goes wrong."};
static const struct mooring_option *const options[] = {&how, &where, NULL};

static int is_set(const char *option, const char *value)
{
    struct mooring_str text;
    int r = host->settings->text(host->self, (struct mooring_group){0}, option, &text);
    return r >= 0 && text.len == strlen(value) && memcmp(text.ptr, value, text.len) == 0;
}

/* All that there is, as a list that only grows would; it ends where nothing bounds it. */
static int take_memory(void)
{
    enum { PIECE = 4 * 1024 * 1024, PIECES = 600 };
    for (int i = 0; i < PIECES; i++) {
        char *piece = malloc(PIECE);
        memset(piece, i + 1, PIECE); /* and looks at nothing */
        for (volatile int wait = 0; wait < 3000000; wait++)
            ;
    }
    return crash();
}

static int go_wrong(void)
{
    if (is_set("how", "crash"))
        return crash();
    if (is_set("how", "memory"))
        return take_memory();
    if (is_set("how", "loop"))
        for (volatile unsigned round = 0;; round++)
            ;
    return is_set("how", "fail") ? -5 : 0;
}

static int init(const struct mooring_host *lent, void **ret_state)
{
    host = lent;
    *ret_state = NULL;
    return is_set("where", "init") ? go_wrong() : 0;
}

/* A timer is set in the first life alone: it is one and the same for all lives. */
static int group(void *state, struct mooring_group which, int served)
{
    struct mooring_str value;
    (void)state;
    (void)which;
    if (!served || !is_set("where", "timer") ||
        host->store->get(host->self, OWN, MOORING_STR("set"), &value) >= 0)
        return 0;
    int64_t now_at = host->clock->now_at(host->self);
    const struct mooring_when bad = {.struct_size = sizeof bad, .at = now_at + 3000};
    const struct mooring_when good = {.struct_size = sizeof good, .at = now_at + 3500};
    int r = host->store->put(host->self, OWN, MOORING_STR("set"), MOORING_STR("1"), 0);
    if (r >= 0)
        r = host->timer->set(host->self, OWN, MOORING_STR("bad"), &bad);
    if (r >= 0)
        r = host->timer->set(host->self, OWN, MOORING_STR("good"), &good);
    return r;
}

static int begins(struct mooring_str text, const char *with)
{
    return text.len >= strlen(with) && memcmp(text.ptr, with, strlen(with)) == 0;
}

static int timer(void *state, struct mooring_owner owner, struct mooring_str key, int64_t due_at,
                 int late)
{
    (void)state;
    (void)owner;
    (void)due_at;
    (void)late;
    if (begins(key, "bad"))
        return go_wrong();
    host->log->event(host->self, 6, "good_timer", NULL, 0);
    return 0;
}

/* A timer of the member's own, with their words in its key. */
static int remind(const struct mooring_event *event)
{
    char key[128] = "bad ";
    size_t head = strlen(key), len = event->text.len;
    if (len > sizeof key - head)
        len = sizeof key - head;
    memcpy(key + head, event->text.ptr, len);
    const struct mooring_owner owner = {.kind = MOORING_OWN_MEMBER, .id = event->member.id};
    const struct mooring_when soon = {.struct_size = sizeof soon,
                                      .at = host->clock->now_at(host->self) + 1000};
    return host->timer->set(host->self, owner, (struct mooring_str){key, head + len}, &soon);
}

static int message(void *state, const struct mooring_event *event)
{
    (void)state;
    if (is_set("where", "plugin"))
        return go_wrong();
    if (is_set("where", "event") && begins(event->text, "drink this"))
        return go_wrong();
    if (is_set("where", "reminder") && begins(event->text, "remind me"))
        return remind(event);
    return 0;
}

static const struct mooring_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = MOORING_ABI_MAJOR,
    .abi_minor = MOORING_ABI_MINOR,
    .name = POISON_NAME,
    .version = "1",
    .needs = MOORING_USES_STORE | MOORING_USES_TIMER,
    .options = options,
    .init = init,
    .group = group,
    .timer = timer,
    .message = message,
};

const struct mooring_plugin *mooring_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == MOORING_ABI_MAJOR ? &descriptor : NULL;
}
