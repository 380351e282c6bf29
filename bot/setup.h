/* SPDX-License-Identifier: MIT */
/* setup.h: a configuration as a whole: the file, the plugins' option tables, where contents lie. */
#ifndef SETUP_H
#define SETUP_H

#include "host/host.h"
#include "schedule/zones.h"

enum {
    SETUP_PLUGINS_MAX = 32,
    SETUP_FOLDERS_MAX = 4,
    SETUP_PATH_BYTES = 1024,
    SETUP_NAME_BYTES = 64
};

struct setup {
    struct settings *settings;
    struct settings_schema schema;
    struct settings_table tables[SETUP_PLUGINS_MAX + 1];
    struct host_peek peeks[SETUP_PLUGINS_MAX];
    char plugin_names[SETUP_PLUGINS_MAX][SETUP_NAME_BYTES];
    const char *missing[SETUP_PLUGINS_MAX]; /* of plugin_names: could not be loaded */
    size_t plugin_count;
    char plugin_folder[SETUP_PATH_BYTES];
    char folder_texts[SETUP_FOLDERS_MAX]
                     [SETUP_PATH_BYTES]; /* the file's own first, then the installed ones */
    const char *folders[SETUP_FOLDERS_MAX];
    size_t folder_count;
    char credentials_folder[SETUP_PATH_BYTES];
};

/* Reads and checks `path`; every mistake is told.  -EINVAL when there was any. */
int setup_load(const char *path, struct zones *zones, settings_mistake_fn tell, void *ctx,
               struct setup **ret_setup) MUST_CHECK;
/* For the daemon: the marker stands while plugins' files are opened; one whose loading takes the
 * process away is passed over, and its sections are left alone. */
int setup_load_marked(const char *path, struct zones *zones, struct marker *marker,
                      settings_mistake_fn tell, void *ctx, struct setup **ret_setup) MUST_CHECK;
/* The state folder alone, before anything else is read: "" when the file cannot say. */
void setup_state_folder(const char *path, char ret_folder[SETUP_PATH_BYTES]);
void setup_destroy(struct setup *setup);
/* A credential's text without the newline at its end.  -ENOENT, -EACCES, -E2BIG with a sentence. */
int setup_credential(const struct setup *setup, struct str name, struct buf *ret_secret,
                     struct error *error) MUST_CHECK;
/* 64 hexadecimal digits, from the credential "master-key".  A sentence. */
int setup_master_key(const struct setup *setup, unsigned char key[32],
                     struct error *error) MUST_CHECK;
/* The credential "master-key-next", which is there only while the master key is changed. */
bool setup_next_key(const struct setup *setup, unsigned char key[32]);

#endif
