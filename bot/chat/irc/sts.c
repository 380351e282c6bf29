/* SPDX-License-Identifier: MIT */
/* sts.c: learns, keeps and obeys. */
#include "chat/irc/sts.h"

#include <errno.h>

#include "base/number.h"
#include "chat/irc/session.h"
#include "observe/log.h"
#include "store/events.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

static const int64_t LONGEST_S = 10LL * 366 * 86400; /* so that no sum of ours overflows */

static void read_key(struct str key, struct str value, struct irc_sts_offer *offer)
{
    int64_t number;
    if (str_eq_c(key, "port") && number_parse(value, 1, UINT16_MAX, &number) == 0)
        offer->port = (uint16_t)number;
    else if (str_eq_c(key, "duration") && number_parse(value, 0, INT64_MAX, &number) == 0)
        offer->duration_ms = MIN_OF(number, LONGEST_S) * 1000;
}

bool irc_sts_find(struct str list, struct irc_sts_offer *ret_offer)
{
    struct str word, item;
    while (str_word(&list, &word)) {
        if (!str_starts(word, STR("sts=")))
            continue;
        struct irc_sts_offer offer = {.duration_ms = -1};
        word = str_from(word, 4);
        while (str_split(&word, ',', &item)) {
            size_t equals = str_find(item, STR("="), 0);
            if (equals != SIZE_MAX)
                read_key(str_upto(item, equals), str_from(item, equals + 1), &offer);
        }
        *ret_offer = offer;
        return offer.port || offer.duration_ms >= 0;
    }
    return false;
}

uint16_t irc_sts_port(const struct irc_sts_policy *policy, int64_t now_at)
{
    return policy->until_at > now_at ? policy->port : policy->upgrade_port;
}

void irc_sts_write(const struct irc_sts_policy *policy, struct buf *out)
{
    buf_add_format(out, "%u %lld %lld", (unsigned)policy->port, (long long)policy->duration_ms,
                   (long long)policy->until_at);
}

void irc_sts_read(struct str text, struct irc_sts_policy *ret_policy)
{
    struct str port, duration, until;
    int64_t values[3];
    *ret_policy = (struct irc_sts_policy){.port = 0};
    if (!str_word(&text, &port) || !str_word(&text, &duration) || !str_word(&text, &until) ||
        number_parse(port, 1, UINT16_MAX, &values[0]) < 0 ||
        number_parse(duration, 0, LONGEST_S * 1000, &values[1]) < 0 ||
        number_parse(until, 0, INT64_MAX / 2, &values[2]) < 0)
        return;
    ret_policy->port = (uint16_t)values[0];
    ret_policy->duration_ms = values[1];
    ret_policy->until_at = values[2];
}

/* ---- kept: one row a server, beside how far the network was read ----------------------------- */

static bool target_of(const struct irc_session *session, size_t index, struct buf *out)
{
    /* no channel and no nick has a space */
    buf_add_c(out, "sts ");
    buf_add(out, irc_options_host(&session->options, index).name);
    return !out->failed;
}

static struct store *store_of(const struct irc_session *session)
{
    return session->env.store ? session->env.store(session->env.ctx) : NULL;
}

void irc_sts_load(struct irc_session *session)
{
    struct store *store = store_of(session);
    if (!store || session->sts_loaded)
        return;
    for (size_t i = 0; i <= session->options.other_count; i++) {
        struct arena arena;
        struct str text;
        AUTO_BUF target = {.limit = 512};
        arena_init(&arena, 64 * 1024);
        if (target_of(session, i, &target) &&
            store_events_get_cursor(store, str_of(session->network.name), buf_str(&target), &arena,
                                    &text) >= 0)
            irc_sts_read(text, &session->sts[i]);
        arena_done(&arena);
    }
    session->sts_loaded = true;
}

/* Inside the turn's transaction. */
static int keep_policy(void *ctx)
{
    struct irc_session *session = ctx;
    struct store *store = store_of(session);
    AUTO_BUF target = {.limit = 512}, text = {.limit = 128};
    irc_sts_write(&session->sts[session->sts_saving], &text);
    if (!store)
        return 0; /* nowhere to keep it */
    if (!target_of(session, session->sts_saving, &target) || text.failed)
        return -ENOMEM;
    return store_events_put_cursor(store, str_of(session->network.name), buf_str(&target),
                                   buf_str(&text));
}

static void save(struct irc_session *session)
{
    const struct chat_sink *sink = &session->env.sink;
    for (size_t i = 0; i <= session->options.other_count; i++) {
        const struct chat_batch batch = {
            .network = &session->network, .keep = keep_policy, .keep_ctx = session};
        if (!(session->sts_unsaved & (1ul << i)))
            continue;
        session->sts_saving = i;
        if (sink->batch && sink->batch(sink->ctx, &batch) >= 0)
            session->sts_unsaved &= ~(1ul << i);
    }
}

/* ---- learnt and obeyed ----------------------------------------------------------------------- */

static void set_policy(struct irc_session *session, int64_t duration_ms)
{
    struct irc_sts_policy *policy = &session->sts[session->host_index];
    int64_t now_at = clock_wall_at(loop_clock(session->env.loop));
    if (!duration_ms && !policy->until_at)
        return; /* none, as before */
    *policy = (struct irc_sts_policy){.upgrade_port = policy->upgrade_port,
                                      .port = session->here.port,
                                      .duration_ms = duration_ms,
                                      .until_at = duration_ms ? now_at + duration_ms : 0};
    if (!duration_ms)
        policy->upgrade_port = 0;
    session->sts_unsaved |= 1ul << session->host_index;
    save(session);
}

/* In the clear only the port counts, and nothing else that is said there; over TLS only the time
 * does (the port is the one that we came by). */
bool irc_sts_heard(struct irc_session *session, struct str list)
{
    struct irc_sts_offer offer;
    if (!irc_sts_find(list, &offer))
        return false;
    if (session->here_tls) {
        if (offer.duration_ms >= 0)
            set_policy(session, offer.duration_ms);
        return false;
    }
    if (!offer.port)
        return false;
    session->sts[session->host_index].upgrade_port = offer.port;
    irc_session_reopen(session, "the server wants to be reached over TLS");
    return true;
}

static void renew(struct irc_session *session)
{
    struct irc_sts_policy *policy = &session->sts[session->host_index];
    policy->until_at = clock_wall_at(loop_clock(session->env.loop)) + policy->duration_ms;
    session->sts_unsaved |= 1ul << session->host_index;
}

/* A connection that was refused at its certificate teaches nothing. */
static bool is_learnt_here(const struct irc_session *session)
{
    return session->here_tls && session->welcome_at && session->sts[session->host_index].until_at;
}

void irc_sts_left(struct irc_session *session)
{
    if (is_learnt_here(session))
        renew(session);
    save(session);
}

void irc_sts_tend(struct irc_session *session)
{
    const struct irc_sts_policy *policy = &session->sts[session->host_index];
    int64_t now_at = clock_wall_at(loop_clock(session->env.loop));
    if (is_learnt_here(session) && policy->until_at - now_at < policy->duration_ms / 2)
        renew(session);
    save(session);
}
