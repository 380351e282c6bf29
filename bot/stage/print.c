/* SPDX-License-Identifier: MIT */
/* print.c: the transcript: when, where, who, what. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"
#include "stage/stage.h"

#define DIM   "\x1b[2m"
#define BOLD  "\x1b[1m"
#define CYAN  "\x1b[36m"
#define MAUVE "\x1b[35m"
#define PLAIN "\x1b[0m"

static const char *colour(const struct stage *stage, const char *code)
{
    return stage->colours ? code : "";
}

static void format_time(struct stage *stage, char out[32])
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const struct zone *zone;
    struct civil civil;
    if (zones_get(stage->ground.zones, str_of(stage->zone), &zone) < 0 ||
        zone_local_at(zone, clock_wall_at(&stage->ground.clock), &civil) < 0) {
        out[0] = '\0';
        return;
    }
    snprintf(out, 32, "%s %02d:%02d:%02d", days[civil_weekday(&civil) - 1], civil.hour,
             civil.minute, civil.second);
}

/* Columns of a terminal, 0 when what is printed goes elsewhere and lines stay whole. */
static size_t width_of(const struct stage *stage)
{
    struct winsize size;
    bool known = isatty(fileno(stage->out)) && ioctl(fileno(stage->out), TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 60 ? size.ws_col : 0;
}

/* How many bytes of a line fit into so many columns, up to a space where there is one; colour codes
 * take no room. */
static size_t fit(struct str line, size_t columns)
{
    size_t used = 0, space = 0;
    for (size_t at = 0; at < line.len;) {
        if (line.ptr[at] == '\x1b') {
            while (at < line.len && line.ptr[at] != 'm')
                at++;
            at += at < line.len;
            continue;
        }
        if (used++ == columns)
            return space ? space : at;
        if (line.ptr[at] == ' ')
            space = at + 1;
        utf8_next(line, &at);
    }
    return line.len;
}

/* "Mon 09:00:00  harbor          mooring  text", further lines under the first. */
static void print(struct stage *stage, const char *place, const char *speaker, const char *tint,
                  struct str text)
{
    enum { INDENT = 40 };
    char time[32];
    struct str rest = text, line;
    size_t width = width_of(stage), columns = width > INDENT + 20 ? width - INDENT - 1 : SIZE_MAX;
    bool first = true;
    format_time(stage, time);
    if (stage->before_print)
        stage->before_print(stage->before_print_ctx);
    while (str_split(&rest, '\n', &line)) {
        do {
            size_t length = fit(line, columns);
            if (first)
                fprintf(stage->out, "%s%s%s  %s%-16s %-8s%s %.*s\n", colour(stage, DIM), time,
                        colour(stage, PLAIN), colour(stage, tint), place, speaker,
                        colour(stage, PLAIN), STR_ARG(str_upto(line, length)));
            else
                fprintf(stage->out, "%*s%.*s\n", length ? INDENT : 0, "",
                        STR_ARG(str_upto(line, length)));
            line = str_from(line, length);
            first = false;
        } while (line.len);
    }
    fflush(stage->out);
}

void stage_print_said(struct stage *stage, const struct console_said *said)
{
    char place[160];
    AUTO_BUF text;
    buf_init(&text, 256 * 1024);
    if (markdown_render(said->markdown, stage->colours ? MARKDOWN_ANSI : MARKDOWN_PLAIN, &text) < 0)
        return;
    if (str_empty(said->room))
        snprintf(place, sizeof place, "(private: %.*s)", STR_ARG(said->user));
    else
        snprintf(place, sizeof place, "%.*s", STR_ARG(said->room));
    print(stage, place, "mooring", str_empty(said->room) ? MAUVE : CYAN, buf_str(&text));
}

void stage_print_person(struct stage *stage, struct str text)
{
    char place[160];
    if (!stage->echo)
        return;
    if (stage->room[0])
        snprintf(place, sizeof place, "%s", stage->room);
    else
        snprintf(place, sizeof place, "(private: %s)", stage->who);
    print(stage, place, stage->who, BOLD, text);
}

void stage_print_note(struct stage *stage, struct str text)
{
    print(stage, "*", "", DIM, text);
}

void stage_print_peer(struct stage *stage, struct str peer, struct str line, bool from_bot)
{
    char place[160];
    snprintf(place, sizeof place, "peer %.*s", STR_ARG(peer));
    print(stage, place, from_bot ? "<<" : ">>", DIM, line);
}
