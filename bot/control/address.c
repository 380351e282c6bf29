/* SPDX-License-Identifier: MIT */
/* address.c: where the control socket lies: named, in the runtime folder, or in the state
 * folder. */
#include "control/address.h"

#include <errno.h>
#include <stdlib.h>

static const char file_name[] = "control";

static bool join(struct str folder, char out[CONTROL_PATH_BYTES])
{
    AUTO_BUF path;
    buf_init(&path, CONTROL_PATH_BYTES - 1);
    buf_add(&path, folder);
    buf_add_format(&path, "/%s", file_name);
    return !path.failed && str_to_c(buf_str(&path), out, CONTROL_PATH_BYTES);
}

/* The first, where a unit has several. */
static struct str runtime_folder(void)
{
    struct str folders = str_of(getenv("RUNTIME_DIRECTORY")), first = {0};
    str_split(&folders, ':', &first);
    return first;
}

int control_path(struct str configured, struct str state_folder, char ret_path[CONTROL_PATH_BYTES],
                 struct error *error)
{
    struct str runtime = runtime_folder();
    struct str folder = str_empty(runtime) ? state_folder : runtime;
    bool fits = str_empty(configured) ? join(folder, ret_path)
                                      : str_to_c(configured, ret_path, CONTROL_PATH_BYTES);
    if (!fits)
        return error_set(error, -ENAMETOOLONG,
                         "the control socket's path is too long: %.*s. A socket's path has at most "
                         "%d bytes: name a shorter one with control_socket.",
                         STR_ARG(str_empty(configured) ? folder : configured),
                         CONTROL_PATH_BYTES - 1);
    return 0;
}

bool control_path_guess(struct str configured, struct str state_folder, size_t index,
                        char ret_path[CONTROL_PATH_BYTES])
{
    if (!str_empty(configured))
        return index == 0 && str_to_c(configured, ret_path, CONTROL_PATH_BYTES);
    struct str runtime = runtime_folder();
    struct str folders[] = {state_folder, STR("/run/mooring"), runtime};
    size_t count = COUNT_OF(folders) - (str_empty(runtime) ? 1 : 0);
    /* What does not fit is passed over by an empty path, where nobody listens. */
    if (index < count && !join(folders[index], ret_path))
        ret_path[0] = '\0';
    return index < count;
}
