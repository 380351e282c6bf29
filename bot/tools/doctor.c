/* SPDX-License-Identifier: MIT */
/* doctor.c: mooring doctor: everything between the configuration file and a person, looked at in
 * order; what is wrong, where, and what to do. */
#include "tools/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "tools/client.h"

enum { TOPIC_COLUMNS = 14 };

void doctor_say(struct doctor *doctor, enum doctor_word word, const char *topic, const char *advice,
                const char *format, ...)
{
    static const char *const words[] = {"ok", "warning", "PROBLEM"};
    va_list args;
    doctor->warnings += word == DOCTOR_WARNING;
    doctor->problems += word == DOCTOR_PROBLEM;
    printf("%-8s %-*s ", words[word], TOPIC_COLUMNS, topic);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    putchar('\n');
    if (advice && *advice)
        printf("%-8s %-*s -> %s\n", "", TOPIC_COLUMNS, "", advice);
    (void)fflush(stdout); /* the next look may take seconds */
}

/* ---- the configuration ----------------------------------------------------------------------- */

static void tell_mistake(void *ctx, const struct error *mistake)
{
    doctor_say(ctx, DOCTOR_PROBLEM, "configuration", "Mend it; `mooring check FILE` says the same.",
               "%s", mistake->text);
}

static void tell_text(void *ctx, const struct error *mistake)
{
    doctor_say(ctx, DOCTOR_PROBLEM, "texts",
               "Mend the file, or take it away: then the installed one counts.", "%s",
               mistake->text);
}

static void look_at_texts(struct doctor *doctor)
{
    struct text *text = NULL;
    if (text_load(doctor->setup->folders, doctor->setup->folder_count, tell_text, doctor, &text) ==
        0)
        doctor_say(doctor, DOCTOR_OK, "texts", NULL, "%s/text: no mistakes",
                   doctor->setup->folders[0]);
    text_destroy(text);
}

static void look_at_configuration(struct doctor *doctor)
{
    const char *path = doctor->arguments->config;
    struct client client; /* however many mistakes stand elsewhere in the file */
    client_load(path, &client);
    (void)snprintf(doctor->state_folder, sizeof doctor->state_folder, "%s", client.state_folder);
    (void)snprintf(doctor->control_socket, sizeof doctor->control_socket, "%s",
                   client.control_socket);
    if (!doctor->zones) {
        doctor_say(doctor, DOCTOR_PROBLEM, "zones", "apt install tzdata",
                   "/usr/share/zoneinfo: the time zones cannot be read");
        return;
    }
    if (setup_load(path, doctor->zones, tell_mistake, doctor, &doctor->setup) < 0)
        return;
    doctor_say(doctor, DOCTOR_OK, "configuration", NULL, "%s: no mistakes", path);
    doctor_say(doctor, DOCTOR_OK, "plugins", NULL, "%s: %zu load", doctor->setup->plugin_folder,
               doctor->setup->plugin_count);
    look_at_texts(doctor);
}

/* ---- the daemon ------------------------------------------------------------------------------ */

static void tell_status(struct doctor *doctor, const json_t *answer)
{
    const json_t *look_at = json_object_get(answer, "look_at");
    const char *version = json_string_value(json_object_get(answer, "version"));
    size_t i;
    json_t *sentence;
    doctor_say(doctor, DOCTOR_OK, "daemon", NULL, "running, and answers (version %s)",
               version ? version : "?");
    if (version && strcmp(version, MOORING_VERSION) != 0)
        doctor_say(doctor, DOCTOR_WARNING, "daemon", "systemctl restart mooring",
                   "this program is version %s: the one that runs is another", MOORING_VERSION);
    json_array_foreach(look_at, i, sentence)
        doctor_say(doctor, DOCTOR_WARNING, "daemon", "`mooring status` shows the whole of it.",
                   "%s", json_string_value(sentence));
}

static void look_at_daemon(struct doctor *doctor)
{
    struct error error = {0};
    AUTO_JSON *answer = NULL;
    struct control_ask ask = {.verb = "status",
                              .configured = str_of(doctor->control_socket),
                              .state_folder = str_of(doctor->state_folder),
                              .silence_ms = 10000};
    int r = control_ask(&ask, &answer, &error);
    if (r >= 0)
        tell_status(doctor, answer);
    else if (r == -EACCES || r == -EPERM)
        doctor_say(doctor, DOCTOR_WARNING, "daemon",
                   "Run mooring doctor as root, or as the bot's own user.", "%s", error.text);
    else if (!doctor->is_running)
        doctor_say(doctor, DOCTOR_WARNING, "daemon",
                   "systemctl start mooring; journalctl -u mooring -n 50", "not running");
    else
        doctor_say(doctor, DOCTOR_PROBLEM, "daemon",
                   "Ask as root or as its own user; if it is silent all the same, systemctl "
                   "restart mooring.",
                   "something holds the state folder, and does not answer: %s", error.text);
}

/* ---- all ------------------------------------------------------------------------------------- */

int command_doctor(const struct arguments *arguments)
{
    struct clock clock;
    clock_init(&clock);
    struct doctor doctor = {
        .arguments = arguments, .zones = zones_create(NULL), .now = clock_wall_at(&clock)};
    look_at_configuration(&doctor);
    doctor_files(&doctor);
    doctor_time(&doctor);
    if (doctor.setup)
        doctor_groups(&doctor);
    if (doctor.setup && !arguments->offline)
        doctor_networks(&doctor);
    look_at_daemon(&doctor);
    printf("\n%zu problem%s, %zu warning%s\n", doctor.problems, doctor.problems == 1 ? "" : "s",
           doctor.warnings, doctor.warnings == 1 ? "" : "s");
    setup_destroy(doctor.setup);
    zones_destroy(doctor.zones);
    return doctor.problems ? 1 : 0;
}
