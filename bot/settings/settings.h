/* SPDX-License-Identifier: MIT */
/* settings.h: the configuration file, read into typed and checked values; every mistake names file,
 * line and option. */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include <stdint.h>

#include "base/abi.h"
#include "base/error.h"

/* ---- what may stand in the file: flat tables of struct mooring_option ------------------------ */

/* One table: the core's ("networks", "networks.port" ...) or a plugin's, whose options stand under
 * `prefix` at the top and in each group ("checkin" -> checkin.prompt_at,
 * groups.checkin.prompt_at). */
/* Of a required option, default_text is an example for the generated file and never used as a
 * value. */
struct settings_table {
    const char *prefix;                          /* NULL: the core's */
    const struct mooring_option *const *options; /* ends in NULL */
};
extern const struct settings_table settings_core;

/* How the file's own notion of a valid zone is asked, since settings stand below schedule: true
 * when it is; else false and the nearest valid name, or "". */
typedef bool (*settings_zone_fn)(void *ctx, struct str zone, char *nearest, size_t size);

struct settings_schema {
    const struct settings_table *tables;
    size_t table_count;
    settings_zone_fn zone_known; /* NULL: any */
    void *zone_ctx;
    /* Plugins that could not be loaded, which was told: what their sections hold cannot be known,
     * and is left alone. */
    const char *const *missing;
    size_t missing_count;
};

/* ---- reading --------------------------------------------------------------------------------- */

/* A value in the tree.  Present even where the file says nothing: then it is the default, and line
 * is 0. */
struct settings_node;
struct settings;

/* Every mistake in the file, in its order, not only the first (a syntax error ends the reading). */
typedef void (*settings_mistake_fn)(void *ctx, const struct error *mistake);

/* Reads and checks a file (with its @includes).  0: *ret_settings is new.  -EINVAL: mistakes were
 * told; -ENOENT, -EACCES: told as well. */
int settings_load(const char *path, const struct settings_schema *schema, settings_mistake_fn tell,
                  void *ctx, struct settings **ret_settings) MUST_CHECK;
/* The same of another file, with the options of a table of its own and nothing else. */
int settings_load_plain(const char *path, const struct settings_table *table,
                        settings_mistake_fn tell, void *ctx,
                        struct settings **ret_settings) MUST_CHECK;
void settings_destroy(struct settings *settings);
/* The core's plugins list must be known before the plugins' tables are: reads only that, no checks
 * beyond syntax. */
int settings_peek_texts(const char *path, const char *option,
                        void (*each)(void *ctx, struct str value), void *ctx,
                        struct error *error) MUST_CHECK;
/* The same where the file cannot be parsed, and who asks must know all the same where the bot is:
 * a text in quotes, the option at the beginning of a line.  -ENOENT: none. */
int settings_peek_line(const char *path, const char *option,
                       void (*each)(void *ctx, struct str value), void *ctx) MUST_CHECK;

const struct settings_node *settings_root(const struct settings *settings);
/* Path with dots from `node`: settings_at(root, "metrics.listen").  NULL only for what no table
 * knows. */
const struct settings_node *settings_at(const struct settings_node *node, const char *path);
/* of a list or an array */
size_t settings_count(const struct settings_node *list);
const struct settings_node *settings_item(const struct settings_node *list, size_t index);
/* booleans 0/1, TIME minutes */
int64_t settings_integer(const struct settings_node *node, const char *path);
bool settings_boolean(const struct settings_node *node, const char *path);
/* "" when not set */
struct str settings_text(const struct settings_node *node, const char *path);
/* any scalar or array, as text */
struct str settings_value_text(const struct settings_node *node);
/* A number that changes when anything below `node` does but what is named `except`: FNV-1a, over
 * `mark`. */
uint64_t settings_mark(const struct settings_node *node, const char *except, uint64_t mark);
/* the file says so */
bool settings_is_set(const struct settings_node *node);
/* "mooring.cfg:14" of a node, or "default". */
void settings_where(const struct settings_node *node, struct buf *out);

/* Checks a value typed by a moderator against an option ("checkin.prompt_at", "10:00"): 0, or a
 * sentence. */
int settings_check_value(const struct settings_schema *schema, struct str option, struct str value,
                         struct error *error) MUST_CHECK;
/* full name; NULL */
const struct mooring_option *settings_option(const struct settings_schema *schema,
                                             struct str option);

/* Content files (tips, cards): reads the entry `list` of FILE, whatever else is in it, each record
 * checked against the options named "<list>.<field>" of `table`.  settings_root(*ret_settings) is
 * the list. */
int settings_load_content(const char *path, const struct settings_table *table, const char *list,
                          settings_mistake_fn tell, void *ctx,
                          struct settings **ret_settings) MUST_CHECK;

/* ---- what is generated from the same tables -------------------------------------------------- */

/* config/mooring.cfg */
void settings_generate_file(const struct settings_schema *schema, struct buf *out);
/* mooring.cfg.5 */
void settings_generate_man(const struct settings_schema *schema, struct buf *out);

#endif
