/* SPDX-License-Identifier: MIT */
/* profile.c: network profiles: where they lie, what may stand in one. */
#include "chat/irc/profile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fits.h"
#include "base/near.h"

enum { PATH_BYTES = 1024, NAME_BYTES = 64, SENTENCE_BYTES = 400 };

#define OPTION(kind_, name_, flags_, ...)                                                          \
    &(const struct mooring_option)                                                                 \
    {                                                                                              \
        .struct_size = sizeof(struct mooring_option), .kind = MOORING_OPTION_##kind_,              \
        .name = (name_), .flags = (flags_), __VA_ARGS__                                            \
    }
enum { FIXED = MOORING_OPTION_FILE_ONLY };

static const struct mooring_option *const options[] = {
    OPTION(TEXT, "title", FIXED, .max = 60, .help = "What people call the network."),
    OPTION(TEXTS, "networks", FIXED, .min = 1, .max = 64,
           .help = "What such a network calls itself (NETWORK= in numeric 005)."),
    OPTION(TEXTS, "versions", FIXED, .min = 1, .max = 64,
           .help = "How the version of its servers begins (numeric 004)."),
    OPTION(TEXT, "services", FIXED, .max = 200,
           .help = "Who its services are: nick!user@host, * for any run of letters."),
    OPTION(TEXT, "services_to", FIXED, .max = 100,
           .help = "Where they are spoken to: a nick, nick@server, or /NS, a command of the "
                   "server's."),
    OPTION(TEXTS, "recover", FIXED, .min = 1, .max = 100,
           .help = "What is said to them to have a nick back, in this order: {nick} {password}."),
    OPTION(TEXTS, "refuses", FIXED, .min = 1, .max = 100,
           .help = "Words in their answers that mean: of no use to ask again."),
    OPTION(TEXT, "identify", FIXED, .max = 100,
           .help = "What logs in where the server has no SASL: {account} {password}."),
    OPTION(TEXT, "identify_late", FIXED, .max = 100,
           .help = "What is said to them after a login by SASL that came later than the welcome, "
                   "where they do not learn of it by themselves: {account} {password}."),
    OPTION(TEXT, "identified_mode", FIXED, .max = 1,
           .help = "The user mode that tells of a login without SASL."),
    OPTION(TEXT, "account_new", FIXED, .max = 150, .help = "What somebody types for an account."),
    OPTION(TEXT, "account_confirm", FIXED, .max = 150, .help = "What confirms it."),
    OPTION(TEXT, "account_login", FIXED, .max = 150, .help = "What logs in to it."),
    NULL,
};
static const struct settings_table table = {NULL, options};

/* ---- where they lie -------------------------------------------------------------------------- */

/* One name, no path. */
static bool is_name(struct str name)
{
    return !str_empty(name) && name.len < NAME_BYTES && name.ptr[0] != '.' &&
           !str_has_byte(name, '/') && !str_has_byte(name, '\0');
}

static bool find(const char *const *folders, size_t folder_count, struct str name, char *path)
{
    for (size_t i = 0; is_name(name) && i < folder_count; i++) {
        int length = snprintf(path, PATH_BYTES, "%s/networks/%.*s.cfg", folders[i], STR_ARG(name));
        if (length > 0 && length < PATH_BYTES && access(path, R_OK) == 0)
            return true;
    }
    return false;
}

/* A file of the same name in an earlier folder stands for this one. */
static bool is_hidden(const char *const *folders, size_t before, struct str name)
{
    char path[PATH_BYTES];
    return find(folders, before, name, path);
}

void irc_profile_each(const char *const *folders, size_t folder_count,
                      void (*each)(void *ctx, struct str name), void *ctx)
{
    size_t count = 0;
    for (size_t i = 0; i < folder_count; i++) {
        char path[PATH_BYTES];
        int length = snprintf(path, sizeof path, "%s/networks", folders[i]);
        DIR *folder = length > 0 && length < PATH_BYTES ? opendir(path) : NULL;
        if (!folder)
            continue;
        struct dirent *entry = readdir(folder);
        for (; entry && count < IRC_PROFILES_MAX; entry = readdir(folder)) {
            struct str file = str_of(entry->d_name);
            struct str name = str_ends(file, STR(".cfg")) ? str_upto(file, file.len - 4) : STR("");
            if (!is_name(name) || is_hidden(folders, i, name))
                continue;
            count++;
            each(ctx, name);
        }
        closedir(folder);
    }
}

struct search {
    struct near near;
    char best[NAME_BYTES];
    struct buf all;
};

static void offer(void *ctx, struct str name)
{
    struct search *search = ctx;
    struct str before = search->near.best;
    near_offer(&search->near, name);
    if (search->near.best.ptr != before.ptr && str_to_c(name, search->best, sizeof search->best))
        search->near.best = str_of(search->best);
    buf_add_format(&search->all, "%s%.*s", search->all.len ? ", " : "", STR_ARG(name));
}

int irc_profile_unknown(const char *const *folders, size_t folder_count, struct str name,
                        struct error *error)
{
    struct search search = {.near = {.wanted = name}, .all = {.limit = SENTENCE_BYTES}};
    struct str best;
    irc_profile_each(folders, folder_count, offer, &search);
    if (near_found(&search.near, &best))
        error_set(error, -ENOENT, "there is no profile \"%.*s\". Did you mean \"%.*s\"?",
                  STR_ARG(str_upto(name, NAME_BYTES)), STR_ARG(best));
    else
        error_set(error, -ENOENT, "there is no profile \"%.*s\" in networks/. There are: %.*s.",
                  STR_ARG(str_upto(name, NAME_BYTES)), STR_ARG(buf_str(&search.all)));
    buf_done(&search.all);
    return -ENOENT;
}

/* ---- what stands in one ---------------------------------------------------------------------- */

/* The next {word} from *at on; false: none.  One that is never closed is no word that anybody
 * knows:
 * "". */
static bool next_word(struct str line, size_t *at, struct str *ret_before, struct str *ret_word)
{
    size_t open = str_find(line, STR("{"), *at);
    if (open == SIZE_MAX) {
        *ret_before = str_from(line, *at);
        return false;
    }
    size_t end = str_find(line, STR("}"), open);
    *ret_before = str_from(str_upto(line, open), *at);
    *ret_word = end == SIZE_MAX ? STR("") : str_from(str_upto(line, end), open + 1);
    *at = end == SIZE_MAX ? line.len : end + 1;
    return true;
}

static const struct str *word_of(const struct irc_profile_words *words, struct str name)
{
    if (str_eq_c(name, "nick"))
        return &words->nick;
    if (str_eq_c(name, "account"))
        return &words->account;
    return str_eq_c(name, "password") ? &words->password : NULL;
}

static bool is_one_word(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ')
            return false;
    return text.len > 0;
}

int irc_profile_fill(struct str line, const struct irc_profile_words *words, struct buf *out)
{
    size_t at = 0;
    struct str before, name;
    while (next_word(line, &at, &before, &name)) {
        const struct str *value = word_of(words, name);
        if (!value || !is_one_word(*value))
            return -EINVAL;
        buf_add(out, before);
        buf_add(out, *value);
    }
    buf_add(out, before);
    return out->failed;
}

bool irc_profile_needs_password(struct str line)
{
    return str_find(line, STR("{password}"), 0) != SIZE_MAX;
}

struct reading {
    settings_mistake_fn tell;
    void *ctx;
    struct arena *arena;
    int failed;
};

static void mistake(struct reading *reading, const struct settings_node *node, const char *why,
                    struct str what)
{
    struct buf where = {.limit = PATH_BYTES};
    struct error error = {0};
    settings_where(node, &where);
    error_set(&error, -EINVAL, "%.*s: \"%.*s\": %s", STR_ARG(buf_str(&where)), STR_ARG(what), why);
    buf_done(&where);
    if (reading->tell)
        reading->tell(reading->ctx, &error);
    reading->failed = -EINVAL;
}

static struct str keep(struct reading *reading, struct str text)
{
    struct str kept = str_empty(text) ? text : str_keep(reading->arena, text);
    if (text.len && !kept.ptr)
        reading->failed = -ENOMEM;
    return kept;
}

/* What goes to a server stands on one line, and its braces name what we can fill in. */
static void check_line(struct reading *reading, const struct settings_node *node, struct str line)
{
    const struct irc_profile_words any = {STR("n"), STR("a"), STR("p")};
    struct buf filled = {.limit = PATH_BYTES};
    if (str_has_byte(line, '\n') || str_has_byte(line, '\r'))
        mistake(reading, node, "this is one line that is sent to the server.", line);
    else if (irc_profile_fill(line, &any, &filled) == -EINVAL)
        mistake(reading, node, "in braces only {nick}, {account} and {password} are known.", line);
    buf_done(&filled);
}

static struct irc_profile_list read_list(struct reading *reading, const struct settings_node *root,
                                         const char *name, bool is_sent)
{
    const struct settings_node *list = settings_at(root, name);
    struct irc_profile_list out = {.count = 0};
    for (size_t i = 0; i < settings_count(list); i++) {
        const struct settings_node *item = settings_item(list, i);
        struct str text = settings_value_text(item);
        if (i == IRC_PROFILE_LINES_MAX) {
            mistake(reading, item, "these are more than 8.", text);
            break;
        }
        if (is_sent)
            check_line(reading, item, text);
        out.items[out.count++] = keep(reading, text);
    }
    return out;
}

static struct str read_text(struct reading *reading, const struct settings_node *root,
                            const char *name)
{
    return keep(reading, settings_text(root, name));
}

/* nick!user@host */
static void check_mask(struct reading *reading, const struct settings_node *root)
{
    struct str mask = settings_text(root, "services");
    size_t user = str_find(mask, STR("!"), 0), host = str_find(mask, STR("@"), 0);
    if (mask.len && (user == SIZE_MAX || host == SIZE_MAX || host < user || !is_one_word(mask)))
        mistake(reading, settings_at(root, "services"), "write it as nick!user@host.", mask);
    struct str to = settings_text(root, "services_to");
    if (to.len && !is_one_word(to))
        mistake(reading, settings_at(root, "services_to"), "this is one word.", to);
}

static void check_login(struct reading *reading, const struct settings_node *root, const char *name,
                        const struct irc_profile *profile, struct str line)
{
    check_line(reading, settings_at(root, name), line);
    if (irc_profile_needs_password(line) && !irc_profile_is_safe(profile))
        mistake(reading, settings_at(root, name),
                "a password goes only where the server sees to it that services get it: "
                "services_to = \"nick@server\" or \"/NS\".",
                line);
}

static struct irc_profile read_all(struct reading *reading, const struct settings_node *root)
{
    struct str mode = settings_text(root, "identified_mode");
    struct irc_profile profile = {
        .title = read_text(reading, root, "title"),
        .networks = read_list(reading, root, "networks", false),
        .versions = read_list(reading, root, "versions", false),
        .services = read_text(reading, root, "services"),
        .services_to = read_text(reading, root, "services_to"),
        .recover = read_list(reading, root, "recover", true),
        .refuses = read_list(reading, root, "refuses", false),
        .identify = read_text(reading, root, "identify"),
        .identify_late = read_text(reading, root, "identify_late"),
        .identified_mode = mode.len ? mode.ptr[0] : '\0',
        .account_new = read_text(reading, root, "account_new"),
        .account_confirm = read_text(reading, root, "account_confirm"),
        .account_login = read_text(reading, root, "account_login"),
    };
    check_mask(reading, root);
    check_login(reading, root, "identify", &profile, profile.identify);
    check_login(reading, root, "identify_late", &profile, profile.identify_late);
    return profile;
}

int irc_profile_read(const char *const *folders, size_t folder_count, struct str name,
                     settings_mistake_fn tell, void *ctx, struct arena *arena,
                     struct irc_profile *ret_profile)
{
    char path[PATH_BYTES];
    struct reading reading = {.tell = tell, .ctx = ctx, .arena = arena};
    struct settings *settings = NULL;
    if (!find(folders, folder_count, name, path))
        return -ENOENT;
    int r = settings_load_plain(path, &table, tell, ctx, &settings);
    if (r < 0)
        return r;
    struct irc_profile profile = read_all(&reading, settings_root(settings));
    profile.name = keep(&reading, name);
    settings_destroy(settings);
    if (reading.failed)
        return reading.failed;
    *ret_profile = profile;
    return 0;
}

/* ---- who is who ------------------------------------------------------------------------------ */

/* Solanum, hybrid, InspIRCd and Unreal take "nick@server" to that server alone; "/NS" is what the
 * server's own configuration says. */
bool irc_profile_is_safe(const struct irc_profile *profile)
{
    return str_starts(profile->services_to, STR("/")) || str_has_byte(profile->services_to, '@');
}

bool irc_profile_is_services(const struct irc_profile *profile, struct str nick, struct str user,
                             struct str host)
{
    struct str mask = profile->services;
    size_t bang = str_find(mask, STR("!"), 0), at = str_find(mask, STR("@"), 0);
    if (bang == SIZE_MAX || at == SIZE_MAX || at < bang)
        return false;
    struct str at_host = str_from(mask, at + 1);
    if (str_has_byte(at_host, '*') || str_empty(host)) /* any host: anybody */
        return false;
    return fits(nick, str_upto(mask, bang)) && fits(user, str_from(str_upto(mask, at), bang + 1)) &&
           fits(host, at_host);
}
