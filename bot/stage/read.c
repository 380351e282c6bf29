/* SPDX-License-Identifier: MIT */
/* read.c: where the lines come from: a script, a pipe, or a person at a terminal. */
#include <errno.h>
#include <histedit.h>
#include <stdlib.h>
#include <unistd.h>

#include "stage/stage.h"

/* ---- a script -------------------------------------------------------------------------------- */

int stage_play_file(struct stage *stage, const char *path)
{
    bool from_stdin = strcmp(path, "-") == 0;
    FILE *file = from_stdin ? stdin : fopen(path, "re");
    if (!file) {
        fprintf(stderr, "mooring: %s: %s\n", path, strerror(errno));
        return 1;
    }
    char *line = NULL;
    size_t size = 0, number = 0;
    int code = 0;
    stage->echo = true;
    stage->colours = isatty(fileno(stage->out)) && !getenv("NO_COLOR");
    for (ssize_t length = getline(&line, &size, file); length >= 0 && code == 0 && !stage->quit;
         length = getline(&line, &size, file)) {
        struct error error = {0};
        number++;
        if (stage_play(stage, (struct str){line, (size_t)length}, &error) < 0) {
            fprintf(stderr, "%s:%zu: %s\n", path, number, error.text);
            code = 1;
        }
    }
    free(line); /* getline took it from the C library */
    if (!from_stdin)
        fclose(file);
    return code;
}

/* ---- a person -------------------------------------------------------------------------------- */

struct prompt {
    struct stage *stage;
    EditLine *edit;
    History *history;
    struct loop_fd *watch;
    bool readable, reading;
    char text[256];
};

/* "ana@harbor 08:55" */
static void add_where(struct stage *stage, struct buf *out)
{
    const struct zone *zone;
    struct civil civil = {0};
    clock_refresh(&stage->ground.clock);
    if (zones_get(stage->ground.zones, str_of(stage->zone), &zone) == 0 &&
        zone_local_at(zone, clock_wall_at(&stage->ground.clock), &civil) == 0)
        buf_add_format(out, "%02d:%02d ", civil.hour, civil.minute);
    buf_add_format(out, "%s@%s", stage->who, stage->room[0] ? stage->room : "private");
}

static char *show_prompt(EditLine *edit)
{
    struct prompt *prompt = NULL;
    el_get(edit, EL_CLIENTDATA, &prompt);
    return prompt->text;
}

static void readable(void *ctx, unsigned events)
{
    (void)events;
    ((struct prompt *)ctx)->readable = true;
}

/* While the person types, the bot lives: the loop runs until there is something to read. */
static int read_wide(EditLine *edit, wchar_t *ret_char)
{
    struct prompt *prompt = NULL;
    el_get(edit, EL_CLIENTDATA, &prompt);
    unsigned char bytes[8];
    size_t have = 0;
    for (;;) {
        prompt->readable = false;
        if (loop_fd_set(prompt->watch, LOOP_READABLE) < 0)
            return -1;
        while (!prompt->readable)
            loop_wait(prompt->stage->ground.loop);
        if (loop_fd_set(prompt->watch, 0) < 0)
            return -1;
        ssize_t got = read(STDIN_FILENO, &bytes[have], 1);
        if (got <= 0)
            return (int)got;
        have++;
        mbstate_t state = {0};
        size_t used = mbrtowc(ret_char, (const char *)bytes, have, &state);
        if (used != (size_t)-2)
            return used == (size_t)-1 ? -1 : 1;
        if (have == sizeof bytes)
            return -1;
    }
}

static void out_of_the_way(void *ctx)
{
    struct prompt *prompt = ctx;
    if (prompt->reading)
        fputs("\r\x1b[K", prompt->stage->out);
}

static void play_typed(struct prompt *prompt, struct str line)
{
    struct error error = {0};
    if (stage_play(prompt->stage, line, &error) < 0)
        fprintf(prompt->stage->out, "  %s\n", error.text);
}

static int edit_lines(struct prompt *prompt)
{
    while (!prompt->stage->quit) {
        AUTO_BUF where;
        buf_init(&where, sizeof prompt->text - 4);
        add_where(prompt->stage, &where);
        snprintf(prompt->text, sizeof prompt->text, "%s> ", where.ptr ? where.ptr : "");
        int count = 0;
        prompt->reading = true;
        const char *line = el_gets(prompt->edit, &count);
        prompt->reading = false;
        if (!line || count <= 0)
            break;
        HistEvent event;
        if (count > 1)
            history(prompt->history, &event, H_ENTER, line);
        play_typed(prompt, (struct str){line, (size_t)count});
    }
    return 0;
}

static int terminal(struct stage *stage)
{
    struct prompt prompt = {.stage = stage};
    HistEvent event;
    int r = loop_fd_add(stage->ground.loop, STDIN_FILENO, readable, &prompt, &prompt.watch);
    if (r < 0)
        return r;
    prompt.history = history_init();
    prompt.edit = el_init("mooring", stdin, stdout, stderr);
    if (prompt.history && prompt.edit) {
        history(prompt.history, &event, H_SETSIZE, 1000);
        el_set(prompt.edit, EL_CLIENTDATA, &prompt);
        el_set(prompt.edit, EL_PROMPT, show_prompt);
        el_set(prompt.edit, EL_EDITOR, "emacs");
        el_set(prompt.edit, EL_SIGNAL, 1);
        el_set(prompt.edit, EL_HIST, history, prompt.history);
        el_set(prompt.edit, EL_GETCFN, read_wide);
        el_source(prompt.edit, NULL);
        stage->before_print = out_of_the_way;
        stage->before_print_ctx = &prompt;
        r = edit_lines(&prompt);
        stage->before_print = NULL;
    }
    if (prompt.edit)
        el_end(prompt.edit);
    if (prompt.history)
        history_end(prompt.history);
    loop_fd_remove(prompt.watch);
    return r;
}

int stage_prompt(struct stage *stage)
{
    if (!isatty(STDIN_FILENO))
        return stage_play_file(stage, "-");
    stage->colours = isatty(fileno(stage->out)) && !getenv("NO_COLOR");
    stage_print_note(stage, STR("You play everyone here. Say something, or /help. Try: !help"));
    return terminal(stage) < 0 ? 1 : 0;
}
