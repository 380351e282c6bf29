/* SPDX-License-Identifier: MIT */
/* cross.c: what no single option can know: names that refer to each other, encryption, the alert
 * room's privacy. */
#include <errno.h>
#include <stdio.h>

#include "base/near.h"
#include "base/number.h"
#include "settings/cross.h"

void cross_note(const struct cross *cross, const struct settings_node *node, struct error *error,
                const char *path, ...)
{
    AUTO_BUF where;
    buf_init(&where, 512);
    va_list args;
    va_start(args, path);
    buf_add_format_args(&where, path, args);
    va_end(args);
    settings_mistakes_add(&cross->check->mistakes, node->joined_line, &where, error);
}

const struct settings_node *cross_spot(const struct settings_node *record, const char *name)
{
    const struct settings_node *node = settings_at(record, name);
    return settings_is_set(node) ? node : record;
}

/* The first earlier record of the same name. */
static const struct settings_node *earlier(const struct settings_node *list, size_t index,
                                           const char *name)
{
    struct str wanted = settings_text(settings_item(list, index), name);
    for (size_t i = 0; i < index && !str_empty(wanted); i++)
        if (str_eq(settings_text(settings_item(list, i), name), wanted))
            return settings_item(list, i);
    return NULL;
}

static void check_names(const struct cross *cross, const struct settings_node *list,
                        const char *what)
{
    for (size_t i = 0; i < settings_count(list); i++) {
        const struct settings_node *first = earlier(list, i, "name");
        if (!first)
            continue;
        struct error error;
        error_set(&error, -EINVAL, "\"%.*s\" is the name of another one already, on line %d.",
                  STR_ARG(settings_text(settings_item(list, i), "name")), first->line);
        cross_note(cross, cross_spot(settings_item(list, i), "name"), &error, "%s[%zu].name", what,
                   i);
    }
}

bool cross_is_loopback(struct str host)
{
    return str_eq_nocase(host, STR("localhost")) || str_starts(host, STR("127.")) ||
           str_eq_c(host, "::1") || str_starts(host, STR("memory:"));
}

/* ---- groups ---------------------------------------------------------------------------------- */

static const struct settings_node *network_of(const struct cross *cross, struct str name)
{
    for (size_t i = 0; i < settings_count(cross->networks); i++)
        if (str_eq(settings_text(settings_item(cross->networks, i), "name"), name))
            return settings_item(cross->networks, i);
    return NULL;
}

static void check_network(const struct cross *cross, const struct settings_node *record,
                          const char *path)
{
    struct near near = {.wanted = settings_text(record, "network")};
    struct str best;
    if (str_empty(near.wanted) || network_of(cross, near.wanted))
        return;
    for (size_t i = 0; i < settings_count(cross->networks); i++)
        near_offer(&near, settings_text(settings_item(cross->networks, i), "name"));
    struct error error;
    if (near_found(&near, &best))
        error_set(&error, -EINVAL, "no network is named \"%.*s\". Did you mean \"%.*s\"?",
                  STR_ARG(near.wanted), STR_ARG(best));
    else
        error_set(&error, -EINVAL,
                  "no network is named \"%.*s\". Name one of those in \"networks\".",
                  STR_ARG(near.wanted));
    cross_note(cross, cross_spot(record, "network"), &error, "%s.network", path);
}

static bool is_matrix(const struct cross *cross, const struct settings_node *record)
{
    const struct settings_node *network = network_of(cross, settings_text(record, "network"));
    return network && str_eq_c(settings_text(network, "kind"), "matrix");
}

/* "#harbor" alone is a channel on IRC; here it lacks the server that knows it. */
static void check_address(const struct cross *cross, const struct settings_node *room,
                          const char *path)
{
    struct str name = settings_text(room, "room");
    bool is_fine = str_starts(name, STR("!")) ||
                   (str_starts(name, STR("#")) && str_has_byte(name, ':'));
    if (is_fine || str_empty(name) || !is_matrix(cross, room))
        return;
    struct error error;
    error_set(&error, -EINVAL,
              "\"%.*s\" is no room on Matrix. Write its address, such as "
              "\"#harbor:example.org\", or its id, which begins with an exclamation mark.",
              STR_ARG(name));
    cross_note(cross, cross_spot(room, "room"), &error, "%s.room", path);
}

/* On Matrix an address is one room in the world, whichever account is in it: two accounts there
 * would both answer, and take each other for members. */
static bool same_room(const struct cross *cross, const struct settings_node *a,
                      const struct settings_node *b)
{
    struct str room = settings_text(a, "room");
    return !str_empty(room) && str_eq_nocase(room, settings_text(b, "room")) &&
           (str_eq(settings_text(a, "network"), settings_text(b, "network")) ||
            (is_matrix(cross, a) && is_matrix(cross, b)));
}

/* A room belongs to one group; an alert room is nobody's meeting place. */
static void check_room(const struct cross *cross, size_t index, size_t position)
{
    const struct settings_node *room = settings_item(
        settings_at(settings_item(cross->groups, index), "rooms"), position);
    for (size_t g = 0; g <= index; g++) {
        const struct settings_node *rooms = settings_at(settings_item(cross->groups, g), "rooms");
        size_t count = g == index ? position : settings_count(rooms);
        for (size_t i = 0; i < count; i++) {
            const struct settings_node *other = settings_item(rooms, i);
            if (!same_room(cross, other, room))
                continue;
            struct error error;
            error_set(&error, -EINVAL,
                      "\"%.*s\" belongs to groups[%zu] already, on line %d. A room has one group.",
                      STR_ARG(settings_text(room, "room")), g, other->line);
            cross_note(cross, cross_spot(room, "room"), &error, "groups[%zu].rooms[%zu].room",
                       index, position);
            return;
        }
    }
}

static void check_alert_room(const struct cross *cross, const struct settings_node *alert,
                             const char *path)
{
    for (size_t g = 0; g < settings_count(cross->groups); g++) {
        const struct settings_node *rooms = settings_at(settings_item(cross->groups, g), "rooms");
        for (size_t i = 0; i < settings_count(rooms); i++) {
            if (!same_room(cross, settings_item(rooms, i), alert))
                continue;
            struct error error;
            error_set(&error, -EINVAL,
                      "\"%.*s\" is groups[%zu].rooms[%zu] as well: members would read the alerts. "
                      "Name a room that "
                      "only the team can enter.",
                      STR_ARG(settings_text(alert, "room")), g, i);
            cross_note(cross, cross_spot(alert, "room"), &error, "%s.room", path);
        }
    }
}

static void check_rooms(const struct cross *cross, const struct settings_node *group, size_t index)
{
    char path[64];
    const struct settings_node *rooms = settings_at(group, "rooms"),
                               *alert = settings_at(group, "alert_room");
    for (size_t i = 0; i < settings_count(rooms); i++) {
        snprintf(path, sizeof path, "groups[%zu].rooms[%zu]", index, i);
        check_network(cross, settings_item(rooms, i), path);
        check_address(cross, settings_item(rooms, i), path);
        check_room(cross, index, i);
    }
    for (size_t i = 0; i < settings_count(settings_at(group, "spaces")); i++) {
        snprintf(path, sizeof path, "groups[%zu].spaces[%zu]", index, i);
        check_network(cross, settings_item(settings_at(group, "spaces"), i), path);
        check_address(cross, settings_item(settings_at(group, "spaces"), i), path);
    }
    if (!settings_is_set(alert))
        return;
    snprintf(path, sizeof path, "groups[%zu].alert_room", index);
    check_network(cross, alert, path);
    check_address(cross, alert, path);
    check_alert_room(cross, alert, path);
}

/* ---- moderators and rota --------------------------------------------------------------------- */

/* On Matrix a person is their whole id. */
static void check_matrix_user(const struct cross *cross, const struct settings_node *moderator,
                              const char *path)
{
    struct str user = settings_text(moderator, "user");
    bool is_id = str_starts(user, STR("@")) && str_has_byte(user, ':');
    if (is_id || !is_matrix(cross, moderator))
        return;
    struct error error;
    error_set(&error, -EINVAL,
              "on Matrix a moderator is known by their whole id, such as \"@mara:example.org\".");
    cross_note(cross, cross_spot(moderator, "user"), &error, "%s.user", path);
}

static void check_moderators(const struct cross *cross, const struct settings_node *group,
                             size_t index)
{
    const struct settings_node *list = settings_at(group, "moderators");
    for (size_t i = 0; i < settings_count(list); i++) {
        const struct settings_node *moderator = settings_item(list, i);
        const struct settings_node *network = network_of(cross,
                                                         settings_text(moderator, "network"));
        char path[64];
        snprintf(path, sizeof path, "groups[%zu].moderators[%zu]", index, i);
        check_network(cross, moderator, path);
        check_matrix_user(cross, moderator, path);
        bool irc = network && str_eq_c(settings_text(network, "kind"), "irc");
        bool known = !str_empty(settings_text(moderator, "account")) ||
                     (!irc && (!str_empty(settings_text(moderator, "user")) ||
                               !str_empty(settings_text(moderator, "name"))));
        if (known)
            continue;
        struct error error;
        error_set(&error, -EINVAL,
                  irc ? "this is missing. On IRC a moderator is known by their services account."
                      : "this is missing. Say by which name the network knows them.");
        cross_note(cross, moderator, &error, "%s.%s", path, irc ? "account" : "user");
    }
}

/* "@mara:example.org" is known as "mara" as well. */
static struct str local_part(struct str user)
{
    if (str_starts(user, STR("@")))
        user = str_from(user, 1);
    return str_upto(user, MIN_OF(str_find(user, STR(":"), 0), user.len));
}

static void check_on_call(const struct cross *cross, const struct settings_node *group,
                          size_t index)
{
    const struct settings_node *moderators = settings_at(group, "moderators"),
                               *rota = settings_at(group, "on_call");
    for (size_t i = 0; i < settings_count(rota); i++) {
        const struct settings_node *shift = settings_item(rota, i);
        struct near near = {.wanted = settings_text(shift, "who")};
        for (size_t m = 0; m < settings_count(moderators); m++) {
            const struct settings_node *moderator = settings_item(moderators, m);
            near_offer(&near, settings_text(moderator, "name"));
            near_offer(&near, settings_text(moderator, "account"));
            near_offer(&near, settings_text(moderator, "user"));
            near_offer(&near, local_part(settings_text(moderator, "user")));
        }
        bool found = near.best.ptr && str_eq_nocase(near.best, near.wanted);
        if (str_empty(near.wanted) || found)
            continue;
        struct error error;
        struct str best;
        if (near_found(&near, &best))
            error_set(&error, -EINVAL,
                      "\"%.*s\" is no moderator of this group. Did you mean \"%.*s\"?",
                      STR_ARG(near.wanted), STR_ARG(best));
        else
            error_set(&error, -EINVAL,
                      "\"%.*s\" is no moderator of this group. Add them to \"moderators\".",
                      STR_ARG(near.wanted));
        cross_note(cross, cross_spot(shift, "who"), &error, "groups[%zu].on_call[%zu].who", index,
                   i);
    }
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* "address:port" of this machine; what is measured is nobody else's business. */
static void check_listen(const struct cross *cross, const struct settings_node *metrics)
{
    struct str listen = settings_text(metrics, "listen"), host = listen;
    if (str_empty(listen))
        return;
    while (host.len && host.ptr[host.len - 1] != ':')
        host.len--;
    struct str port = str_from(listen, host.len);
    int64_t number;
    bool good = host.len > 1 && number_parse(port, 1, 65535, &number) == 0;
    host = str_upto(host, host.len ? host.len - 1 : 0);
    if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
        host = str_upto(str_from(host, 1), host.len - 2);
    if (good && cross_is_loopback(host) && !str_starts(host, STR("memory:")))
        return;
    struct error error;
    error_set(&error, -EINVAL,
              "\"%.*s\" is not a loopback address and a port. Write it like \"127.0.0.1:9464\".",
              STR_ARG(listen));
    cross_note(cross, cross_spot(metrics, "listen"), &error, "metrics.listen");
}

/* "2026-11-23 08:55" */
static bool is_moment(struct str text)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;
    int minutes;
    if (text.len != 16 || text.ptr[4] != '-' || text.ptr[7] != '-' ||
        (text.ptr[10] != ' ' && text.ptr[10] != 'T'))
        return false;
    if (number_parse(str_upto(text, 4), 1970, 9999, &year) < 0 ||
        number_parse(str_upto(str_from(text, 5), 2), 1, 12, &month) < 0 ||
        number_parse(str_upto(str_from(text, 8), 2), 1, 31, &day) < 0 ||
        number_parse_time_of_day(str_from(text, 11), &minutes) < 0)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] - (month == 2 && !leap);
}

static void check_start(const struct cross *cross, const struct settings_node *console)
{
    struct str start = settings_text(console, "start_at");
    if (str_empty(start) || is_moment(start))
        return;
    struct error error;
    error_set(&error, -EINVAL, "\"%.*s\" is not a moment. Write it like \"2026-11-23 08:55\".",
              STR_ARG(start));
    cross_note(cross, cross_spot(console, "start_at"), &error, "console.start_at");
}

void settings_cross_check(struct settings_check *check)
{
    const struct settings_node *root = &check->settings->root;
    struct cross cross = {check, settings_at(root, "networks"), settings_at(root, "groups")};
    check_names(&cross, cross.networks, "networks");
    check_names(&cross, cross.groups, "groups");
    cross_check_networks(&cross);
    for (size_t i = 0; i < settings_count(cross.groups); i++) {
        check_rooms(&cross, settings_item(cross.groups, i), i);
        check_moderators(&cross, settings_item(cross.groups, i), i);
        check_on_call(&cross, settings_item(cross.groups, i), i);
    }
    check_listen(&cross, settings_at(root, "metrics"));
    check_start(&cross, settings_at(root, "console"));
}
