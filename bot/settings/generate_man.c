/* SPDX-License-Identifier: MIT */
/* generate_man.c: mooring.cfg(5) from the tables. */
#include <errno.h>

#include "settings/generate.h"

/* Text for groff: nothing in it is a request or an escape. */
static void add_text(struct buf *out, struct str text)
{
    bool line_begins = !out->len || out->ptr[out->len - 1] == '\n';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (line_begins && (c == '.' || c == '\''))
            buf_add_c(out, "\\&");
        line_begins = c == '\n';
        if (c == '\\')
            buf_add_c(out, "\\e");
        else if (c == '-')
            buf_add_c(out, "\\-");
        else if (c == '\'')
            buf_add_c(out, "\\(aq");
        else
            buf_add_byte(out, c);
    }
}

/* "networks[].port" */
static void add_path(struct buf *out, const struct settings_spec *spec)
{
    if (spec->parent && spec->parent->parent) {
        add_path(out, spec->parent);
        if (spec->parent->option.kind == MOORING_OPTION_LIST)
            buf_add_c(out, "[]");
        buf_add_byte(out, '.');
    }
    add_text(out, spec->name);
}

static const char *kind_of(const struct mooring_option *option)
{
    switch ((enum mooring_option_kind)option->kind) {
    case MOORING_OPTION_INTEGER:
        return "number";
    case MOORING_OPTION_BOOLEAN:
        return "true or false";
    case MOORING_OPTION_TEXT:
        return "text";
    case MOORING_OPTION_TIME:
        return "time of day";
    case MOORING_OPTION_ZONE:
        return "time zone";
    case MOORING_OPTION_COUNTRY:
        return "country code";
    case MOORING_OPTION_LANGUAGE:
        return "language tag";
    case MOORING_OPTION_CHOICE:
        return "choice";
    case MOORING_OPTION_INTEGERS:
        return "array of numbers";
    case MOORING_OPTION_TEXTS:
        return "array of texts";
    case MOORING_OPTION_GROUP:
        return "section";
    case MOORING_OPTION_LIST:
        return "list of sections";
    case MOORING_OPTION_KIND_COUNT:
        break;
    }
    return "value";
}

static void add_default(struct buf *out, const struct settings_spec *spec)
{
    AUTO_BUF text;
    buf_init(&text, 8192);
    bool required = settings_spec_is(spec, MOORING_OPTION_REQUIRED);
    bool has_default = spec->option.default_text && spec->option.default_text[0];
    if (required)
        buf_add_c(out, "; required");
    else if (has_default && !settings_spec_is_tree(spec)) {
        settings_generate_value(spec, NULL, &text);
        buf_add_c(out, "; default ");
        add_text(out, buf_str(&text));
    }
}

static void add_option(struct buf *out, const struct settings_spec *spec)
{
    AUTO_BUF help;
    AUTO_BUF range;
    buf_init(&help, 4096);
    buf_init(&range, 4096);
    settings_generate_help(spec, &help);
    settings_generate_range(spec, &range);
    buf_add_c(out, ".TP\n\\fB");
    add_path(out, spec);
    buf_add_format(out, "\\fR (%s", kind_of(&spec->option));
    add_default(out, spec);
    buf_add_c(out, ")\n");
    add_text(out, buf_str(&help));
    if (range.len) {
        buf_add_byte(out, '\n');
        add_text(out, buf_str(&range));
    }
    if (!settings_spec_is_tree(spec) && !settings_spec_is(spec, MOORING_OPTION_FILE_ONLY))
        buf_add_c(out, "\nModerators can change it for their group.");
    buf_add_byte(out, '\n');
}

static void add_options(struct buf *out, const struct settings_spec *parent)
{
    for (const struct settings_spec *child = parent->first; child; child = child->next) {
        if (settings_spec_is_content(child) || child->is_section)
            continue;
        add_option(out, child);
        add_options(out, child);
    }
}

static const char opening[] =
    ".\\\" Generated from the options' tables; edit those.\n"
    ".TH MOORING.CFG 5 \"\" \"Mooring\" \"File formats\"\n"
    ".SH NAME\n"
    "mooring.cfg \\- configuration of mooring(1)\n"
    ".SH DESCRIPTION\n"
    "The file is written in the syntax of libconfig:\n"
    "\\fIname\\fR = \\fIvalue\\fR; with texts in quotes, arrays of values in [ ], sections in { } "
    "and lists of sections in\n"
    "( ).\n"
    "A comment runs from # to the end of its line.\n"
    "A line @include \"\\fIfile\\fR\" draws in another file, found beside the one that names it.\n"
    ".PP\n"
    "Below, [] after a name says that it is a list: \\fBnetworks[].port\\fR is the option "
    "\\fBport\\fR in each section of the\n"
    "list \\fBnetworks\\fR.\n"
    "Times of day are written \"09:00\", time zones \"America/New_York\", countries \"US\", "
    "languages \"en\" or \"es\\-AR\".\n"
    ".PP\n"
    "No secret stands in the file.\n"
    "An option whose name ends in \\fB_credential\\fR names a systemd credential, or a file in "
    "\\fBcredentials_folder\\fR.\n"
    ".PP\n"
    "\\fBmooring check\\fR \\fIfile\\fR tells every mistake with file, line and option.\n"
    ".SH OPTIONS\n";

static const char closing[] =
    ".SH FILES\n"
    ".TP\n\\fI/etc/mooring/mooring.cfg\\fR\nthe configuration\n"
    ".SH EXAMPLE\n"
    "The file installed as an example holds every option with its default.\n"
    ".SH SEE ALSO\n"
    "mooring(1)\n";

static void add_content(struct buf *out, const struct settings_spec *section)
{
    for (const struct settings_spec *list = section->first; list; list = list->next) {
        if (!settings_spec_is_content(list))
            continue;
        buf_add_c(out, ".PP\nIn files of their own, ");
        add_text(out, section->name);
        buf_add_format(out, "/\\fI%s\\fR.cfg, not here:\n",
                       settings_spec_is(list, MOORING_OPTION_BY_COUNTRY) ? "country" : "language");
        add_option(out, list);
        add_options(out, list);
    }
}

void settings_generate_man(const struct settings_schema *schema, struct buf *out)
{
    struct arena arena CLEANUP(arena_done);
    arena_init(&arena, 0);
    const struct settings_spec *root = settings_spec_build(&arena, schema);
    if (!root) {
        out->failed = out->failed ? out->failed : -ENOMEM;
        return;
    }
    buf_add(out, STR(opening));
    add_options(out, root);
    for (const struct settings_spec *section = root->first; section; section = section->next) {
        if (!section->is_section)
            continue;
        buf_add_c(out, ".SS The plugin ");
        add_text(out, section->name);
        buf_add_c(out, "\nThis section may stand at the top, for all groups, and in each of "
                       "\\fBgroups\\fR, for it alone.\n");
        if (settings_spec_own_list(section))
            buf_add_c(out, "A list in its place is the list of its name.\n");
        add_options(out, section);
        add_content(out, section);
    }
    buf_add(out, STR(closing));
}
