/* SPDX-License-Identifier: MIT */
/* zones.c: the time zone of somebody's profile (m.tz, client-server API v1.16), asked for once in a
 * life of the process: for who writes to us in private, and who is known to a group. */
#include <errno.h>

#include "chat/matrix/account.h"
#include "chat/matrix/sync_internal.h"

enum { PEOPLE_MAX = 4096, AT_ONCE = 4, STRANGER_MS = 60 * 1000, ZONE_BYTES_MAX = 64 };

struct person {
    struct matrix_zones *zones;
    char *user;
    int64_t due_ms; /* elapsed; when a stranger is looked at again; INT64_MAX: asked */
    struct matrix_call *call;
};
struct matrix_zones {
    struct matrix_session *session;
    struct map people;
    size_t under_way;
};

static void forget_all(struct matrix_zones *zones)
{
    size_t cursor = 0;
    void *item;
    while (map_next(&zones->people, &cursor, NULL, &item)) {
        struct person *person = item;
        matrix_cancel(person->call);
        mem_free(person->user);
        mem_free(person);
    }
    map_done(&zones->people);
    zones->people = (struct map){0};
    zones->under_way = 0;
}

/* NULL: the homeserver has no such profiles. */
static const char *path_of(const struct matrix_account *account, const char **ret_field)
{
    *ret_field = "m.tz";
    if (matrix_account_has(account, "v1.16") ||
        matrix_account_has(account, "uk.tcpip.msc4133.stable"))
        return "/_matrix/client/v3/profile/{}/m.tz";
    *ret_field = "us.cloke.msc4175.tz";
    if (matrix_account_has(account, "uk.tcpip.msc4133"))
        return "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{}/us.cloke.msc4175.tz";
    return NULL;
}

static void answered(void *ctx, const struct matrix_answer *answer)
{
    struct person *person = ctx;
    struct matrix_zones *zones = person->zones;
    const struct chat_sink *sink = &zones->session->env.sink;
    const char *field;
    person->call = NULL;
    zones->under_way--;
    if (answer->result == -EAGAIN)
        person->due_ms = clock_elapsed_ms(loop_clock(zones->session->env.loop)) + STRANGER_MS;
    if (answer->result < 0)
        return;
    path_of(zones->session->account, &field);
    struct str zone = matrix_event_text(answer->json, field);
    if (zone.len > 0 && zone.len <= ZONE_BYTES_MAX && sink->zone)
        sink->zone(sink->ctx, &zones->session->network, str_of(person->user), zone);
}

static void ask(struct person *person)
{
    struct matrix_zones *zones = person->zones;
    const char *field, *pattern = path_of(zones->session->account, &field);
    AUTO_BUF path;
    buf_init(&path, 8 * 1024);
    struct str user = str_of(person->user);
    struct matrix_request request = {.method = "GET"};
    if (!pattern || zones->under_way >= AT_ONCE || matrix_path(&path, pattern, &user, 1) < 0)
        return;
    request.path = buf_str(&path);
    if (matrix_request(zones->session, &request, answered, person, &person->call) < 0)
        return;
    zones->under_way++;
    person->due_ms = INT64_MAX;
}

static struct person *find(struct matrix_zones *zones, struct str user)
{
    struct person *person = map_get(&zones->people, user);
    if (person)
        return person;
    if (zones->people.count >= PEOPLE_MAX)
        forget_all(zones);
    person = mem_zalloc(sizeof *person);
    char *copy = person ? str_copy(user) : NULL;
    if (!copy || map_put(&zones->people, user, person) < 0) {
        mem_free(copy);
        mem_free(person);
        return NULL;
    }
    *person = (struct person){.zones = zones, .user = copy};
    return person;
}

void matrix_zones_spoke(struct matrix_zones *zones, const struct chat_event *event)
{
    const struct chat_env *env = &zones->session->env;
    int64_t now_ms = clock_elapsed_ms(loop_clock(env->loop));
    if (event->kind != CHAT_MESSAGE || (event->flags & (CHAT_OWN | CHAT_NOTICE)) || !env->sink.zone)
        return;
    struct person *person = find(zones, event->account);
    if (!person || person->due_ms > now_ms)
        return;
    bool is_known = (event->flags & CHAT_PRIVATE) ||
                    (env->standing && env->standing(env->ctx, str_of(zones->session->network.name),
                                                    event->account) != CHAT_STRANGER);
    person->due_ms = now_ms + STRANGER_MS;
    if (is_known)
        ask(person);
}

int matrix_zones_create(struct matrix_session *session, struct matrix_zones **ret_zones)
{
    struct matrix_zones *zones = mem_zalloc(sizeof *zones);
    if (!zones)
        return -ENOMEM;
    zones->session = session;
    *ret_zones = zones;
    return 0;
}

void matrix_zones_destroy(struct matrix_zones *zones)
{
    if (!zones)
        return;
    forget_all(zones);
    mem_free(zones);
}
