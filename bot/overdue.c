/* SPDX-License-Identifier: MIT */
/* overdue.c: where backups were made and are made no more, the teams hear of it. */
#include "overdue.h"

#include "observe/log.h"
#include "store/backup.h"

enum { FIRST_DAY = 3, AGAIN_DAYS = 7 };

int overdue_tell(struct store *store, struct alerts *alerts)
{
    int64_t at = store_backup_at(store);
    int64_t days = (store_wall_at(store) - at) / CLOCK_DAY_MS;
    if (at == 0 || days < FIRST_DAY || (days - FIRST_DAY) % AGAIN_DAYS != 0)
        return 0;
    const struct mooring_arg args[] = {abi_int("days", days)};
    log_event(LOG_LEVEL_ERROR, "backup_overdue", LOG_INT("days", days));
    return alerts_notice(alerts, "notice.backup-overdue", args, COUNT_OF(args), (struct str){0});
}
