/* SPDX-License-Identifier: MIT */
/* doctor_net.c: the way to each network, step by step: its name, a connection, its certificate, its
 * greeting; of each IRC network, on the first of its servers that greets, whether it lets the bot
 * in. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chat/irc/options.h"
#include "tools/doctor.h"
#include "net/stream.h"

enum { CONNECT_MS = 10000, GREETING_MS = 10000, CERTIFICATE_DAYS = 14, ADDRESSES_MAX = 8 };

/* ---- names and addresses --------------------------------------------------------------------- */

static int try_address(const struct addrinfo *address)
{
    int code = 0;
    socklen_t size = sizeof code;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
        code = errno;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    if (code == 0 && poll(&wait, 1, CONNECT_MS) <= 0)
        code = ETIMEDOUT;
    if (code == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        code = errno;
    close(fd);
    return -code;
}

/* True: at least one address answers. */
static bool try_addresses(struct doctor *doctor, const char *place, const struct addrinfo *first)
{
    size_t good = 0, all = 0;
    int last = 0;
    char name[INET6_ADDRSTRLEN] = "";
    for (const struct addrinfo *address = first; address && all < ADDRESSES_MAX;
         address = address->ai_next, all++) {
        int r = try_address(address);
        good += r == 0;
        if (r == 0)
            continue;
        last = r;
        (void)getnameinfo(address->ai_addr, address->ai_addrlen, name, sizeof name, NULL, 0,
                          NI_NUMERICHOST);
    }
    if (good == all)
        doctor_say(doctor, DOCTOR_OK, "connection", NULL, "%s: %s", place,
                   good == 1 ? "it answers" : "all of its addresses answer");
    else if (good)
        doctor_say(doctor, DOCTOR_WARNING, "connection",
                   "The bot takes one that answers; if all IPv6 ones fail, this machine has no "
                   "IPv6.",
                   "%s: %zu of its %zu addresses do not answer (%s: %s)", place, all - good, all,
                   name, strerrordesc_np(-last));
    else
        doctor_say(doctor, DOCTOR_PROBLEM, "connection",
                   last == -ECONNREFUSED ? "Is the port right, and does the server run?"
                                         : "Does a firewall stand between? Try: nc -vz HOST PORT",
                   "%s: no connection (%s)", place, strerrordesc_np(-last));
    return good > 0;
}

static bool try_name(struct doctor *doctor, const struct irc_options *options, const char *place)
{
    char host[256], port[8];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (!str_to_c(options->host, host, sizeof host))
        return false;
    (void)snprintf(port, sizeof port, "%u", (unsigned)options->port);
    int code = getaddrinfo(host, port, &hints, &found);
    if (code != 0) {
        doctor_say(doctor, DOCTOR_PROBLEM, "name",
                   code == EAI_NONAME ? "Is it spelt right? Try: getent hosts HOST"
                                      : "Does this machine's DNS work? resolvectl status",
                   "%s: %s", host, gai_strerror(code));
        return false;
    }
    doctor_say(doctor, DOCTOR_OK, "name", NULL, "%s is known", host);
    bool good = try_addresses(doctor, place, found);
    freeaddrinfo(found);
    return good;
}

/* ---- as the bot connects --------------------------------------------------------------------- */

struct visit {
    struct doctor *doctor;
    struct loop *loop;
    struct stream *stream;
    const struct irc_options *options;
    const char *place;
    struct loop_timer timer;
    bool greeted;
    bool opened, is_over; /* what comes after the first word is not for us */
};

static void tell_certificate(struct visit *visit)
{
    int64_t at = stream_certificate_expires_at(visit->stream);
    long long left = (long long)((at - visit->doctor->now) / CLOCK_DAY_MS);
    static const char renew[] = "Tell the network's people; with pinned_sha256, ask for the new "
                                "fingerprint before it changes.";
    bool is_here = irc_options_is_loopback(visit->options->host);
    if (!visit->options->tls)
        doctor_say(visit->doctor, is_here ? DOCTOR_OK : DOCTOR_WARNING, "TLS",
                   is_here
                       ? NULL
                       : "Set tls = true if the network has it: else everybody on the way reads "
                         "along.",
                   "%s: without encryption, as configured", visit->place);
    else if (at && left < CERTIFICATE_DAYS)
        doctor_say(visit->doctor, DOCTOR_WARNING, "TLS", renew,
                   "%s: its certificate is good, for %lld more day%s", visit->place, left,
                   left == 1 ? "" : "s");
    else if (at)
        doctor_say(visit->doctor, DOCTOR_OK, "TLS", NULL,
                   "%s: its certificate is good, for %lld days", visit->place, left);
    else
        doctor_say(visit->doctor, DOCTOR_OK, "TLS", NULL, "%s: its certificate is good",
                   visit->place);
}

static void opened(void *ctx)
{
    struct visit *visit = ctx;
    visit->opened = true;
    tell_certificate(visit);
    if (stream_write_line(visit->stream, STR("CAP LS 302")) < 0)
        loop_stop(visit->loop);
}

static void heard(void *ctx, struct str line)
{
    struct visit *visit = ctx;
    if (visit->is_over)
        return;
    visit->is_over = true;
    if (str_starts(line, STR("ERROR")))
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "greeting",
                   "The server turns this machine away: too many connections, or a ban. Ask its "
                   "people.",
                   "%s: it closed the door", visit->place);
    else
        doctor_say(visit->doctor, DOCTOR_OK, "greeting", NULL, "%s: an IRC server answers",
                   visit->place);
    visit->greeted = !str_starts(line, STR("ERROR"));
    (void)!stream_write_line(visit->stream, STR("QUIT"));
    stream_flush(visit->stream);
    loop_stop(visit->loop);
}

static void closed(void *ctx, const struct error *why)
{
    struct visit *visit = ctx;
    if (visit->is_over)
        return;
    visit->is_over = true;
    doctor_say(visit->doctor, DOCTOR_PROBLEM, visit->opened ? "greeting" : "TLS",
               visit->opened ? "Is it an IRC server, and is the port its TLS port?" : NULL,
               "%s: %s", visit->place, why->text[0] ? why->text : "it hung up");
    loop_stop(visit->loop);
}

static void waited(struct loop_timer *timer)
{
    struct visit *visit = CONTAINER_OF(timer, struct visit, timer);
    doctor_say(visit->doctor, DOCTOR_PROBLEM, "greeting",
               "Is it an IRC server, and is the port its TLS port (tls = true) or not?",
               "%s: connected, and it said nothing for %d s", visit->place, GREETING_MS / 1000);
    loop_stop(visit->loop);
}

static int run_visit(struct visit *visit, struct net *net)
{
    const struct irc_options *options = visit->options;
    const struct stream_options wanted = {.host = options->host,
                                          .port = options->port,
                                          .tls = options->tls,
                                          .ca_file = options->ca_file,
                                          .pinned_sha256 = options->pinned_sha256,
                                          .wants_certificate = options->tls,
                                          .connect_timeout_ms = CONNECT_MS};
    const struct stream_events events = {
        .opened = opened, .line = heard, .closed = closed, .ctx = visit};
    visit->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = waited};
    int r = stream_open(net, &wanted, &events, &visit->stream);
    if (r == 0)
        r = loop_timer_arm_in(visit->loop, &visit->timer, GREETING_MS);
    if (r == 0)
        r = loop_run(visit->loop);
    loop_timer_disarm(visit->loop, &visit->timer);
    stream_destroy(visit->stream);
    return r;
}

static bool visit(struct doctor *doctor, const struct irc_options *options, const char *place)
{
    struct clock clock;
    struct net *net = NULL;
    struct error error = {0};
    struct visit visit = {.doctor = doctor, .options = options, .place = place};
    clock_init(&clock);
    int r = loop_create(&clock, &visit.loop);
    if (r == 0)
        r = net_create(visit.loop, &net, &error);
    if (r == 0)
        r = run_visit(&visit, net);
    if (r < 0)
        doctor_say(doctor, DOCTOR_WARNING, "connection", NULL, "%s: could not be tried (%s)", place,
                   strerrordesc_np(-r));
    net_destroy(net);
    loop_destroy(visit.loop);
    return visit.greeted;
}

/* True: the network's answer to a login is known, or was to be had from that server. */
static bool try_server(struct doctor *doctor, const struct irc_options *network,
                       struct irc_host host, bool is_tried)
{
    struct irc_options options = *network;
    char place[300];
    options.host = host.name;
    options.port = host.port;
    (void)snprintf(place, sizeof place, "%.*s:%u", STR_ARG(host.name), (unsigned)host.port);
    if (!try_name(doctor, &options, place) || !visit(doctor, &options, place))
        return is_tried;
    if (!is_tried)
        doctor_irc(doctor, &options, place);
    return true;
}

void doctor_networks(struct doctor *doctor)
{
    const struct settings_node *list = settings_at(settings_root(doctor->setup->settings),
                                                   "networks");
    setenv("RES_OPTIONS", "timeout:3 attempts:2", 0); /* a silent DNS server is told soon */
    for (size_t i = 0; i < settings_count(list); i++) {
        const struct settings_node *node = settings_item(list, i);
        struct irc_options options;
        struct arena arena;
        struct error error = {0};
        bool is_tried = false;
        if (str_eq_c(settings_text(node, "kind"), "matrix"))
            doctor_matrix(doctor, node);
        if (!str_eq_c(settings_text(node, "kind"), "irc") ||
            str_starts(settings_text(node, "host"), STR("memory:")))
            continue;
        arena_init(&arena, 64 * 1024);
        if (irc_options_read(node, &arena, &options, &error) < 0)
            doctor_say(doctor, DOCTOR_PROBLEM, "network", NULL, "%s", error.text);
        for (size_t k = 0; error.code == 0 && k <= options.other_count; k++)
            is_tried = try_server(doctor, &options, irc_options_host(&options, k), is_tried);
        arena_done(&arena);
    }
}
