/* SPDX-License-Identifier: MIT */
/* doctor_files.c: credentials, the state folder, its disk, and what lies there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <sodium.h>

#include "base/number.h"
#include "tools/doctor.h"
#include "store/diagnose.h"

enum {
    LOW_MIB = 512,
    NO_MIB = 64,
    LOW_FILES = 1000,
    SYNCS = 5,
    SLOW_MS = 100,
    VERY_SLOW_MS = 500,
    BACKUP_OLD_HOURS = 36,
    SECRET_BYTES = 4096,
};

/* ---- credentials ----------------------------------------------------------------------------- */

#define CREDENTIAL_HELP                                                                            \
    "With systemd: LoadCredential=NAME:/etc/mooring/NAME in the unit. By hand: a file of that "    \
    "name "                                                                                        \
    "in credentials_folder. `mooring key new FILE` makes a master key."

#define BRING_IT_BACK                                                                              \
    "Bring it back from its copy, or from paper (`mooring key read FILE`). A new key would open "  \
    "nothing of what is stored."

/* A new master key is for a new house alone. */
static const char *help_with(const struct doctor *doctor, const char *name)
{
    char keyring[SETUP_PATH_BYTES + 16];
    (void)snprintf(keyring, sizeof keyring, "%s/keyring", doctor->state_folder);
    bool has_use = strcmp(name, "master-key") == 0 && access(keyring, F_OK) == 0;
    return has_use ? BRING_IT_BACK : CREDENTIAL_HELP;
}

#define AS_ROOT "Run mooring doctor as root, or as the bot's own user."

/* 0; -ENOENT; -EACCES.  Where the daemon would find it; else where systemd has it while the service
 * runs, or the administrator keeps it. */
static int find_credential(const struct doctor *doctor, const char *name,
                           char path[SETUP_PATH_BYTES])
{
    const char *own = doctor->setup ? doctor->setup->credentials_folder : "";
    const char *const folders[] = {own, own[0] ? NULL : getenv("CREDENTIALS_DIRECTORY"),
                                   own[0] ? NULL : "/run/credentials/mooring.service",
                                   own[0] ? NULL : MOORING_SYSCONFDIR "/mooring"};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        if (!folders[i] || !folders[i][0])
            continue;
        (void)snprintf(path, SETUP_PATH_BYTES, "%s/%s", folders[i], name);
        if (access(path, F_OK) == 0)
            return 0;
        if (errno == EACCES)
            return -EACCES;
    }
    (void)snprintf(path, SETUP_PATH_BYTES, "%s", name);
    return -ENOENT;
}

int doctor_credential(const struct doctor *doctor, const char *name, struct buf *ret_secret)
{
    char path[SETUP_PATH_BYTES], bytes[SECRET_BYTES];
    int r = find_credential(doctor, name, path);
    if (r < 0)
        return r;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t length = read(fd, bytes, sizeof bytes);
    close(fd);
    if (length > 0)
        buf_add(ret_secret, str_trim((struct str){bytes, (size_t)length}));
    mem_wipe(bytes, sizeof bytes);
    return ret_secret->failed ? ret_secret->failed : ret_secret->len == 0 ? -ENOENT : 0;
}

static bool is_encrypted(const char *path)
{
    return str_find(str_of(path), STR("/credstore.encrypted/"), 0) != SIZE_MAX;
}

/* True: there, and for its owner alone. */
static bool look_at_credential(struct doctor *doctor, const char *name, char path[SETUP_PATH_BYTES])
{
    struct stat status;
    int r = find_credential(doctor, name, path);
    if (r == -EACCES) {
        doctor_say(doctor, DOCTOR_WARNING, "credentials", AS_ROOT,
                   "%s: its folder cannot be looked into from here", path);
        return false;
    }
    if (r < 0 || stat(path, &status) < 0) {
        doctor_say(doctor, DOCTOR_PROBLEM, "credentials", help_with(doctor, name), "%s: not found",
                   path);
        return false;
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        doctor_say(doctor, DOCTOR_PROBLEM, "credentials", help_with(doctor, name), "%s: %s", path,
                   S_ISREG(status.st_mode) ? "empty" : "no plain file");
    else if (status.st_mode & (S_IRWXG | S_IRWXO) && !is_encrypted(path) &&
             !str_starts(str_of(path), STR("/run/credentials/")))
        doctor_say(doctor, DOCTOR_PROBLEM, "credentials",
                   "chmod 600, and make it root's (or the bot's own user's). Whoever could read it "
                   "may have: consider a new one.",
                   "%s: others can read it (mode %04o)", path, status.st_mode & 07777u);
    else if (access(path, R_OK) < 0)
        doctor_say(doctor, DOCTOR_WARNING, "credentials", AS_ROOT,
                   "%s: there, and cannot be read from here (%s)", path, strerrordesc_np(errno));
    else {
        doctor_say(doctor, DOCTOR_OK, "credentials", NULL, "%s: for its owner alone", path);
        return true;
    }
    return false;
}

/* False: not there, or not a key. */
static bool read_key(struct doctor *doctor, unsigned char key[32])
{
    char path[SETUP_PATH_BYTES], text[128];
    size_t length = 0;
    if (!look_at_credential(doctor, "master-key", path))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    bool is_key = got > 0 &&
                  sodium_hex2bin(key, 32, text, (size_t)got, " \t\r\n", &length, NULL) == 0 &&
                  length == 32;
    mem_wipe(text, sizeof text);
    if (!is_key)
        doctor_say(doctor, DOCTOR_PROBLEM, "key",
                   "Put back the key from its safe place. It is 64 hexadecimal digits, as mooring "
                   "key new writes it.",
                   "%s: not a master key", path);
    return is_key;
}

static void look_at_passwords(struct doctor *doctor)
{
    const struct settings_node *list = settings_at(settings_root(doctor->setup->settings),
                                                   "networks");
    static const char *const options[] = {"sasl.password_credential", "password_credential"};
    for (size_t i = 0; i < settings_count(list); i++)
        for (size_t j = 0; j < COUNT_OF(options); j++) {
            char name[256], path[SETUP_PATH_BYTES];
            const struct settings_node *node = settings_at(settings_item(list, i), options[j]);
            if (node && settings_is_set(node) &&
                str_to_c(settings_text(settings_item(list, i), options[j]), name, sizeof name) &&
                name[0])
                (void)look_at_credential(doctor, name, path);
        }
}

/* ---- the folder ------------------------------------------------------------------------------ */

static const char *network_disk(long type)
{
    switch ((unsigned)type) {
    case NFS_SUPER_MAGIC:
        return "NFS";
    case 0xff534d42u:
    case 0xfe534d42u:
        return "a Windows share";
    case V9FS_MAGIC:
        return "9P";
    case 0x65735546u:
        return "FUSE";
    default:
        return NULL;
    }
}

static void look_at_kind(struct doctor *doctor)
{
    struct statfs disk;
    const char *folder = doctor->state_folder;
    if (statfs(folder, &disk) < 0)
        return;
    if (disk.f_type == TMPFS_MAGIC || disk.f_type == RAMFS_MAGIC)
        doctor_say(doctor, DOCTOR_PROBLEM, "disk", "Name a folder on a real disk (state_folder).",
                   "%s: it lies in memory (tmpfs), and is gone at the next boot", folder);
    else if (network_disk(disk.f_type))
        doctor_say(doctor, DOCTOR_PROBLEM, "disk",
                   "Name a folder on a local disk (state_folder): locks and syncs of a network "
                   "disk cannot be relied on.",
                   "%s: it lies on %s", folder, network_disk(disk.f_type));
}

static void look_at_room(struct doctor *doctor)
{
    struct statvfs disk;
    const char *folder = doctor->state_folder;
    static const char make_room[] =
        "Make room: `du -xh --max-depth=2 / | sort -h | tail`; old backups and logs first. The bot "
        "goes on by itself when there is some.";
    if (statvfs(folder, &disk) < 0)
        return;
    unsigned long long mib = (unsigned long long)disk.f_bavail * disk.f_frsize >> 20;
    unsigned long long files = disk.f_favail;
    bool counts_files = disk.f_files > 0;
    if (disk.f_flag & ST_RDONLY)
        doctor_say(doctor, DOCTOR_PROBLEM, "disk",
                   "dmesg | tail says why (often a disk that fails). When it is sound: mount -o "
                   "remount,rw. The bot goes on by itself.",
                   "%s: the disk is read-only", folder);
    else if (mib < NO_MIB || (counts_files && files == 0))
        doctor_say(doctor, DOCTOR_PROBLEM, "disk", make_room,
                   "%s: the disk is full (%llu MiB, %llu files left)", folder, mib, files);
    else if (mib < LOW_MIB || (counts_files && files < LOW_FILES))
        doctor_say(doctor, DOCTOR_WARNING, "disk", make_room,
                   "%s: %llu MiB and %llu files are left", folder, mib, files);
    else
        doctor_say(doctor, DOCTOR_OK, "disk", NULL, "%s: %llu MiB free", folder, mib);
}

/* Our own files in it: made by another user they would stop the bot, read by others they would
 * tell who is here. */
static void look_at_owners(struct doctor *doctor)
{
    static const char *const names[] = {"mooring.db", "mooring.db-wal", "mooring.db-shm",
                                        "keyring"};
    struct stat folder, file;
    char path[SETUP_PATH_BYTES + 32];
    if (stat(doctor->state_folder, &folder) < 0)
        return;
    if (folder.st_mode & (S_IRWXG | S_IRWXO))
        doctor_say(doctor, DOCTOR_WARNING, "state folder", "chmod 700",
                   "%s: others can look into it (mode %04o)", doctor->state_folder,
                   folder.st_mode & 07777u);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", doctor->state_folder, names[i]);
        if (lstat(path, &file) < 0)
            continue;
        if (file.st_uid != folder.st_uid)
            doctor_say(doctor, DOCTOR_PROBLEM, "state folder",
                       "chown it to the folder's owner (a copy that was put back by root is the "
                       "usual cause).",
                       "%s: it belongs to another user than the folder", path);
        if (file.st_mode & (S_IRWXG | S_IRWXO))
            doctor_say(doctor, DOCTOR_WARNING, "state folder", "chmod 600",
                       "%s: others can read it (mode %04o)", path, file.st_mode & 07777u);
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

/* A slow disk cannot be had for a test: development builds pretend one. */
static int made_slow_ms(void)
{
    int64_t ms = 0;
#ifdef MOORING_FAULTS
    const char *slow = getenv("MOORING_SLOW_SYNC_MS");
    if (slow && number_parse(str_of(slow), 0, 60000, &ms) < 0)
        ms = 0;
#endif
    return (int)ms;
}

/* In milliseconds, the middle of a few; negative errno.  The file never has a name. */
static int time_sync(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    int took[SYNCS], r = fd < 0 ? -errno : 0;
    char page[4096] = {0};
    for (int i = 0; i < SYNCS && r == 0; i++) {
        uint64_t from_ns = clock_precise_ns();
        if (pwrite(fd, page, sizeof page, i * (off_t)sizeof page) != (ssize_t)sizeof page ||
            fsync(fd) < 0)
            r = errno ? -errno : -EIO;
        took[i] = (int)((clock_precise_ns() - from_ns) / 1000000) + made_slow_ms();
        for (int j = i; j > 0 && took[j] < took[j - 1]; j--) {
            int other = took[j];
            took[j] = took[j - 1];
            took[j - 1] = other;
        }
    }
    if (fd >= 0)
        close(fd);
    return r < 0 ? r : took[SYNCS / 2];
}

static void look_at_speed(struct doctor *doctor)
{
    static const char advice[] =
        "Each message waits for it. Look for what else writes there (iotop), and at the disk's "
        "health (smartctl -a); on a virtual machine ask for another kind of disk.";
    int ms = time_sync(doctor->state_folder);
    if (ms == -EACCES || ms == -EPERM)
        doctor_say(doctor, DOCTOR_WARNING, "disk", AS_ROOT, "%s: writing cannot be tried from here",
                   doctor->state_folder);
    else if (ms == -EOPNOTSUPP || ms == -EISDIR)
        doctor_say(doctor, DOCTOR_OK, "disk", NULL, "%s: its speed cannot be tried on this disk",
                   doctor->state_folder);
    else if (ms < 0 && ms != -EROFS && ms != -ENOSPC) /* those were told */
        doctor_say(doctor, DOCTOR_PROBLEM, "disk", "dmesg | tail; smartctl -a",
                   "%s: a trial write does not work (%s)", doctor->state_folder,
                   strerrordesc_np(-ms));
    else if (ms >= SLOW_MS)
        doctor_say(doctor, ms >= VERY_SLOW_MS ? DOCTOR_PROBLEM : DOCTOR_WARNING, "disk", advice,
                   "%s: slow, a sync takes %d ms", doctor->state_folder, ms);
    else if (ms >= 0)
        doctor_say(doctor, DOCTOR_OK, "disk", NULL, "%s: a sync takes %d ms", doctor->state_folder,
                   ms);
}

/* ---- what the store says --------------------------------------------------------------------- */

static void tell_finding(void *ctx, const struct store_finding *finding)
{
    static const enum doctor_word words[] = {[STORE_FINE] = DOCTOR_OK,
                                             [STORE_WARNING] = DOCTOR_WARNING,
                                             [STORE_PROBLEM] = DOCTOR_PROBLEM};
    doctor_say(ctx, words[finding->word], finding->topic, finding->advice.ptr, "%.*s",
               STR_ARG(finding->what));
}

static void look_at_backup(struct doctor *doctor, const struct store_diagnosis *diagnosis)
{
    int64_t hours = (doctor->now - diagnosis->backup_at) / CLOCK_HOUR_MS;
    if (diagnosis->is_new || diagnosis->newest_at == 0)
        return;
    if (diagnosis->backup_at == 0)
        doctor_say(doctor, DOCTOR_WARNING, "backup",
                   "mooring backup FILE; systemctl enable --now mooring-backup.timer makes one "
                   "every night.",
                   "there was never one");
    else if (hours > BACKUP_OLD_HOURS)
        doctor_say(doctor, DOCTOR_WARNING, "backup",
                   "systemctl list-timers 'mooring*'; mooring backup FILE makes one now.",
                   "the last is %lld h old", (long long)hours);
    else
        doctor_say(doctor, DOCTOR_OK, "backup", NULL, "the last is %lld h old", (long long)hours);
}

static void look_at_store(struct doctor *doctor, const unsigned char *key)
{
    struct store_diagnosis diagnosis;
    int r = store_diagnose(doctor->state_folder, key, tell_finding, doctor, &diagnosis);
    if (r < 0) {
        doctor_say(doctor, DOCTOR_WARNING, "state folder", AS_ROOT,
                   "%s: cannot be looked into from here (%s)", doctor->state_folder,
                   strerrordesc_np(-r));
        return;
    }
    doctor->is_running = diagnosis.is_running;
    doctor->newest_at = diagnosis.newest_at;
    if (diagnosis.is_new)
        doctor_say(doctor, DOCTOR_OK, "database", NULL,
                   "%s: nothing there yet; the first start makes it", doctor->state_folder);
    look_at_backup(doctor, &diagnosis);
}

void doctor_files(struct doctor *doctor)
{
    unsigned char key[32];
    struct stat status;
    bool has_key = read_key(doctor, key);
    if (doctor->setup)
        look_at_passwords(doctor);
    if (stat(doctor->state_folder, &status) < 0) {
        doctor_say(doctor, errno == ENOENT ? DOCTOR_WARNING : DOCTOR_PROBLEM, "state folder",
                   "The first start makes it where it may: with systemd, StateDirectory=mooring. "
                   "Look as root.",
                   "%s: %s", doctor->state_folder, strerrordesc_np(errno));
    } else {
        look_at_owners(doctor);
        look_at_kind(doctor);
        look_at_room(doctor);
        look_at_speed(doctor);
        look_at_store(doctor, has_key ? key : NULL);
    }
    mem_wipe(key, sizeof key);
}
