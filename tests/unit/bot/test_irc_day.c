/* SPDX-License-Identifier: MIT */
/* test_irc_day.c: the whole bot on an IRC network for 24 hours of virtual time, with splits, kills,
 * bans, dead lines, services that are away and a nick that somebody else holds.  In the end it is
 * there, in its rooms, logged in; and the network's own book says what became of each answer. */
#include "ircnet.h"

#include <stdlib.h>

#include "observe/log.h"

#define CONFIG                                                                                     \
    "networks = ( { name = \"sea\"; kind = \"irc\"; host = \"memory:sea\"; tls = false;\n"         \
    "  nicks = [\"harbor-bot\", \"harbor-bot_\"];\n"                                               \
    "  sasl = { account = \"harbor-bot\"; password_credential = \"sea-password\"; }; } );\n"       \
    "groups = ( { name = \"harbor\"; title = \"Harbor\"; zone = \"America/New_York\";\n"           \
    "  country = \"US\"; language = \"en\";\n"                                                     \
    "  rooms = ( { network = \"sea\"; room = \"#harbor\"; } );\n"                                  \
    "  alert_room = { network = \"sea\"; room = \"#bridge\"; };\n"                                 \
    "  moderators = ( { network = \"sea\"; account = \"mara\"; name = \"Mara\"; } ); } );\n"       \
    "plugins = [\"puppet\", \"crisis\"]; plugin_folder = \"%s/plugins\";\n"                        \
    "console = { start_at = \"2026-11-23 08:55\"; zone = \"America/New_York\"; };\n"

enum {
    STEP_MS = 10 * 1000,
    DAY_STEPS = 24 * 3600 * 1000 / STEP_MS,
    CALM_STEPS = 3 * 3600 * 1000 / STEP_MS /* the last hours: what was broken is mended */
};

static struct ircnet net;
static unsigned greeted;

static int presence(struct puppet *puppet, const struct mooring_event *event, int joined)
{
    (void)puppet;
    (void)event;
    greeted += joined != 0;
    return 0;
}

static void pull_strings(struct rig *rig)
{
    rig->puppet->run = rig_echo;
    rig->puppet->presence = presence;
}

static FILE *begin_file(const char *folder, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    return file;
}

static void open_day(struct rig *rig, uint64_t seed)
{
    rig_write(rig, &(struct rig_options){.plugins = "puppet crisis", .base = ""});
    FILE *file = begin_file(rig->folder, "mooring.cfg");
    fprintf(file, CONFIG, rig->folder);
    assert_int_equal(fclose(file), 0);
    file = begin_file(rig->folder, "sea-password");
    fputs("secret\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", rig->folder, 1), 0);
    rig_raise_with(rig, false, pull_strings);
    log_set_level(getenv("MOORING_TRACE") ? LOG_LEVEL_DEBUG
                                          : (enum log_level)(LOG_LEVEL_ERROR - 1));
    stage_peers_close(&rig->stage); /* the network is ours */
    ircnet_open(&net, rig, seed);
    greeted = 0;
}

/* ---- the weather of a day -------------------------------------------------------------------- */

struct weather {
    int64_t mends_at; /* of what is broken now; 0: nothing is */
    void (*mend)(void);
    int64_t split_until, services_until, held_until;
    size_t split_joins;
};
static struct weather weather;

static int64_t minutes(uint64_t from, uint64_t to)
{
    return (int64_t)(from + ircnet_dice(&net, to - from + 1)) * CLOCK_MINUTE_MS;
}

static void accept_again(void)
{
    memory_set_mode(net.peer, MEMORY_ACCEPT);
}

static void ask_somebody(void)
{
    size_t who = 1 + (size_t)ircnet_dice(&net, NET_MEMBERS - 1);
    if (ircnet_dice(&net, 12) == 0 && !net.members[who].called_at)
        ircnet_calls(&net, who); /* a second call would be another talk */
    else
        ircnet_asks(&net, who, ircnet_dice(&net, 2));
}

/* One blow at a time on the connection itself; the others go on beside it. */
static void strike(void)
{
    int64_t now = ircnet_now(&net);
    static const int refusals[] = {471, 473, 474, 477, 437};
    uint64_t kind = ircnet_dice(&net, 8);
    for (uint64_t i = ircnet_dice(&net, 12); i > 0; i--) /* in the middle of many words */
        ask_somebody();
    ircnet_pass(&net, (int64_t)ircnet_dice(&net, 3) * 700);
    switch (kind) {
    case 0:
        ircnet_kill(&net, "Killed (oper (mistake))");
        break;
    case 1: /* a ban of up to an hour */
        net.banned_until = now + minutes(5, 60);
        ircnet_kill(&net, "K-Lined");
        break;
    case 2:
        net.throttled_until = now + minutes(1, 8);
        ircnet_hang_up(&net);
        break;
    case 3: /* the machine of the server is off, or hangs */
        memory_set_mode(net.peer, ircnet_dice(&net, 2) ? MEMORY_REFUSE : MEMORY_HANG);
        weather.mends_at = now + minutes(1, 25);
        weather.mend = accept_again;
        ircnet_hang_up(&net);
        break;
    case 4: /* neither side hears of it */
        net.is_dead = net.connection != NULL;
        break;
    case 5:
        ircnet_kick(&net);
        break;
    case 6:
        net.refused_until = now + minutes(1, 90);
        net.refusal = refusals[ircnet_dice(&net, COUNT_OF(refusals))];
        ircnet_kick(&net);
        break;
    case 7:
        ircnet_ping_storm(&net);
        break;
    }
}

static void change_services(void)
{
    weather.services_until = ircnet_now(&net) + minutes(5, 90);
    ircnet_services(&net, (enum net_services)(1 + ircnet_dice(&net, 3)));
    if (ircnet_dice(&net, 2))
        ircnet_log_out(&net);
}

static void mend(int64_t now)
{
    if (weather.mends_at && now >= weather.mends_at) {
        weather.mends_at = 0;
        weather.mend();
    }
    if (weather.split_until && now >= weather.split_until) {
        weather.split_until = 0;
        unsigned before = greeted;
        ircnet_rejoin(&net);
        if (net.joins == weather.split_joins) /* we were there: who comes back is not welcomed */
            assert_int_equal(greeted, before);
    }
    if (weather.services_until && now >= weather.services_until) {
        weather.services_until = 0;
        ircnet_services(&net, NET_SERVICES_UP);
    }
    if (weather.held_until && now >= weather.held_until) {
        weather.held_until = 0;
        ircnet_hold(&net, false);
    }
}

static void blow(int64_t now)
{
    if (ircnet_dice(&net, 240) == 0 && !weather.mends_at) /* every 40 minutes or so */
        strike();
    if (ircnet_dice(&net, 360) == 0 && !weather.split_until) {
        weather.split_until = now + minutes(1, 50);
        weather.split_joins = net.joins;
        ircnet_split(&net);
    }
    if (ircnet_dice(&net, 700) == 0 && !weather.services_until)
        change_services();
    if (ircnet_dice(&net, 700) == 0 && !weather.held_until) {
        int64_t long_ms = minutes(30, 300);
        weather.held_until = MIN_OF(now + long_ms, RIG_START_AT + 22 * CLOCK_HOUR_MS);
        ircnet_hold(&net, true);
    }
}

static void live_on(void)
{
    size_t who = 1 + (size_t)ircnet_dice(&net, NET_MEMBERS - 1);
    uint64_t what = ircnet_dice(&net, 400);
    if (what < 60)
        ircnet_talks(&net, who, "a quiet line of a day like any other");
    else if (what < 90)
        ask_somebody();
    else if (what < 95)
        ircnet_comes_and_goes(&net, who);
    ircnet_acknowledges(&net);
}

static void play(uint64_t seed)
{
    weather = (struct weather){0};
    net.has_history = seed % 2;
    net.has_batches = seed % 3 != 0;
    net.has_echo = seed % 4 != 0;
    ircnet_hold(&net, seed % 2); /* the day begins with the nick taken, or not */
    weather.held_until = ircnet_now(&net) + minutes(60, 300);
    ircnet_pass(&net, CLOCK_MINUTE_MS); /* it comes in */
    for (int step = 0; step < DAY_STEPS; step++) {
        int64_t now = ircnet_now(&net);
        mend(now);
        if (step < DAY_STEPS - CALM_STEPS)
            blow(now);
        if (step < DAY_STEPS - 60) /* ten minutes for the last answer */
            live_on();
        ircnet_pass(&net, STEP_MS);
    }
}

/* ---- the book -------------------------------------------------------------------------------- */

struct sum {
    size_t calls, calls_late, calls_missed, asked, late, answered, lost, dead, unasked;
    int64_t longest_ms; /* from a call that was heard to its card */
};

/* A card, a second one only marked so, when the line broke under the first; and the team knows. */
static void check_call(uint64_t seed, size_t i, const struct net_asked *asked, struct sum *sum)
{
    sum->calls++;
    sum->calls_late += asked->is_late;
    sum->longest_ms = MAX_OF(sum->longest_ms, asked->is_late ? 0 : asked->took_ms);
    if (!asked->is_heard) {
        sum->calls_missed++;
        if (net.has_history)
            fail_msg("seed %llu: call %zu was never read", (unsigned long long)seed, i);
        return;
    }
    if (asked->taken > asked->repeated + 1)
        fail_msg("seed %llu: call %zu was answered %u times, %u of them marked",
                 (unsigned long long)seed, i, asked->taken, asked->repeated);
    if ((!asked->taken && !asked->is_told_in_room) || !asked->is_alerted)
        fail_msg("seed %llu: call %zu of %s at +%lld min: %u cards, alert %d",
                 (unsigned long long)seed, i, net.members[asked->member].nick,
                 (long long)(asked->at - RIG_START_AT) / CLOCK_MINUTE_MS, asked->taken,
                 asked->is_alerted);
}

/* Once; or not at all, when the line was dead that it went into, or it would have come ten minutes
 * late. */
static void check_asked(uint64_t seed, size_t i, const struct net_asked *asked, struct sum *sum)
{
    if (!asked->is_heard) {
        sum->unasked++;
        assert_int_equal(asked->taken, 0);
        return;
    }
    sum->asked++;
    sum->late += asked->is_late;
    if (asked->taken > 1)
        fail_msg("seed %llu: answer %zu was given %u times", (unsigned long long)seed, i,
                 asked->taken);
    sum->answered += asked->taken;
    if (asked->taken == 0 && !asked->is_late) {
        if (asked->lost)
            sum->dead++;
        else
            sum->lost++;
        print_message("  seed %llu: answer %zu at +%.2f min was not taken; %u in a dead line\n",
                      (unsigned long long)seed, i,
                      (double)(asked->at - RIG_START_AT) / CLOCK_MINUTE_MS, asked->lost);
    }
}

static void check_book(uint64_t seed, struct rig *rig)
{
    struct sum sum = {0};
    for (size_t i = 0; i < net.asked_count; i++)
        if (net.asked[i].is_crisis)
            check_call(seed, i, &net.asked[i], &sum);
        else
            check_asked(seed, i, &net.asked[i], &sum);
    size_t expired = (size_t)rig_metric(rig, "mooring_outbox_expired_total", NULL, ""),
           refused = (size_t)rig_metric(rig, "mooring_outbox_refused_total", NULL, "");
    print_message(
        "  seed %llu: %zu connections, %zu welcomes, %zu logins; %zu calls, %zu of them late, "
        "%zu unheard; %zu asked, %zu late, %zu unheard; %zu answered, %zu not, %zu into a "
        "dead line; %zu expired; card within %lld ms; nick %s\n",
        (unsigned long long)seed, net.connections, net.welcomes, net.logins, sum.calls,
        sum.calls_late, sum.calls_missed, sum.asked, sum.late, sum.unasked, sum.answered, sum.lost,
        sum.dead, expired, (long long)sum.longest_ms, net.nick);
    assert_int_equal(net.strange, 0);
    assert_int_equal(net.too_fast, 0);
    assert_in_range(sum.longest_ms, 0, 20 * CLOCK_SECOND_MS); /* behind whatever else is said */
    assert_true(sum.lost <= expired + refused);
}

static void i24h(uint64_t seed)
{
    struct rig rig;
    open_day(&rig, seed);
    play(seed);
    check_book(seed, &rig);
    if (!ircnet_live(&net) || !net.in_harbor || !net.in_bridge || !net.logged_in ||
        strcmp(net.nick, "harbor-bot") != 0)
        fail_msg("seed %llu ends with live %d, #harbor %d, #bridge %d, logged in %d, as %s",
                 (unsigned long long)seed, ircnet_live(&net), net.in_harbor, net.in_bridge,
                 net.logged_in, net.nick);
    ircnet_close(&net);
    rig_close(&rig);
}

static void test_a_day_on_irc(void **state)
{
    const char *only = getenv("MOORING_SEED");
    (void)state;
    if (only)
        i24h(strtoull(only, NULL, 10));
    for (uint64_t seed = 1; !only && seed <= 12; seed++)
        i24h(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_day_on_irc)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
