/* SPDX-License-Identifier: MIT */
/* die.c: counts how often each point is passed, and ends the process at the one that was asked for.
 * The state is the process's own death, so it is one of the few that are global. */
#include "base/die.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"

static const char *const names[] = {
    [DIE_BODY_RECEIVED] = "body-received",
    [DIE_EVENT_READ] = "event-read",
    [DIE_IN_MID_BATCH] = "in-mid-batch",
    [DIE_IN_PLUGIN] = "in-plugin",
    [DIE_BEFORE_COMMIT] = "before-commit",
    [DIE_AFTER_COMMIT] = "after-commit",
    [DIE_BEFORE_SEND] = "before-send",
    [DIE_SENT_UNCONFIRMED] = "sent-unconfirmed",
    [DIE_CONFIRMATION_UNREAD] = "confirmation-unread",
    [DIE_TIMER_DUE] = "timer-due",
    [DIE_DIALOGUE_STEP] = "dialogue-step",
    [DIE_KEYRING_SLOT] = "keyring-slot",
    [DIE_MIGRATION_HALF] = "migration-half",
    [DIE_BACKUP_HALF] = "backup-half",
    [DIE_PUT_SENT] = "put-sent",
    [DIE_RESPONSE_UNREAD] = "response-unread",
    [DIE_ROOM_CREATED] = "room-created",
    [DIE_TOKEN_REFRESHED] = "token-refreshed",
};
_Static_assert(COUNT_OF(names) == DIE_POINT_COUNT, "each point has a name");

static struct {
    bool armed;
    int64_t at[DIE_POINT_COUNT]; /* the n-th time, from 1 on; 0: never */
    int64_t passed[DIE_POINT_COUNT];
} death;

static int refuse(struct error *error, struct str text)
{
    char list[ERROR_TEXT_BYTES / 2];
    size_t length = 0;
    for (size_t i = 0; i < COUNT_OF(names) && length < sizeof list; i++)
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "",
                                   names[i]);
    return error_set(error, -EINVAL,
                     "--die-at \"%.*s\": needs POINT or POINT:N with N from 1 on; the points are "
                     "%s",
                     STR_ARG(str_upto(text, 64)), list);
}

static int read_one(struct str text, int64_t ats[DIE_POINT_COUNT])
{
    size_t colon = str_find(text, STR(":"), 0);
    struct str name = colon == SIZE_MAX ? text : str_upto(text, colon);
    int64_t at = 1;
    if (colon != SIZE_MAX && number_parse(str_from(text, colon + 1), 1, INT64_MAX, &at) < 0)
        return -EINVAL;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_eq_c(name, names[i]))
            continue;
        ats[i] = at;
        return 0;
    }
    return -EINVAL;
}

int die_arm(const char *text, struct error *error)
{
    struct str rest = str_of(text), one;
    int64_t ats[DIE_POINT_COUNT] = {0};
    do {
        if (!str_split(&rest, ',', &one) || read_one(one, ats) < 0)
            return refuse(error, str_of(text));
    } while (rest.len);
    memcpy(death.at, ats, sizeof ats);
    death.armed = true;
    return 0;
}

/* SIGKILL, not abort or _exit: nothing of the process's own may run after it, as when the machine
 * takes it away. */
void die_here(enum die_point point)
{
    if (!death.armed)
        return;
    if (++death.passed[point] != death.at[point])
        return;
    dprintf(STDERR_FILENO, "mooring dies at %s\n", names[point]);
    (void)kill(getpid(), SIGKILL);
}

void die_report(FILE *out)
{
    for (size_t i = 0; death.armed && i < COUNT_OF(names); i++)
        if (death.passed[i])
            fprintf(out, "%s %lld\n", names[i], (long long)death.passed[i]);
}
