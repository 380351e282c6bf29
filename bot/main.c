/* SPDX-License-Identifier: MIT */
/* main.c: the sub-commands, as a table. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/die.h"
#include "base/near.h"
#include "libraries.h"
#include "main.h"
#include "observe/log.h"
#include "safety/detect.h"
#include "stage/stage.h"

#define DEFAULT_CONFIG MOORING_SYSCONFDIR "/mooring/mooring.cfg"

void main_print_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    fprintf(stderr, "%s\n", mistake->text);
}

/* ---- short ones ------------------------------------------------------------------------------ */

static int command_console(const struct arguments *arguments)
{
    struct stage stage;
    int code = 1;
    log_set_level(LOG_LEVEL_WARNING);
    if (stage_open(&stage, arguments->config, arguments->state, stdout) >= 0)
        code = arguments->script ? stage_play_file(&stage, arguments->script)
                                 : stage_prompt(&stage);
    stage_close(&stage);
    return code;
}

static int command_check(const struct arguments *arguments)
{
    const char *path = arguments->words[0];
    if (arguments->word_count != 1)
        return MAIN_USAGE;
    struct setup *setup;
    struct zones *zones = zones_create(NULL);
    int r = zones ? setup_load(path, zones, main_print_mistake, NULL, &setup) : -ENOMEM;
    if (r >= 0) {
        printf("%s: no mistakes\n", path);
        setup_destroy(setup);
    }
    zones_destroy(zones);
    return r < 0 ? 1 : 0;
}

static int command_detect(const struct arguments *arguments)
{
    (void)arguments;
    return detect_stream(stdin, stdout) < 0 ? 1 : 0;
}

static int command_version(const struct arguments *arguments)
{
    (void)arguments;
    printf("mooring %s\n", MOORING_VERSION);
    return 0;
}

static int command_help(const struct arguments *arguments);

/* ---- the table ------------------------------------------------------------------------------- */

struct command {
    const char *name;
    int (*run)(const struct arguments *arguments);
    size_t words_max;  /* how many words may follow */
    const char *usage; /* after the name; NULL: not listed */
    const char *does;  /* what it does, in a line */
};

static const struct command commands[] = {
    {"run", command_run, 0, "[--config FILE]", "the daemon (" DEFAULT_CONFIG ")"},
    {"console", command_console, 0, "[--config FILE] [--script FILE] [--state FOLDER]",
     "play everyone yourself; a script plays by itself (- is standard input)"},
    {"check", command_check, 1, "FILE", "every mistake in a configuration"},
    {"detect", command_detect, 0, "",
     "reads JSON lines with texts, prints what the crisis reading says"},
    {"key", command_key, 2, "new FILE", "a new master key"},
    {"key", command_key, 2, "rotate [FILE] [--config FILE]",
     "a new master key in place of the one in FILE, also while the daemon runs"},
    {"key", command_key, 2, "print FILE", "the key on paper, for a sealed envelope"},
    {"key", command_key, 2, "read FILE", "types it in again"},
    {"backup", command_backup, 1,
     "[--keep N] [--keyring FILE] [--force] [FOLDER|FILE] [--config FILE]",
     "a copy of the daemon's database, read back and opened; by a timer: mooring backup --keep 14 "
     "/var/backups/mooring"},
    {"restore", command_restore, 1, "FILE [--config FILE] [--key FILE]",
     "goes back to a backup, also while the daemon runs"},
    {"login", command_login, 1, "NETWORK [--config FILE] [--key FILE]",
     "lets the bot in on a Matrix network: by a browser, or anew with what its credential holds"},
    {"reload", ask_reload, 0, "[--config FILE]",
     "has the daemon read its configuration again: all of it, or nothing"},
    {"doctor", command_doctor, 0, "[--config FILE] [--offline]",
     "looks at everything, and says what is wrong and what to do"},
    {"selftest", ask_selftest, 0, "[--config FILE]",
     "has the running bot try the way from a call for help to a person; nobody is written to"},
    {"status", ask_status, 0, "[--config FILE] [--json]",
     "how the running bot is, and what to look at"},
    {"version", command_version, 0, "", "which version this is"},
    {"help", command_help, 0, "", "this list"},
    {"--version", command_version, 0, NULL, NULL},
    {"--help", command_help, 0, NULL, NULL},
};

enum { USAGE_COLUMN = 43 };

/* Of one command, or of all (`name` NULL). */
static int print_usage(FILE *out, const char *name)
{
    fputs(name ? "usage: mooring ...\n" : "usage: mooring COMMAND\n", out);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        const struct command *command = &commands[i];
        char left[96];
        if (!command->usage || (name && strcmp(name, command->name) != 0))
            continue;
        snprintf(left, sizeof left, "%s %s", command->name, command->usage);
        if (strlen(left) <= USAGE_COLUMN)
            fprintf(out, "  %-*s  %s\n", USAGE_COLUMN, left, command->does);
        else /* its explanation has a line of its own */
            fprintf(out, "  %s\n  %*s  %s\n", left, USAGE_COLUMN, "", command->does);
    }
    return out == stdout ? 0 : MAIN_USAGE;
}

static int command_help(const struct arguments *arguments)
{
    (void)arguments;
    return print_usage(stdout, NULL);
}

static int no_such_command(const char *name)
{
    struct near near = {.wanted = str_of(name)};
    struct str best;
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        near_offer(&near, str_of(commands[i].name));
    bool found = near_found(&near, &best);
    if (!found)
        best = STR("");
    fprintf(stderr, "mooring: there is no command %s.%s%.*s%s `mooring help` lists them.\n", name,
            found ? " Did you mean " : "", STR_ARG(best), found ? "?" : "");
    return MAIN_USAGE;
}

/* ---- the command line ------------------------------------------------------------------------ */

static int parse(int argc, char **argv, size_t words_max, struct arguments *arguments)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"script", required_argument, NULL, 's'},
                                            {"state", required_argument, NULL, 'f'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"offline", no_argument, NULL, 'o'},
                                            {"keyring", required_argument, NULL, 'r'},
                                            {"keep", required_argument, NULL, 'n'},
                                            {"key", required_argument, NULL, 'k'},
                                            {"force", no_argument, NULL, 'F'},
#ifdef MOORING_FAULTS
                                            {"die-at", required_argument, NULL, 'd'},
#endif
                                            {NULL, 0, NULL, 0}};
    for (int option = getopt_long(argc, argv, "c:s:f:", options, NULL); option != -1;
         option = getopt_long(argc, argv, "c:s:f:", options, NULL)) {
        switch (option) {
        case 'c':
            arguments->config = optarg;
            break;
        case 's':
            arguments->script = optarg;
            break;
        case 'f':
            arguments->state = optarg;
            break;
        case 'j':
            arguments->json = true;
            break;
        case 'o':
            arguments->offline = true;
            break;
        case 'r':
            arguments->keyring = optarg;
            break;
        case 'n':
            arguments->keep = optarg;
            break;
        case 'k':
            arguments->key = optarg;
            break;
        case 'F':
            arguments->force = true;
            break;
        case 'd': /* known to development builds alone */
            arguments->die_at = optarg;
            break;
        default:
            return -EINVAL;
        }
    }
    for (; optind < argc && arguments->word_count < MIN_OF(words_max, (size_t)MAIN_WORDS_MAX);
         optind++)
        arguments->words[arguments->word_count++] = argv[optind];
    return optind < argc ? -EINVAL : 0;
}

#ifdef __SANITIZE_ADDRESS__
/* The leak check attaches to the process, at its end: registered after it, this runs before it. */
static void be_dumpable(void)
{
    prctl(PR_SET_DUMPABLE, 1);
}
#endif

/* What a member typed must never lie in a core file.  The limit is not asked where cores go to a
 * program (core(5), "|/usr/lib/systemd/systemd-coredump"); the flag is. */
static void no_cores(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
#ifdef __SANITIZE_ADDRESS__
    atexit(be_dumpable);
#endif
}

#ifdef MOORING_FAULTS
/* How often each point was passed, for who looks for the next number to die at. */
static void report_passed(void)
{
    die_report(stderr);
}

static int arm_death(const char *die_at)
{
    struct error error = {0};
    if (die_at && (die_arm(die_at, &error) < 0 || atexit(report_passed) != 0)) {
        fprintf(stderr, "mooring: %s\n", error.text);
        return -EINVAL;
    }
    return 0;
}
#else
static int arm_death(const char *die_at)
{
    (void)die_at;
    return 0;
}
#endif

int main(int argc, char **argv)
{
    struct arguments arguments = {.config = DEFAULT_CONFIG};
    no_cores();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error, no end */
    struct error error = {0};
    if (libraries_init(&error) < 0) {
        fprintf(stderr, "mooring: %s\n", error.text);
        return 1;
    }
    for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        int code = MAIN_USAGE;
        if (argc == 3 && strcmp(argv[2], "--help") == 0)
            return print_usage(stdout, argv[1]);
        if (parse(argc - 1, argv + 1, commands[i].words_max, &arguments) == 0)
            code = arm_death(arguments.die_at) < 0 ? 1 : commands[i].run(&arguments);
        return code == MAIN_USAGE ? print_usage(stderr, argv[1]) : code;
    }
    return argc > 1 ? no_such_command(argv[1]) : print_usage(stderr, NULL);
}
