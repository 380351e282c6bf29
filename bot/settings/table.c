/* SPDX-License-Identifier: MIT */
/* table.c: every option of the core: name, kind, range, default, unit and what it is for. */
#include "settings/settings.h"

/* Of a required option, default_text is an example: it fills the generated file and is never used
 * as a value. */
#define OPTION(kind_, name_, flags_, ...)                                                          \
    &(const struct mooring_option)                                                                 \
    {                                                                                              \
        .struct_size = sizeof(struct mooring_option), .kind = MOORING_OPTION_##kind_,              \
        .name = (name_), .flags = (flags_), __VA_ARGS__                                            \
    }

/* The core's options all stand in the file alone; what moderators may change for their group are
 * plugins' options. */
enum {
    FIXED = MOORING_OPTION_FILE_ONLY,
    NEEDED = MOORING_OPTION_FILE_ONLY | MOORING_OPTION_REQUIRED
};

/* clang-format off: a table is read by its columns */
static const struct mooring_option *const options[] = {
    OPTION(TEXT, "bot_name", FIXED, .default_text = "mooring", .min = 1, .max = 30,
           .help = "What the bot calls itself, and what people may put before a command in place "
                   "of the prefix."),
    OPTION(TEXT, "prefix", FIXED, .default_text = "!", .min = 1, .max = 8,
           .help = "What a command in a room begins with. In private no prefix is needed."),
    OPTION(TEXTS, "plugins", FIXED, .default_text = "checkin, coping, meetings, crisis", .min = 1,
           .max = 31,
           .help = "The plugins to load. Their options stand in sections of their names: here for "
                   "all groups, in a group for it alone."),
    OPTION(
        TEXT, "plugin_folder", FIXED,
        .help = "Where the plugins lie. Empty: beside the program, then where it was installed."),
    OPTION(TEXT, "state_folder", FIXED, .default_text = "/var/lib/mooring", .min = 1, .max = 1024,
           .help = "Where the database and the keyring lie. Only the bot's own user may read it."),
    OPTION(
        TEXT, "control_socket", FIXED, .max = 107,
        .help = "The socket through which mooring backup and its like reach the running bot. "
                "Empty: \"control\" in the folder that systemd gives (RuntimeDirectory=mooring), "
                "else in state_folder."),
    OPTION(TEXT, "credentials_folder", FIXED,
           .help = "Where secrets are read from, one file each. Empty: where systemd puts them. A "
                   "name ending in _credential names a file there."),

    OPTION(LIST, "grants", FIXED,
           .help = "What single plugins may not do, and whom they may ask on the web. A plugin "
                   "that does not stand here may do everything but reach the web."),
    OPTION(TEXT, "grants.plugin", NEEDED, .default_text = "meetings", .min = 1, .max = 31,
           .help = "The plugin's name."),
    OPTION(
        TEXTS, "grants.deny", FIXED,
        .choices = "say|ask|people|series|store|timer|work|alerts|safety|audit",
        .help =
            "The services it does not get. One that it cannot do without keeps it from starting."),
    OPTION(TEXTS, "grants.hosts", FIXED, .min = 1, .max = 253,
           .help = "The hosts that its https requests may go to, such as \"meet.example.org\". "
                   "Empty: it cannot reach the web."),

    /* ---- networks ---- */
    OPTION(LIST, "networks", FIXED, .help = "The chat services that the bot is on."),
    OPTION(TEXT, "networks.name", NEEDED, .default_text = "libera", .min = 1, .max = 40,
           .help = "Your own name for the network. Groups refer to it by this name."),
    OPTION(CHOICE, "networks.kind", NEEDED, .default_text = "irc", .choices = "irc|matrix|console",
           .help = "What speaks there: an IRC server, a Matrix account, or the console, where one "
                   "person plays everyone."),
    OPTION(TEXT, "networks.host", FIXED, .max = 253,
           .help = "The IRC server's name or address. An IRC network needs it."),
    OPTION(INTEGER, "networks.port", FIXED, .default_text = "6697", .min = 1, .max = 65535,
           .help = "The IRC server's port."),
    OPTION(TEXTS, "networks.hosts", FIXED, .min = 1, .max = 253,
           .help = "Other servers of the same network, such as \"irc2.example.org\" or "
                   "\"irc2.example.org:6697\", tried in turn while one cannot be reached."),
    OPTION(BOOLEAN, "networks.tls", FIXED, .default_text = "true",
           .help = "Whether the connection is encrypted and the server's certificate checked. It "
                   "can be false only for this machine itself."),
    OPTION(TEXT, "networks.ca_file", FIXED,
           .help = "A file of certificates (PEM) to trust for this server. Empty: the system's."),
    OPTION(TEXT, "networks.pinned_sha256", FIXED, .max = 64 + 31,
           .help = "The SHA-256 fingerprint of the server's own certificate, 64 hexadecimal "
                   "digits. Then that certificate alone is trusted."),
    OPTION(
        TEXT, "networks.client_certificate", FIXED,
        .help = "A file (PEM) with a certificate that the bot shows of itself. Where the account "
                "in sasl knows it (services: CERT ADD), it logs in without a password."),
    OPTION(TEXT, "networks.client_key_credential", FIXED, .max = 100,
           .help = "The credential that holds the private key of client_certificate (PEM, without "
                   "a passphrase). Empty: it stands in the same file."),
    OPTION(TEXTS, "networks.nicks", FIXED, .default_text = "mooring, mooring_", .min = 1, .max = 50,
           .help = "The bot's nicks, the best first. The next is taken while one is in use."),
    OPTION(TEXT, "networks.username", FIXED, .default_text = "mooring", .min = 1, .max = 20,
           .help = "The user name before the @ in the bot's IRC address."),
    OPTION(TEXT, "networks.realname", FIXED, .default_text = "Peer-support bot", .min = 1,
           .max = 150,
           .help = "What /whois shows. Say that it is a bot and who looks after it: many networks "
                   "ask for this."),
    OPTION(TEXT, "networks.profile", FIXED, .max = 40,
           .help = "What is known of an IRC network: the file networks/<profile>.cfg beside this "
                   "one or where mooring is installed (libera, oftc, ergo, atheme, anope). Who its "
                   "services are, how a nick is had back, how people get an account. Empty: by "
                   "what the server says of itself."),
    OPTION(CHOICE, "networks.identity", FIXED, .default_text = "account", .choices = "account|nick",
           .help = "What a person is known by: their services account, or the nick. Choose nick "
                   "only on a closed server, where nobody can take another's."),
    OPTION(GROUP, "networks.sasl", FIXED, .help = "Logs in to the network's services (SASL)."),
    OPTION(TEXT, "networks.sasl.account", NEEDED, .default_text = "harbor-bot", .min = 1,
           .max = 100, .help = "The bot's services account."),
    OPTION(TEXT, "networks.sasl.password_credential", NEEDED, .default_text = "libera-password",
           .max = 100,
           .help = "The credential that holds the account's password. \"\": only "
                   "client_certificate logs in."),
    OPTION(
        CHOICE, "networks.sasl.mechanism", FIXED, .default_text = "best",
        .choices = "best|external|scram|plain",
        .help = "What may be used. best: whatever the server offers, in this order: "
                "EXTERNAL (the certificate), SCRAM-SHA-512, SCRAM-SHA-256 (the password never "
                "leaves, and the server has to prove that it knows it), PLAIN. Or only one kind."),
    OPTION(
        TEXT, "networks.password_credential", FIXED, .max = 100,
        .help =
            "The credential that holds the password of the server itself. Most servers have none."),
    OPTION(INTEGER, "networks.flood_lines", FIXED, .default_text = "4", .unit = "lines", .min = 1,
           .max = 100, .help = "How many lines may go out at once before the bot slows down."),
    OPTION(
        INTEGER, "networks.flood_seconds", FIXED, .default_text = "2", .unit = "seconds", .min = 0,
        .max = 60,
        .help =
            "The time between two lines after that. 0: never slow down, for a server of your own."),
    OPTION(
        BOOLEAN, "networks.formatting", FIXED, .default_text = "true",
        .help = "Whether bold and the like are sent as IRC's formatting codes. Off: plain text. A "
                "channel that does not take them (+c) gets plain text in any case."),
    OPTION(TEXT, "networks.homeserver", FIXED, .max = 253,
           .help = "The Matrix homeserver, such as \"example.org\": where it answers is looked up "
                   "there. Or its address, such as \"https://matrix.example.org\"."),
    OPTION(TEXT, "networks.user", FIXED, .max = 255,
           .help = "The bot's Matrix account, such as \"mooring\" or \"@mooring:example.org\"."),
    OPTION(CHOICE, "networks.login", FIXED, .default_text = "password",
           .choices = "password|token|oauth|appservice",
           .help = "How the bot logs in to Matrix: with a password, with an access token, in a "
                   "browser once (run mooring login), or as an application service."),
    OPTION(
        TEXT, "networks.device_id", FIXED, .max = 64,
        .help = "The id of the bot's Matrix device. Empty: the homeserver chooses one at the first "
                "login."),
    OPTION(TEXT, "networks.device_name", FIXED, .default_text = "Mooring", .max = 100,
           .help = "What the bot's Matrix device is called in the list of sessions."),
    OPTION(
        CHOICE, "networks.threads", FIXED, .default_text = "follow",
        .choices = "follow|always|never",
        .help = "Whether answers in Matrix rooms go into a thread: where the question is in one, "
                "always, or never."),
    OPTION(TEXTS, "networks.bridge_users", FIXED, .min = 1, .max = 255,
           .help = "Who there is a bridge's puppet, by user id, account or nick, * for any run of "
                   "letters: \"@irc_*:example.org\", \"*[m]\". Their names prove nothing: they may "
                   "use what is public."),
    OPTION(TEXTS, "networks.invite_from", FIXED, .min = 1, .max = 255,
           .help = "Who else may invite the bot on Matrix, beside moderators and members: people "
                   "(\"@ana:example.org\"), homeservers (\"example.org\"), rooms and spaces."),
    OPTION(BOOLEAN, "networks.receipts", FIXED, .default_text = "true",
           .help = "Whether Matrix shows that the bot has read a message."),
    OPTION(BOOLEAN, "networks.polls", FIXED, .default_text = "false",
           .help = "Whether choices in Matrix rooms are polls. Otherwise they are numbers, and "
                   "reactions to tap."),

    /* ---- groups ---- */
    OPTION(LIST, "groups", FIXED, .help = "The peer groups that the bot looks after."),
    OPTION(TEXT, "groups.name", NEEDED, .default_text = "harbor", .min = 1, .max = 40,
           .help = "A short name, used in commands and logs. What is stored for the group hangs on "
                   "it, so it should stay."),
    OPTION(TEXT, "groups.title", FIXED, .max = 120,
           .help = "The group's name as people know it. Empty: the short name."),
    OPTION(ZONE, "groups.zone", NEEDED, .default_text = "America/New_York",
           .help = "The group's time zone: all its times of day are in it."),
    OPTION(COUNTRY, "groups.country", FIXED,
           .help = "The country whose crisis numbers are given to people who named none. Empty: "
                   "international resources."),
    OPTION(LANGUAGE, "groups.language", FIXED, .default_text = "en",
           .help = "The language in which the bot speaks in the group's rooms."),
    OPTION(LIST, "groups.rooms", NEEDED, .help = "The rooms and channels where the group meets."),
    OPTION(TEXT, "groups.rooms.network", NEEDED, .default_text = "libera", .min = 1, .max = 40,
           .help = "The name of one of the networks above."),
    OPTION(TEXT, "groups.rooms.room", NEEDED, .default_text = "#harbor", .min = 1, .max = 255,
           .help = "The room or channel there."),
    OPTION(
        TEXT, "groups.rooms.bridged", FIXED, .max = 40,
        .help = "Rooms of the group with the same word here are joined by somebody's bridge: what "
                "is said in one of them is answered once, and a reminder goes to one of them. "
                "Puppets are told by networks.bridge_users."),
    OPTION(LIST, "groups.spaces", FIXED,
           .help = "Matrix spaces: each room that one of them lists is the group's too, as long as "
                   "it is listed. Whoever may change the space decides where the bot speaks."),
    OPTION(TEXT, "groups.spaces.network", NEEDED, .default_text = "libera", .min = 1, .max = 40,
           .help = "The name of one of the networks above."),
    OPTION(TEXT, "groups.spaces.room", NEEDED, .default_text = "#harbor-space:example.org",
           .min = 1, .max = 255, .help = "The space there: its address or its id."),
    OPTION(GROUP, "groups.alert_room", FIXED,
           .help = "Where the team is called when somebody is in danger. It must be closed to the "
                   "public and none of the rooms above."),
    OPTION(TEXT, "groups.alert_room.network", NEEDED, .default_text = "libera", .min = 1, .max = 40,
           .help = "The name of one of the networks above."),
    OPTION(TEXT, "groups.alert_room.room", NEEDED, .default_text = "#harbor-team", .min = 1,
           .max = 255, .help = "The room or channel there."),
    OPTION(LIST, "groups.moderators", FIXED,
           .help = "Who may use the moderators' commands and answers alerts. One person may stand "
                   "here once for each network."),
    OPTION(TEXT, "groups.moderators.network", NEEDED, .default_text = "libera", .min = 1, .max = 40,
           .help = "The name of one of the networks above."),
    OPTION(
        TEXT, "groups.moderators.user", FIXED, .max = 255,
        .help =
            "Their user id on a network that has such: on the console, the name they speak under."),
    OPTION(TEXT, "groups.moderators.account", FIXED, .max = 100,
           .help = "On IRC: their services account, or their nick where people are known by nick."),
    OPTION(TEXT, "groups.moderators.name", FIXED, .max = 40,
           .help = "What others call them, and how on_call.who refers to them. Empty: the account "
                   "or user id."),
    OPTION(
        BOOLEAN, "groups.moderators_by_power", FIXED, .default_text = "false",
        .help = "Whoever may delete others' messages in one of the group's rooms, by that room's "
                "own power levels on Matrix, may use the moderators' commands there. Off: only "
                "those named above."),
    OPTION(BOOLEAN, "groups.moderators_by_link", FIXED, .default_text = "false",
           .help = "A moderator who joined another identity to theirs (!link) moderates from that "
                   "one too. Off: only from the one named above."),
    OPTION(LIST, "groups.on_call", FIXED, .help = "The rota: who is called first, and when."),
    OPTION(TEXT, "groups.on_call.who", NEEDED, .default_text = "mara", .min = 1, .max = 255,
           .help = "One of the moderators above."),
    OPTION(TEXTS, "groups.on_call.days", FIXED, .default_text = "mon, tue, wed, thu, fri, sat, sun",
           .choices = "mon|tue|wed|thu|fri|sat|sun", .help = "The days on which the shift begins."),
    OPTION(TIME, "groups.on_call.from", FIXED, .default_text = "00:00",
           .help = "When the shift begins, in the group's zone."),
    OPTION(TIME, "groups.on_call.to", FIXED, .default_text = "00:00",
           .help = "When it ends. A time not later than the beginning is on the next day."),
    OPTION(GROUP, "groups.quiet", FIXED,
           .help = "The quiet hours of members who chose none of their own: nothing but crisis "
                   "replies is sent to them in private."),
    OPTION(TIME, "groups.quiet.from", FIXED, .default_text = "22:00",
           .help = "When quiet hours begin, in the member's zone."),
    OPTION(TIME, "groups.quiet.to", FIXED, .default_text = "07:00",
           .help = "When they end. The same time as the beginning: no quiet hours."),

    /* ---- the bot as a whole ---- */
    OPTION(GROUP, "safety", FIXED,
           .help = "Calls for help. The reading for crisis words itself cannot be turned off."),
    OPTION(INTEGER, "safety.page_again_minutes", FIXED, .default_text = "5", .unit = "minutes",
           .min = 1, .max = 15,
           .help =
               "How long an alert of tier 3 waits for an answer before the next person is called."),
    OPTION(INTEGER, "safety.alert_text_days", FIXED, .default_text = "30", .unit = "days", .min = 1,
           .max = 30,
           .help = "How long the words that raised an alert are kept, for the moderators alone."),
    OPTION(GROUP, "inbox", FIXED,
           .help = "What the bot does with messages that it has seen before, or reads late."),
    OPTION(INTEGER, "inbox.late_command_minutes", FIXED, .default_text = "10", .unit = "minutes",
           .min = 1, .max = 1440,
           .help = "A command older than this, after the bot was away, is not run: the person is "
                   "asked whether they still want it. Crisis words are always read."),
    OPTION(INTEGER, "inbox.seen_days", FIXED, .default_text = "30", .unit = "days", .min = 1,
           .max = 365,
           .help = "How long the bot remembers that it has handled a message, so that it is never "
                   "handled twice. No text is kept."),
    OPTION(GROUP, "limits", FIXED,
           .help = "What a plugin that does not come back, or takes all the memory, may do before "
                   "the bot ends itself and is started again without it."),
    OPTION(INTEGER, "limits.call_seconds", FIXED, .default_text = "5", .unit = "seconds", .min = 1,
           .max = 60,
           .help = "How long one call into a plugin may take. After that the bot ends and is "
                   "started again; a plugin that does so twice in a row rests for a while."),
    OPTION(INTEGER, "limits.memory_megabytes", FIXED, .default_text = "512", .unit = "MB", .min = 0,
           .max = 65536,
           .help = "How much memory the bot may use for its data. One plugin that takes a quarter "
                   "of it rests for a while. 0: no bound."),
    OPTION(GROUP, "metrics", FIXED,
           .help = "Numbers about the bot itself, for monitoring. They name nobody."),
    OPTION(TEXT, "metrics.listen", FIXED, .max = 64,
           .help = "A loopback address and port, such as \"127.0.0.1:9464\": Prometheus text at "
                   "/metrics, health at /healthz. Empty: none."),
    OPTION(GROUP, "log", FIXED,
           .help = "What is written to standard error (with systemd: the journal). Never what "
                   "people say, nor who they are."),
    OPTION(CHOICE, "log.level", FIXED, .default_text = "info",
           .choices = "error|warning|info|debug",
           .help = "How much is written: this level and those before it."),
    OPTION(GROUP, "console", FIXED, .help = "Only for networks of the kind console."),
    OPTION(TEXT, "console.start_at", FIXED, .max = 16,
           .help = "The time at which the console begins, such as \"2026-11-23 08:55\"; then time "
                   "moves only when told. Empty: the real time."),
    OPTION(ZONE, "console.zone", FIXED, .default_text = "UTC",
           .help = "The zone in which start_at is meant and times are shown."),
    OPTION(TEXTS, "console.people", FIXED, .min = 1, .max = 40,
           .help = "People who are there from the start, the first of them speaking. Others appear "
                   "when first named."),
    NULL};
/* clang-format on */

const struct settings_table settings_core = {NULL, options};
