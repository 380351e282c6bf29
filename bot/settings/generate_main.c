/* SPDX-License-Identifier: MIT */
/* generate_main.c: mooring-generate FILE|MAN [plugin.so ...] writes config/mooring.cfg or
 * mooring.cfg(5) to standard output. */
#include <dlfcn.h>
#include <stdio.h>

#include "settings/settings.h"

enum { PLUGIN_LIMIT = 32, OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024 };

/* The table of one plugin.  The object stays open: the table lies in it. */
static int read_table(const char *path, struct settings_table *ret_table)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        fprintf(stderr, "mooring-generate: %s\n", dlerror());
        return -1;
    }
    const struct mooring_plugin *(*entry)(uint16_t, uint16_t) = NULL;
    void *symbol = dlsym(object, "mooring_plugin_entry");
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from object to function pointer */
    const struct mooring_plugin *plugin = entry ? entry(MOORING_ABI_MAJOR, MOORING_ABI_MINOR)
                                                : NULL;
    if (!MOORING_HAS(plugin, mooring_plugin, options)) {
        fprintf(stderr, "mooring-generate: %s is not a plugin for this version.\n", path);
        return -1;
    }
    *ret_table = (struct settings_table){plugin->name, plugin->options};
    return 0;
}

int main(int count, char **words)
{
    struct settings_table tables[1 + PLUGIN_LIMIT] = {settings_core};
    struct settings_schema schema = {.tables = tables, .table_count = 1};
    bool man = count > 1 && strcmp(words[1], "man") == 0;
    if (count < 2 || count > 2 + PLUGIN_LIMIT || (!man && strcmp(words[1], "file") != 0)) {
        fprintf(stderr, "usage: mooring-generate file|man [plugin.so ...]\n");
        return 2;
    }
    for (int i = 2; i < count; i++) {
        if (read_table(words[i], &tables[schema.table_count]) < 0)
            return 1;
        if (tables[schema.table_count].options)
            schema.table_count++;
    }
    AUTO_BUF out;
    buf_init(&out, OUTPUT_LIMIT_BYTES);
    if (man)
        settings_generate_man(&schema, &out);
    else
        settings_generate_file(&schema, &out);
    bool written = !out.failed && fwrite(out.ptr, 1, out.len, stdout) == out.len &&
                   fflush(stdout) == 0;
    return written ? 0 : 1;
}
