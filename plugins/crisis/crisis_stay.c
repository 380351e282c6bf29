/* SPDX-License-Identifier: MIT */
/* crisis_stay.c: staying with somebody for a while, asking again another day, the own plan for a
 * crisis. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crisis_host.h"

enum { STAY_TIMES = 3, PLAN_BYTES = 1800, PLAN_PARTS = 4 };

static const int64_t stay_ms = 10 * 60000;
static const int64_t day_ms = 86400000;

static const struct mooring_choice staying[] = {
    MOORING_CHOICE("crisis.choice-easier", "sos-enough"),
    MOORING_CHOICE("crisis.choice-ground", "ground"),
    MOORING_CHOICE("crisis.choice-breathe", "breathe"),
    MOORING_CHOICE("crisis.choice-person", "sos"),
};
static const struct mooring_choice asking[] = {
    MOORING_CHOICE("crisis.choice-follow-week", "sos-follow 7"),
    MOORING_CHOICE("crisis.choice-plan", "sos-plan"),
    MOORING_CHOICE("crisis.choice-person", "sos"),
    MOORING_CHOICE("crisis.choice-follow-no", "sos-follow no"),
};
static const struct mooring_choice asking_later[] = {
    MOORING_CHOICE("crisis.choice-follow-month", "sos-follow 30"),
    MOORING_CHOICE("crisis.choice-plan", "sos-plan"),
    MOORING_CHOICE("crisis.choice-person", "sos"),
    MOORING_CHOICE("crisis.choice-follow-no", "sos-follow no"),
};
static const struct mooring_choice asking_last[] = {
    MOORING_CHOICE("crisis.choice-plan", "sos-plan"),
    MOORING_CHOICE("crisis.choice-person", "sos"),
    MOORING_CHOICE("crisis.choice-follow-no", "sos-follow no"),
};
static const struct mooring_choice afterwards[] = {
    MOORING_CHOICE("crisis.choice-follow", "sos-follow 1"),
    MOORING_CHOICE("crisis.choice-follow-no", "sos-follow no"),
};

/* A follow-up that is two days late is still kind; "still here" half an hour late is not. */
static int set_timer(const struct mooring_host *host, struct mooring_member member, const char *key,
                     int64_t after_ms, uint64_t flags)
{
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .flags = flags,
                                      .at = host->clock->now_at(host->self) + after_ms,
                                      .late_ok_ms = after_ms > day_ms / 2 ? 2 * day_ms
                                                                          : 3 * stay_ms};
    return host->timer->set(host->self, crisis_owner(member),
                            (struct mooring_str){key, strlen(key)}, &when);
}

/* ---- staying --------------------------------------------------------------------------------- */

int crisis_stay_run(const struct mooring_host *host, const struct mooring_event *event)
{
    int r = set_timer(host, event->member, "stay/1", stay_ms, 0);
    if (r < 0)
        return r;
    return crisis_say(host, event, "crisis.stay", NULL, 0, staying,
                      sizeof staying / sizeof *staying);
}

void crisis_stay_cancel(const struct mooring_host *host, struct mooring_member member)
{
    static const char *const keys[] = {"stay/1", "stay/2", "stay/3"};
    for (size_t i = 0; i < STAY_TIMES; i++)
        (void)host->timer->cancel(host->self, crisis_owner(member),
                                  (struct mooring_str){keys[i], strlen(keys[i])});
}

int crisis_stay_end(const struct mooring_host *host, const struct mooring_event *event)
{
    crisis_stay_cancel(host, event->member);
    return crisis_say(host, event, "crisis.enough", NULL, 0, afterwards,
                      sizeof afterwards / sizeof *afterwards);
}

/* The next one is set before this one is said: if saying fails the call is undone, and both come
 * again. */
static int stay_due(const struct mooring_host *host, struct mooring_member member, int time)
{
    char key[] = "stay/2";
    int r = 0;
    if (time < STAY_TIMES) {
        key[5] = (char)('1' + time);
        r = set_timer(host, member, key, stay_ms, 0);
    }
    if (r < 0)
        return r;
    /* Promised to the minute: quiet hours are when it is needed most. */
    return crisis_remind(host, member, MOORING_SAY_CRISIS,
                         time < STAY_TIMES ? "crisis.still-here" : "crisis.still-here-last",
                         staying, sizeof staying / sizeof *staying);
}

/* ---- another day ----------------------------------------------------------------------------- */

static bool is_text(struct mooring_str text, const char *known)
{
    return text.len == strlen(known) && memcmp(text.ptr, known, text.len) == 0;
}

int crisis_stay_follow(const struct mooring_host *host, const struct mooring_event *event,
                       struct mooring_str args)
{
    static const struct {
        const char *args, *key;
        int64_t days;
    } times[] = {
        {"", "follow/1", 1}, {"1", "follow/1", 1}, {"7", "follow/7", 7}, {"30", "follow/30", 30}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (!is_text(args, times[i].args))
            continue;
        const struct mooring_arg arg = {.name = "when",
                                        .kind = MOORING_ARG_DATE,
                                        .number = host->clock->now_at(host->self) +
                                                  times[i].days * day_ms};
        int r = set_timer(host, event->member, times[i].key, times[i].days * day_ms,
                          MOORING_WHEN_RESPECTS_QUIET);
        return r < 0 ? r : crisis_say(host, event, "crisis.follow-set", &arg, 1, NULL, 0);
    }
    for (size_t i = 1; i < sizeof times / sizeof *times; i++)
        (void)host->timer->cancel(host->self, crisis_owner(event->member),
                                  (struct mooring_str){times[i].key, strlen(times[i].key)});
    return crisis_say(host, event, "crisis.follow-no", NULL, 0, NULL, 0);
}

int crisis_stay_due(const struct mooring_host *host, struct mooring_member member,
                    struct mooring_str key)
{
    if (key.len == 6 && memcmp(key.ptr, "stay/", 5) == 0)
        return stay_due(host, member, key.ptr[5] - '0');
    if (is_text(key, "follow/1"))
        return crisis_remind(host, member, 0, "crisis.follow-day", asking,
                             sizeof asking / sizeof *asking);
    if (is_text(key, "follow/7"))
        return crisis_remind(host, member, 0, "crisis.follow-week", asking_later,
                             sizeof asking_later / sizeof *asking_later);
    if (is_text(key, "follow/30"))
        return crisis_remind(host, member, 0, "crisis.follow-month", asking_last,
                             sizeof asking_last / sizeof *asking_last);
    return 0;
}

/* ---- the own plan ---------------------------------------------------------------------------- */

static int show_plan(const struct mooring_host *host, const struct mooring_event *event,
                     struct mooring_str plan)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("crisis.choice-person", "sos"),
        MOORING_CHOICE("crisis.choice-ground", "ground"),
        MOORING_CHOICE("crisis.choice-plan-write", "sos-plan write")};
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_PRIVATE_ONLY | MOORING_SAY_CRISIS,
                                      .to = {.member = event->member},
                                      .msgid = "crisis.plan",
                                      .member_text = plan,
                                      .choices = choices,
                                      .choice_count = sizeof choices / sizeof *choices};
    if ((event->flags & MOORING_EVENT_PRIVATE) != 0)
        message.to.answers = event->source;
    return host->say->send(host->self, &message, NULL);
}

int crisis_stay_plan(const struct mooring_host *host, const struct mooring_event *event,
                     struct mooring_str args)
{
    static const struct mooring_choice choices[] = {
        MOORING_CHOICE("crisis.choice-plan-write", "sos-plan write"),
        MOORING_CHOICE("crisis.choice-person", "sos"),
        MOORING_CHOICE("crisis.choice-ground", "ground")};
    struct mooring_str plan;
    if (is_text(args, "write"))
        return host->ask->start(host->self, event->member, "crisis-plan", MOORING_STR(""));
    int r = host->store->get(host->self, crisis_owner(event->member), MOORING_STR("plan"), &plan);
    if (r >= 0 && plan.len > 0)
        return show_plan(host, event, plan);
    if (r < 0 && r != -ENOENT)
        return r;
    return crisis_say(host, event, "crisis.plan-none", NULL, 0, choices,
                      sizeof choices / sizeof *choices);
}

/* Each answer under its heading, in the member's own words and language. */
int crisis_stay_planned(const struct mooring_host *host, const struct mooring_event *event,
                        const struct mooring_answers *answers)
{
    static const char *const headings[PLAN_PARTS] = {"crisis.plan-alone", "crisis.plan-people",
                                                     "crisis.plan-ask", "crisis.plan-safer"};
    char plan[PLAN_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < answers->count && i < PLAN_PARTS; i++) {
        struct mooring_str heading;
        int r = host->text->render(host->self, (struct mooring_to){.member = event->member},
                                   headings[i], NULL, 0, &heading);
        if (r < 0)
            return r;
        if (answers->skipped[i] || len + heading.len + answers->texts[i].len + 3 > sizeof plan)
            continue;
        if (len > 0)
            plan[len++] = '\n';
        memcpy(plan + len, heading.ptr, heading.len);
        len += heading.len;
        plan[len++] = ' ';
        memcpy(plan + len, answers->texts[i].ptr, answers->texts[i].len);
        len += answers->texts[i].len;
    }
    if (len == 0)
        return crisis_say(host, event, "crisis.plan-empty", NULL, 0, NULL, 0);
    int r = host->store->put(host->self, crisis_owner(event->member), MOORING_STR("plan"),
                             (struct mooring_str){plan, len}, 0);
    return r < 0 ? r : crisis_say(host, event, "crisis.plan-kept", NULL, 0, NULL, 0);
}

/* The plan as its owner wrote it, under what the bot asked. */
int crisis_stay_export(void *state, struct mooring_member member, mooring_row_fn row, void *ctx)
{
    const struct mooring_host *const *host = state;
    struct mooring_str plan;
    int r = (*host)->store->get((*host)->self, crisis_owner(member), MOORING_STR("plan"), &plan);
    if (r >= 0 && plan.len > 0)
        row(ctx, MOORING_STR("plan"), plan);
    return r < 0 && r != -ENOENT ? r : 0;
}
