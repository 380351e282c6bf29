/* SPDX-License-Identifier: MIT */
/* generate.c: config/mooring.cfg from the tables: every option with its help, most of them
 * commented out. */
#include "settings/generate.h"

#include <errno.h>
#include <inttypes.h>

#include "base/ascii.h"

enum { COLUMNS = 100, INDENT = 2 };

/* What stands in the file as an example, besides what is required.  A tree has no value. */
struct example {
    const char *name, *value;
};
static const struct example examples[] = {
    {"networks", NULL},
    {"networks.host", "irc.libera.chat"},
    {"networks.nicks", "harbor-bot, harbor-bot_"},
    {"networks.realname", "Peer-support bot. Contact: mara"},
    {"groups", NULL},
    {"groups.title", "Harbor evening IOP"},
    {"groups.country", "US"},
    {"groups.alert_room", NULL},
    {"groups.moderators", NULL},
    {"groups.moderators.account", "mara"},
};

static const struct example *example_of(const struct settings_spec *spec)
{
    for (size_t i = 0; spec->option.name && i < COUNT_OF(examples); i++)
        if (strcmp(examples[i].name, spec->option.name) == 0)
            return &examples[i];
    return NULL;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void add_quoted(struct buf *out, struct str text)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_add_byte(out, '\\');
        buf_add_byte(out, text.ptr[i]);
    }
    buf_add_byte(out, '"');
}

static void add_array(struct buf *out, struct str values, bool quoted)
{
    struct str part;
    const char *between = "";
    buf_add_byte(out, '[');
    while (!str_empty(values) && str_split(&values, ',', &part)) {
        buf_add_c(out, between);
        if (quoted)
            add_quoted(out, str_trim(part));
        else
            buf_add(out, str_trim(part));
        between = ", ";
    }
    buf_add_byte(out, ']');
}

/* For an option that cannot be empty and whose table gives neither default nor example. */
static struct str made_up(const struct mooring_option *option)
{
    struct str choices = str_of(option->choices), first;
    bool can_be_empty = option->kind == MOORING_OPTION_TEXTS || option->min <= 0;
    if (!(option->flags & MOORING_OPTION_REQUIRED) && can_be_empty)
        return STR("");
    if (!str_empty(choices) && str_split(&choices, '|', &first))
        return first;
    switch ((enum mooring_option_kind)option->kind) {
    case MOORING_OPTION_TIME:
        return STR("09:00");
    case MOORING_OPTION_ZONE:
        return STR("UTC");
    case MOORING_OPTION_COUNTRY:
        return STR("US");
    case MOORING_OPTION_LANGUAGE:
        return STR("en");
    case MOORING_OPTION_TEXT:
    case MOORING_OPTION_TEXTS:
        return STR("...");
    case MOORING_OPTION_INTEGER:
    case MOORING_OPTION_INTEGERS:
    case MOORING_OPTION_BOOLEAN:
    case MOORING_OPTION_CHOICE:
    case MOORING_OPTION_GROUP:
    case MOORING_OPTION_LIST:
    case MOORING_OPTION_KIND_COUNT:
        break;
    }
    return STR("");
}

void settings_generate_value(const struct settings_spec *spec, const char *example, struct buf *out)
{
    const struct mooring_option *option = &spec->option;
    struct str value = str_of(example ? example : option->default_text);
    if (str_empty(value))
        value = made_up(option);
    switch ((enum mooring_option_kind)option->kind) {
    case MOORING_OPTION_INTEGER:
        if (str_empty(value))
            buf_add_format(out, "%" PRId64, option->min);
        else
            buf_add(out, value);
        return;
    case MOORING_OPTION_BOOLEAN:
        buf_add(out, str_empty(value) ? STR("false") : value);
        return;
    case MOORING_OPTION_INTEGERS:
    case MOORING_OPTION_TEXTS:
        add_array(out, value, option->kind == MOORING_OPTION_TEXTS);
        return;
    case MOORING_OPTION_TEXT:
    case MOORING_OPTION_TIME:
    case MOORING_OPTION_ZONE:
    case MOORING_OPTION_COUNTRY:
    case MOORING_OPTION_LANGUAGE:
    case MOORING_OPTION_CHOICE:
    case MOORING_OPTION_GROUP:
    case MOORING_OPTION_LIST:
    case MOORING_OPTION_KIND_COUNT:
        break;
    }
    add_quoted(out, value);
}

void settings_generate_range(const struct settings_spec *spec, struct buf *out)
{
    const struct mooring_option *option = &spec->option;
    bool number = option->kind == MOORING_OPTION_INTEGER || option->kind == MOORING_OPTION_INTEGERS;
    bool has_unit = option->unit && option->unit[0];
    if (number && (option->min || option->max))
        buf_add_format(out, "From %" PRId64 " to %" PRId64 "%s%s.", option->min, option->max,
                       has_unit ? " " : "", has_unit ? option->unit : "");
    else if (number && has_unit)
        buf_add_format(out, "In %s.", option->unit);
    if (!option->choices || !option->choices[0])
        return;
    struct str rest = str_of(option->choices), choice;
    const char *between = option->kind == MOORING_OPTION_TEXTS ? "Any of " : "One of ";
    while (str_split(&rest, '|', &choice)) {
        buf_add_c(out, between);
        buf_add(out, choice);
        between = ", ";
    }
    buf_add_byte(out, '.');
}

void settings_generate_help(const struct settings_spec *spec, struct buf *out)
{
    struct str help = str_trim(str_of(spec->option.help));
    if (str_empty(help))
        return;
    char first = help.ptr[0];
    buf_add_byte(out, ascii_is_small(first) ? (char)(first - 'a' + 'A') : first);
    buf_add(out, str_from(help, 1));
    if (!strchr(".!?:", help.ptr[help.len - 1]))
        buf_add_byte(out, '.');
}

/* ---- the file -------------------------------------------------------------------------------- */

struct writer {
    struct buf *out;
    size_t indent;
    bool commented; /* inside a tree that is commented out: so is all within */
};

static void add_indent(const struct writer *writer)
{
    for (size_t i = 0; i < writer->indent; i++)
        buf_add_byte(writer->out, ' ');
}

/* "# " and words, wrapped. */
static void add_prose(const struct writer *writer, struct str text)
{
    struct str word;
    size_t column = 0;
    while (str_word(&text, &word)) {
        if (column == 0 || column + 1 + word.len > COLUMNS) {
            if (column > 0)
                buf_add_byte(writer->out, '\n');
            add_indent(writer);
            buf_add_byte(writer->out, '#');
            column = writer->indent + 1;
        }
        buf_add_byte(writer->out, ' ');
        buf_add(writer->out, word);
        column += 1 + word.len;
    }
    buf_add_byte(writer->out, '\n');
}

static void begin_code(const struct writer *writer, bool live)
{
    add_indent(writer);
    if (!live)
        buf_add_byte(writer->out, '#');
}

static void add_help(const struct writer *writer, const struct settings_spec *spec)
{
    AUTO_BUF text;
    buf_init(&text, 4096);
    settings_generate_help(spec, &text);
    buf_add_byte(&text, ' ');
    settings_generate_range(spec, &text);
    if (settings_spec_is(spec, MOORING_OPTION_REQUIRED))
        buf_add_c(&text, " Required.");
    if (!str_empty(str_trim(buf_str(&text))))
        add_prose(writer, buf_str(&text));
}

static void add_spec(struct writer *writer, const struct settings_spec *spec);

static void add_members(struct writer *writer, const struct settings_spec *spec)
{
    bool first = true, sections = false;
    for (const struct settings_spec *child = spec->first; child; child = child->next) {
        sections |= child->is_section;
        if (settings_spec_is_content(child) || child->is_section)
            continue;
        if (!first && writer->indent <= 2 * INDENT)
            buf_add_byte(writer->out, '\n');
        add_spec(writer, child);
        first = false;
    }
    if (!sections)
        return;
    AUTO_BUF note;
    buf_init(&note, 4096);
    buf_add_c(&note, "The plugins' sections may stand here as well, for this group alone:");
    for (const struct settings_spec *child = spec->first; child; child = child->next)
        if (child->is_section)
            buf_add_format(&note, " %.*s%s", STR_ARG(child->name),
                           child->next ? "," : ". They are described below.");
    buf_add_byte(writer->out, '\n');
    add_prose(writer, buf_str(&note));
}

static void add_scalar(const struct writer *writer, const struct settings_spec *spec)
{
    const struct example *example = example_of(spec);
    bool live = !writer->commented && (example || settings_spec_is(spec, MOORING_OPTION_REQUIRED));
    begin_code(writer, live);
    buf_add_format(writer->out, "%.*s = ", STR_ARG(spec->name));
    settings_generate_value(spec, example ? example->value : NULL, writer->out);
    buf_add_c(writer->out, ";\n");
}

static void add_tree(struct writer *writer, const struct settings_spec *spec)
{
    bool list = spec->option.kind == MOORING_OPTION_LIST;
    bool outer = writer->commented;
    bool live = !outer && (example_of(spec) || settings_spec_is(spec, MOORING_OPTION_REQUIRED));
    writer->commented = !live;
    begin_code(writer, live);
    buf_add_format(writer->out, "%.*s = %s\n", STR_ARG(spec->name), list ? "(" : "{");
    writer->indent += INDENT;
    if (list) {
        begin_code(writer, live);
        buf_add_c(writer->out, "{\n");
        writer->indent += INDENT;
    }
    add_members(writer, spec);
    if (list) {
        writer->indent -= INDENT;
        begin_code(writer, live);
        buf_add_c(writer->out, "}\n");
    }
    writer->indent -= INDENT;
    begin_code(writer, live);
    buf_add_c(writer->out, list ? ");\n" : "};\n");
    writer->commented = outer;
}

static void add_spec(struct writer *writer, const struct settings_spec *spec)
{
    add_help(writer, spec);
    if (settings_spec_is_tree(spec))
        add_tree(writer, spec);
    else
        add_scalar(writer, spec);
}

/* `meetings = ( ... )` where the list is all there is; else the section. */
static void add_section(struct writer *writer, const struct settings_spec *section)
{
    const struct settings_spec *list = settings_spec_own_list(section);
    bool list_only = list && section->child_count == 1;
    size_t here = 0;
    for (const struct settings_spec *child = section->first; child; child = child->next)
        here += !settings_spec_is_content(child);
    if (here == 0)
        return;
    buf_add_byte(writer->out, '\n');
    buf_add_format(writer->out,
                   "# ---- the plugin %.*s: here for all groups, in a group for it alone ----\n\n",
                   STR_ARG(section->name));
    add_spec(writer, list_only ? list : section);
}

static const char opening[] = "# Mooring's configuration, with every option there is.\n"
                              "#\n"
                              "# Lines that begin with # and a space explain. Where # stands right "
                              "before an option, what follows\n"
                              "# is its default (or, in a section that is not needed, an example): "
                              "remove the # to change it. The\n"
                              "# rest is an example to make your own. `mooring check FILE` "
                              "explains each mistake; mooring.cfg(5)\n"
                              "# describes every option.\n"
                              "#\n"
                              "# No secret stands here. An option whose name ends in _credential "
                              "names a systemd credential, or a\n"
                              "# file in credentials_folder when the bot is run by hand. Other "
                              "files can be drawn in by a line such\n"
                              "# as @include \"more.cfg\".\n"
                              "\n";

void settings_generate_file(const struct settings_schema *schema, struct buf *out)
{
    struct arena arena CLEANUP(arena_done);
    arena_init(&arena, 0);
    const struct settings_spec *root = settings_spec_build(&arena, schema);
    if (!root) {
        out->failed = out->failed ? out->failed : -ENOMEM;
        return;
    }
    struct writer writer = {.out = out};
    buf_add(out, STR(opening));
    bool first = true;
    for (const struct settings_spec *child = root->first; child; child = child->next) {
        if (child->is_section)
            continue;
        if (!first)
            buf_add_byte(out, '\n');
        add_spec(&writer, child);
        first = false;
    }
    for (const struct settings_spec *child = root->first; child; child = child->next)
        if (child->is_section)
            add_section(&writer, child);
}
