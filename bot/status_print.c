/* SPDX-License-Identifier: MIT */
/* status_print.c: the status as lines for a person at night. */
#include "status.h"

static struct str text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return str_of(value ? value : "");
}

static int64_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* "12 s", "5 min", "3 h 20 min", "4 d 3 h". */
static void add_span(struct buf *out, int64_t s)
{
    long long n = (long long)MAX_OF(s, 0);
    if (n < 120)
        buf_add_format(out, "%lld s", n);
    else if (n < 7200)
        buf_add_format(out, "%lld min", n / 60);
    else if (n < 172800)
        buf_add_format(out, "%lld h %lld min", n / 3600, n % 3600 / 60);
    else
        buf_add_format(out, "%lld d %lld h", n / 86400, n % 86400 / 3600);
}

static void add_age(struct buf *out, const json_t *status, int64_t at)
{
    if (at == 0) {
        buf_add_c(out, "never");
        return;
    }
    add_span(out, number(status, "now") - at);
    buf_add_c(out, " ago");
}

static void add_head(struct buf *out, const char *name)
{
    buf_add_format(out, "%-10s ", name);
}

const char *status_why(enum chat_why why)
{
    static const char *const whys[] = {
        [CHAT_WHY_UNKNOWN] = "the server does not say why. Look into the journal: journalctl -u "
                             "mooring",
        [CHAT_WHY_SILENT] = "the server does not answer when the bot asks to enter. It tries again",
        [CHAT_WHY_BUSY] = "the server asks the bot to wait. It tries again",
        [CHAT_WHY_INVITE] = "it wants an invitation (+i). Invite the bot, or put it on the "
                            "channel's access list",
        [CHAT_WHY_FORBIDDEN] = "it is for invited people only, or the bot is banned there. Lift "
                               "the ban if there is one, then invite the bot",
        [CHAT_WHY_BANNED] = "the bot is banned there. Ask who looks after it to lift the ban, then "
                            "to invite the bot",
        [CHAT_WHY_KICKED] = "the bot was put out of it. Ask why, and have it invited again",
        [CHAT_WHY_KEY] = "it has a key (+k), and the bot has none. Take the key off, or invite the "
                         "bot",
        [CHAT_WHY_FULL] = "it is full (+l). Raise its limit, or invite the bot",
        [CHAT_WHY_ACCOUNT] = "it is for registered accounts only (+r). Set sasl for this network, "
                             "or see why the login fails: mooring doctor",
        [CHAT_WHY_TLS] = "it is for connections over TLS only. Set tls = true for this network",
        [CHAT_WHY_OPERATORS] = "it is for the network's own people only. Choose another room",
        [CHAT_WHY_MISSING] = "there is no such room. Compare its name with the configuration's, "
                             "letter by letter",
        [CHAT_WHY_NAME] = "no room can have that name there. Mend it in the configuration (a "
                          "channel: \"#name\"; a Matrix room: \"#name:server\" or its id)",
        [CHAT_WHY_FORWARDED] = "it sends the bot on to another channel. Invite the bot, or name "
                               "the other one in the configuration",
        [CHAT_WHY_LIMIT] = "the server lets the bot into no more rooms. Ask its people to raise "
                           "the limit, or leave some out",
        [CHAT_WHY_VERSION] =
            "its version is newer than the homeserver. Have the homeserver updated",
        [CHAT_WHY_ENCRYPTED] = "it is encrypted, and the bot neither reads nor writes there. Make "
                               "one without encryption",
        [CHAT_WHY_DOUBLE] = "another network of the configuration is in the same room. Name it "
                            "with one of them",
        [CHAT_WHY_ASKED] = NULL,
    };
    _Static_assert(COUNT_OF(whys) == CHAT_WHY_COUNT, "each reason has a sentence");
    return whys[why];
}

/* ---- the lines ------------------------------------------------------------------------------- */

static void print_networks(const json_t *status, struct buf *out)
{
    size_t i;
    json_t *network;
    json_array_foreach(json_object_get(status, "networks"), i, network)
    {
        int64_t lag_ms = number(network, "lag_ms");
        bool up = str_eq_c(text(network, "state"), "up");
        add_head(out, i ? "" : "networks");
        buf_add_format(out, "%.*s: %s for ", STR_ARG(text(network, "name")),
                       up ? "up" : json_string_value(json_object_get(network, "state")));
        add_span(out, number(status, "now") - number(network, "since"));
        if (lag_ms >= 0)
            buf_add_format(out, ", lag %lld.%02lld s", (long long)(lag_ms / 1000),
                           (long long)(lag_ms % 1000 / 10));
        buf_add_c(out, ", last event ");
        add_age(out, status, number(network, "heard_at"));
        if (number(network, "joining"))
            buf_add_format(out, ", still joining rooms: %lld",
                           (long long)number(network, "joining"));
        if (number(network, "waiting"))
            buf_add_format(out, ", lines waiting %lld", (long long)number(network, "waiting"));
        buf_add_byte(out, '\n');
    }
}

static void print_queues(const json_t *status, struct buf *out)
{
    static const char *const names[][2] = {
        {"crisis", "crisis"}, {"reply", "replies"}, {"reminder", "reminders"}};
    const json_t *queues = json_object_get(status, "queues");
    const json_t *outbox = json_object_get(queues, "outbox");
    add_head(out, "queues");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const json_t *queue = json_object_get(outbox, names[i][0]);
        buf_add_format(out, "%s%s %lld", i ? ", " : "", names[i][1],
                       (long long)number(queue, "waiting"));
        if (number(queue, "oldest_s") > 0) {
            buf_add_c(out, " (oldest ");
            add_span(out, number(queue, "oldest_s"));
            buf_add_byte(out, ')');
        }
    }
    buf_add_format(out, "; timers %lld", (long long)number(queues, "jobs"));
    if (number(queues, "next_job_at")) {
        buf_add_c(out, ", the next in ");
        add_span(out, number(queues, "next_job_at") - number(status, "now"));
    }
    buf_add_format(out, "; dialogues %lld\n", (long long)number(queues, "dialogues"));
}

static void print_alert(const json_t *status, const json_t *alert, struct buf *out)
{
    int64_t next_at = number(alert, "next_page_at");
    if (number(alert, "number"))
        buf_add_format(out, "%lld", (long long)number(alert, "number"));
    else
        buf_add_c(out, "(no number: the disk cannot be written)");
    buf_add_format(out, ", tier %lld, %.*s: %.*s for ", (long long)number(alert, "tier"),
                   STR_ARG(text(alert, "group")), STR_ARG(text(alert, "state")));
    add_span(out, number(alert, "age_s"));
    buf_add_format(out, ", pages %lld", (long long)number(alert, "pages"));
    if (next_at) {
        buf_add_c(out, ", the next in ");
        add_span(out, next_at - number(status, "now"));
    }
    buf_add_byte(out, '\n');
}

static void print_alerts(const json_t *status, struct buf *out)
{
    const json_t *alerts = json_object_get(status, "alerts");
    size_t i;
    json_t *alert;
    if (json_array_size(alerts) == 0) {
        add_head(out, "alerts");
        buf_add_c(out, "none open\n");
    }
    json_array_foreach(alerts, i, alert)
    {
        add_head(out, i ? "" : "alerts");
        print_alert(status, alert, out);
    }
}

static void print_plugins(const json_t *status, struct buf *out)
{
    size_t i;
    json_t *plugin;
    add_head(out, "plugins");
    json_array_foreach(json_object_get(status, "plugins"), i, plugin)
        buf_add_format(out, "%s%s", i ? ", " : "", json_string_value(plugin));
    json_array_foreach(json_object_get(status, "resting"), i, plugin)
    {
        buf_add_format(out, "; %.*s RESTS (%.*s), back in ", STR_ARG(text(plugin, "name")),
                       STR_ARG(text(plugin, "why")));
        add_span(out, number(plugin, "left_s"));
    }
    buf_add_format(out, "; events buried %lld\n", (long long)number(status, "buried"));
}

static void print_drill(const json_t *status, const json_t *drill, struct buf *out)
{
    buf_add_format(out, "%.*s: ", STR_ARG(text(drill, "group")));
    if (number(drill, "running_since")) {
        buf_add_c(out, "running for ");
        add_span(out, number(status, "now") - number(drill, "running_since"));
        buf_add_c(out, "; the last ");
    }
    add_age(out, status, number(drill, "ended_at"));
    if (number(drill, "ended_at")) {
        buf_add_format(out, ", %.*s after ", STR_ARG(text(drill, "end")));
        add_span(out, number(drill, "took_ms") / 1000);
    }
    buf_add_byte(out, '\n');
}

static void print_rest(const json_t *status, struct buf *out)
{
    const json_t *selftest = json_object_get(status, "selftest");
    size_t i;
    json_t *drill;
    if (json_object_get(status, "backup")) {
        add_head(out, "backup");
        add_age(out, status, number(json_object_get(status, "backup"), "at"));
        buf_add_byte(out, '\n');
    }
    json_array_foreach(json_object_get(status, "drills"), i, drill)
    {
        add_head(out, i ? "" : "drill");
        print_drill(status, drill, out);
    }
    add_head(out, "self-test");
    add_age(out, status, number(selftest, "at"));
    if (number(selftest, "at"))
        buf_add_c(out, number(selftest, "failed") ? ", FOUND SOMETHING" : ", well");
    buf_add_byte(out, '\n');
    add_head(out, "memory");
    buf_add_format(out, "%lld MiB\n", (long long)(number(status, "resident_bytes") >> 20));
}

bool status_print(const json_t *status, struct buf *out)
{
    const json_t *look_at = json_object_get(status, "look_at");
    const json_t *floor = json_object_get(status, "floor");
    bool well = json_array_size(look_at) == 0;
    size_t i;
    json_t *sentence;
    buf_add_format(out, "mooring %.*s, process %lld: %s, up for ", STR_ARG(text(status, "version")),
                   (long long)number(status, "pid"),
                   json_is_true(json_object_get(floor, "only")) ? "ONLY THE FLOOR WORKS"
                   : well                                       ? "all is well"
                                                                : "look at this");
    add_span(out, number(status, "up_s"));
    buf_add_byte(out, '\n');
    json_array_foreach(look_at, i, sentence)
        buf_add_format(out, "  ! %s\n", json_string_value(sentence));
    print_networks(status, out);
    print_alerts(status, out);
    print_queues(status, out);
    print_plugins(status, out);
    print_rest(status, out);
    return well;
}
