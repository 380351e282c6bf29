/* SPDX-License-Identifier: MIT */
/* ircnet_weather.c: what happens on the network: people talk, servers part, staff and services do
 * their worst. */
#include "ircnet_internal.h"

#include <errno.h>
#include <stdlib.h>

void ircnet_open(struct ircnet *net, struct rig *rig, uint64_t seed)
{
    *net = (struct ircnet){.loop = rig->stage.ground.loop,
                           .clock = &rig->stage.ground.clock,
                           .is_traced = getenv("MOORING_TRACE") != NULL};
    random_seed(&net->random, seed);
    buf_init(&net->in, 1 << 20);
    for (size_t i = 0; i < NET_MEMBERS; i++) {
        net->members[i] = (struct net_member){.is_known = i % 4 != 3, .is_online = true};
        snprintf(net->members[i].nick, sizeof(net->members[i].nick), i ? "ana%zu" : "mara", i);
    }
    struct memory_peer_events events = ircnet_events;
    events.ctx = net;
    assert_int_equal(memory_listen(rig->stage.ground.net, STR("sea"), &events, &net->peer), 0);
}

void ircnet_close(struct ircnet *net)
{
    memory_unlisten(net->peer);
    buf_done(&net->in);
}

/* ---- people ---------------------------------------------------------------------------------- */

/* True: the bot has it now. */
static bool speak(struct ircnet *net, size_t i, const char *target, const char *text, size_t asked)
{
    const struct net_member *member = &net->members[i];
    bool is_room = target[0] == '#';
    bool is_heard = ircnet_live(net) &&
                    (!is_room ||
                     (strcmp(target, "#harbor") == 0 ? net->in_harbor : net->in_bridge));
    char now[40];
    size_t id = net->said_count;
    if (is_room)
        ircnet_remember(net, member->nick, target, str_of(text), asked);
    ircnet_time_text(ircnet_now(net), now);
    if (is_heard && is_room)
        ircnet_write(net, "@time=%s;msgid=id-%zu%s%s :%s!u@h PRIVMSG %s :%s", now, id,
                     member->is_known ? ";account=" : "", member->is_known ? member->nick : "",
                     member->nick, target, text);
    else if (is_heard)
        ircnet_write(net, "@time=%s%s%s :%s!u@h PRIVMSG %s :%s", now,
                     member->is_known ? ";account=" : "", member->is_known ? member->nick : "",
                     member->nick, target, text);
    ircnet_pass(net, 0);
    return is_heard;
}

void ircnet_talks(struct ircnet *net, size_t member, const char *text)
{
    if (ircnet_is_here(&net->members[member]))
        (void)speak(net, member, "#harbor", text, 0);
}

static struct net_asked *note(struct ircnet *net, size_t member)
{
    assert_true(net->asked_count < NET_ASKED_MAX);
    struct net_asked *asked = &net->asked[net->asked_count++];
    *asked = (struct net_asked){
        .at = ircnet_now(net), .member = member, .connection = net->connections};
    return asked;
}

/* The number is taken before the line is written: the answer may come at once. */
void ircnet_asks(struct ircnet *net, size_t member, bool is_private)
{
    char text[64];
    if (!ircnet_is_here(&net->members[member]) || !net->members[member].is_known)
        return;
    struct net_asked *asked = note(net, member);
    asked->is_private = is_private;
    snprintf(text, sizeof(text), "%spull n%zu", is_private ? "" : "!", net->asked_count - 1);
    char nick[32];
    snprintf(nick, sizeof(nick), "%s", net->nick);
    asked->is_heard |= speak(net, member, is_private ? nick : "#harbor", text, net->asked_count);
}

void ircnet_calls(struct ircnet *net, size_t member)
{
    static const char *const words[] = {"I want to kill myself", "I'm going to end my life tonight",
                                        "I can't go on, I want to die"};
    if (!ircnet_is_here(&net->members[member]) || !net->members[member].is_known)
        return;
    struct net_asked *asked = note(net, member);
    asked->is_crisis = true;
    asked->is_heard = ircnet_live(net) && net->in_harbor; /* the answer comes before speak() ends */
    net->members[member].called_at = ircnet_now(net);
    (void)speak(net, member, "#harbor", words[ircnet_dice(net, COUNT_OF(words))], net->asked_count);
}

/* Mara takes what rings, when she sees it. */
void ircnet_acknowledges(struct ircnet *net)
{
    char text[32];
    if (!net->alert || ircnet_now(net) - net->alert_at < CLOCK_MINUTE_MS || !ircnet_live(net) ||
        !net->in_bridge || !ircnet_is_here(&net->members[0]))
        return;
    snprintf(text, sizeof(text), "!ack %u", net->alert);
    net->alert = 0;
    (void)speak(net, 0, "#bridge", text, 0);
}

static void shows_up(struct ircnet *net, size_t i, bool in_batch, const char *batch)
{
    const struct net_member *member = &net->members[i];
    if (ircnet_live(net) && net->in_harbor)
        ircnet_write(net, "%s%s%s:%s!u@h JOIN #harbor %s :%s", in_batch ? "@batch=" : "",
                     in_batch ? batch : "", in_batch ? " " : "", member->nick,
                     member->is_known ? member->nick : "*", member->nick);
}

void ircnet_comes_and_goes(struct ircnet *net, size_t i)
{
    struct net_member *member = &net->members[i];
    if (i == 0 || member->is_split)
        return;
    member->is_online = !member->is_online;
    if (member->is_online)
        shows_up(net, i, false, "");
    else if (ircnet_live(net))
        ircnet_write(net, ":%s!u@h QUIT :Quit: later", member->nick);
    ircnet_pass(net, 0);
}

/* ---- servers --------------------------------------------------------------------------------- */

/* Half of the network goes; some servers say so in a batch, others let it be guessed. */
void ircnet_split(struct ircnet *net)
{
    char batch[16];
    bool in_batch = net->caps_batch && ircnet_dice(net, 2);
    snprintf(batch, sizeof(batch), "s%zu", ++net->batch_count);
    if (in_batch)
        ircnet_write(net, SERVER " BATCH +%s netsplit irc.sea.example far.sea.example", batch);
    for (size_t i = 1; i < NET_MEMBERS; i++) {
        struct net_member *member = &net->members[i];
        if (!ircnet_is_here(member) || ircnet_dice(net, 2))
            continue;
        member->is_split = true;
        if (ircnet_live(net) && net->in_harbor)
            ircnet_write(net, "%s%s%s:%s!u@h QUIT :irc.sea.example far.sea.example",
                         in_batch ? "@batch=" : "", in_batch ? batch : "", in_batch ? " " : "",
                         member->nick);
    }
    if (in_batch)
        ircnet_write(net, SERVER " BATCH -%s", batch);
    ircnet_pass(net, 0);
}

void ircnet_rejoin(struct ircnet *net)
{
    char batch[16];
    bool in_batch = net->caps_batch && ircnet_dice(net, 2);
    snprintf(batch, sizeof(batch), "j%zu", ++net->batch_count);
    if (in_batch)
        ircnet_write(net, SERVER " BATCH +%s netjoin irc.sea.example far.sea.example", batch);
    for (size_t i = 1; i < NET_MEMBERS; i++) {
        if (!net->members[i].is_split)
            continue;
        net->members[i].is_split = false;
        shows_up(net, i, in_batch, batch);
    }
    if (in_batch)
        ircnet_write(net, SERVER " BATCH -%s", batch);
    ircnet_pass(net, 0);
}

void ircnet_hang_up(struct ircnet *net)
{
    struct memory_connection *connection = TAKE(net->connection);
    net->welcomed = net->in_harbor = net->in_bridge = net->logged_in = false;
    if (connection)
        memory_close(connection, -ECONNRESET);
    ircnet_pass(net, 0);
}

void ircnet_kill(struct ircnet *net, const char *why)
{
    if (!ircnet_live(net))
        return;
    ircnet_write(net, ":oper!o@staff KILL %s :%s", net->nick, why);
    ircnet_drop(net, why);
    ircnet_pass(net, 0);
}

void ircnet_kick(struct ircnet *net)
{
    if (!ircnet_live(net) || !net->in_harbor)
        return;
    net->in_harbor = false;
    ircnet_write(net, ":ana1!u@h KICK #harbor %s :oops", net->nick);
    ircnet_pass(net, 0);
}

void ircnet_ping_storm(struct ircnet *net)
{
    size_t before = net->pongs;
    if (!ircnet_live(net))
        return;
    for (int i = 0; i < 60; i++)
        ircnet_write(net, "PING :storm-%d", i);
    ircnet_pass(net, 0);
    assert_int_equal(net->pongs - before, 60);
}

/* ---- services -------------------------------------------------------------------------------- */

void ircnet_services(struct ircnet *net, enum net_services services)
{
    bool had_sasl = net->services != NET_SERVICES_NO_SASL, has = services != NET_SERVICES_NO_SASL;
    net->services = services;
    if (ircnet_live(net) && net->caps_notify && had_sasl && !has)
        ircnet_write(net, SERVER " CAP %s DEL :sasl", net->nick);
    if (ircnet_live(net) && net->caps_notify && !had_sasl && has)
        ircnet_write(net, SERVER " CAP %s NEW :sasl=PLAIN", net->nick);
    ircnet_pass(net, 0);
}

void ircnet_log_out(struct ircnet *net)
{
    if (!ircnet_live(net) || !net->logged_in)
        return;
    net->logged_in = false;
    ircnet_write(net, SERVER " 901 %s %s!~bot@host.example :You are now logged out", net->nick,
                 net->nick);
    ircnet_pass(net, 0);
}

void ircnet_hold(struct ircnet *net, bool is_held)
{
    if (is_held && ircnet_live(net) && strcmp(net->nick, "harbor-bot") == 0)
        return; /* it is ours */
    bool was_held = net->is_held;
    net->is_held = is_held;
    if (was_held && !is_held && net->monitors && ircnet_live(net))
        ircnet_write(net, SERVER " 731 %s :harbor-bot", net->nick);
    ircnet_pass(net, 0);
}
