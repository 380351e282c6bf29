/* SPDX-License-Identifier: MIT */
/* nth_faults.c: calls that the executable defines itself come before those of the C library and of
 * the sanitizers, for every library in the process.  Each counts, and does the real thing or fails.
 */
#include "nth_faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PUBLIC       __attribute__((visibility("default")))
#define COUNT(array) (sizeof(array) / sizeof *(array))

enum kind { KIND_ALLOC, KIND_WRITE, KIND_SOCKET, KIND_COUNT };
static const char *const kind_names[KIND_COUNT] = {"alloc", "write", "socket"};

enum { MODULES_MAX = 128, FRAMES_MAX = 24, STACKS_MAX = 1 << 16, SHORT = -1 };

/* Whose calls count: ours (the program, its plugins) and the libraries that promise to survive.
 * Everything else in the process is passed over, each for a reason:
 *   libconfig 1.5   does not look at what malloc gave: each of its own that fails is a crash in it
 *                   (26 of 26 tried); it reads files at the start, at a reload, and a plugin's
 * lists libedit         the console's line editor, which no service has TLS, resolvers  no part of
 * a turn: what they give back is what a closed connection gives glibc itself    dlopen,
 * getaddrinfo, stdio and opendir: the same */
static const char *const counted[] = {"mooring-nth",  "/plugins/",     "libsqlite3",   "libcurl.so",
                                      "libuv.so",     "libjansson.so", "libicuuc",     "libicui18n",
                                      "libsodium.so", "libmd4c",       "libmicrohttpd"};

struct module {
    uintptr_t from, to;
    bool counts;
    char name[48];
};

static struct {
    bool armed;
    enum kind kind, stacks_of;
    bool wants_stacks;
    uint64_t first, last;
    int error;
    const char *report;
    struct module modules[MODULES_MAX];
    atomic_size_t module_count;
    atomic_uint_fast64_t calls[KIND_COUNT], failed;
    char where[4096], marks[512];
    struct {
        uint64_t hash, n;
    } * stacks;
    atomic_flag lock;
} faults = {.lock = ATOMIC_FLAG_INIT};

static _Thread_local unsigned paused;

void nth_pause(void)
{
    paused++;
}

void nth_resume(void)
{
    paused--;
}

void nth_heal(void)
{
    faults.armed = false;
}

void nth_mark(const char *name)
{
    size_t used = strlen(faults.marks);
    snprintf(faults.marks + used, sizeof faults.marks - used, "mark %s", name);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        used = strlen(faults.marks);
        snprintf(faults.marks + used, sizeof faults.marks - used, " %llu%s",
                 (unsigned long long)atomic_load(&faults.calls[i]),
                 i + 1 == KIND_COUNT ? "\n" : "");
    }
}

/* ---- who calls --------------------------------------------------------------------------------
 */

static int note_module(struct dl_phdr_info *info, size_t size, void *ctx)
{
    size_t count = atomic_load(&faults.module_count);
    (void)size, (void)ctx;
    uintptr_t from = UINTPTR_MAX, to = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD)
            continue;
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        from = start < from ? start : from;
        to = start + part->p_memsz > to ? start + part->p_memsz : to;
    }
    for (size_t i = 0; i < count; i++)
        if (faults.modules[i].from == from)
            return 0;
    if (count == MODULES_MAX)
        return 1;
    struct module *module = &faults.modules[count];
    const char *path = info->dlpi_name[0] ? info->dlpi_name : "mooring-nth";
    const char *base = strrchr(path, '/');
    *module = (struct module){.from = from, .to = to};
    snprintf(module->name, sizeof module->name, "%.47s", base ? base + 1 : path);
    for (size_t i = 0; i < COUNT(counted); i++)
        module->counts |= strstr(path, counted[i]) != NULL;
    atomic_store(&faults.module_count, count + 1);
    return 0;
}

static const struct module *find_module(uintptr_t at)
{
    for (size_t i = 0; i < atomic_load(&faults.module_count); i++)
        if (at >= faults.modules[i].from && at < faults.modules[i].to)
            return &faults.modules[i];
    return NULL;
}

/* Plugins come later than the start: looked for when somebody unknown calls. */
static const struct module *module_of(const void *address)
{
    uintptr_t at = (uintptr_t)address;
    const struct module *module = find_module(at);
    if (module)
        return module;
    paused++;
    while (atomic_flag_test_and_set(&faults.lock)) {
    }
    dl_iterate_phdr(note_module, NULL);
    atomic_flag_clear(&faults.lock);
    paused--;
    return find_module(at);
}

/* ---- places -----------------------------------------------------------------------------------
 */

static size_t stack_text(char *out, size_t size)
{
    void *frames[FRAMES_MAX];
    size_t used = 0;
    int count = backtrace(frames, FRAMES_MAX);
    for (int i = 2; i < count && used + 80 < size; i++) {
        const struct module *module = find_module((uintptr_t)frames[i]);
        int length = snprintf(out + used, size - used, "%s+0x%zx\n", module ? module->name : "?",
                              (uintptr_t)frames[i] - (module ? module->from : 0));
        used += length > 0 ? (size_t)length : 0;
    }
    return used;
}

/* The first call from each place: a hash of the innermost frames, wherever the modules were loaded.
 */
static void note_stack(uint64_t n)
{
    enum { DEPTH = 12 };
    void *frames[DEPTH];
    uint64_t hash = 0xcbf29ce484222325ULL;
    paused++;
    int count = backtrace(frames, DEPTH);
    for (int i = 3; i < count; i++) {
        const struct module *module = module_of(frames[i]);
        uint64_t at = (uintptr_t)frames[i] - (module ? module->from : 0);
        hash = (hash ^ at ^ (module ? (uint64_t)module->name[3] << 40 : 0)) * 0x100000001b3ULL;
        hash ^= hash >> 29;
    }
    paused--;
    while (atomic_flag_test_and_set(&faults.lock)) {
    }
    for (size_t i = hash % STACKS_MAX, tries = 0; tries < STACKS_MAX; tries++, i++) {
        i %= STACKS_MAX;
        if (faults.stacks[i].n && faults.stacks[i].hash != hash)
            continue;
        if (!faults.stacks[i].n) {
            faults.stacks[i].hash = hash;
            faults.stacks[i].n = n;
        }
        break;
    }
    atomic_flag_clear(&faults.lock);
}

/* ---- which one fails ----------------------------------------------------------------------------
 */

/* 0: the real thing; else the errno to fail with, or SHORT. */
static int asked(enum kind kind, const void *caller)
{
    if (!faults.armed || paused)
        return 0;
    const struct module *module = module_of(caller);
    if (!module || !module->counts)
        return 0;
    uint64_t n = atomic_fetch_add(&faults.calls[kind], 1) + 1;
    if (faults.wants_stacks && kind == faults.stacks_of)
        note_stack(n);
    if (kind != faults.kind || n < faults.first || n > faults.last)
        return 0;
    if (atomic_fetch_add(&faults.failed, 1) == 0) {
        paused++;
        int kept = errno;
        (void)stack_text(faults.where, sizeof faults.where);
        errno = kept;
        paused--;
    }
    return faults.error;
}
#define ASKED(kind) asked((kind), __builtin_return_address(0))

static int error_of(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {{"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC},         {"EIO", EIO},
                  {"SHORT", SHORT},   {"ECONNRESET", ECONNRESET}, {"ENOBUFS", ENOBUFS},
                  {"EMFILE", EMFILE}, {"EPIPE", EPIPE},           {"ETIMEDOUT", ETIMEDOUT},
                  {"EDQUOT", EDQUOT}};
    for (size_t i = 0; i < COUNT(errors); i++)
        if (strcmp(name, errors[i].name) == 0)
            return errors[i].number;
    return 0;
}

static bool kind_of(const char *name, enum kind *ret_kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(name, kind_names[i]) != 0)
            continue;
        *ret_kind = (enum kind)i;
        return true;
    }
    return false;
}

/* ---- the report ---------------------------------------------------------------------------------
 */

static void report(void)
{
    faults.armed = false;
    FILE *out = faults.report ? fopen(faults.report, "we") : NULL;
    if (!out)
        return;
    for (size_t i = 0; i < KIND_COUNT; i++)
        fprintf(out, "calls %s %llu\n", kind_names[i],
                (unsigned long long)atomic_load(&faults.calls[i]));
    fputs(faults.marks, out);
    fprintf(out, "failed %llu\n", (unsigned long long)atomic_load(&faults.failed));
    for (size_t i = 0; faults.stacks && i < STACKS_MAX; i++)
        if (faults.stacks[i].n)
            fprintf(out, "first %llu\n", (unsigned long long)faults.stacks[i].n);
    fputs("where\n", out);
    fputs(faults.where, out);
    fclose(out);
}

void nth_arm(void)
{
    const char *plan = getenv("MOORING_NTH");
    const char *stacks = getenv("MOORING_NTH_STACKS");
    char kind[16] = "", error[16] = "";
    unsigned long long first = 0, count = 0;
    void *frames[2];
    (void)backtrace(frames, 2); /* it loads the unwinder at its first call */
    if (plan && (sscanf(plan, "%15[a-z]:%llu:%llu:%15[A-Z]", kind, &first, &count, error) != 4 ||
                 !kind_of(kind, &faults.kind) || !error_of(error) || !first)) {
        fprintf(stderr, "mooring-nth: MOORING_NTH=%s is no plan\n", plan);
        exit(2);
    }
    faults.first = plan ? first : UINT64_MAX;
    faults.last = count ? first + count - 1 : UINT64_MAX;
    faults.error = error_of(error);
    faults.report = getenv("MOORING_NTH_REPORT");
    faults.wants_stacks = stacks && kind_of(stacks, &faults.stacks_of);
    if (faults.wants_stacks) {
        faults.stacks = mmap(NULL, STACKS_MAX * sizeof *faults.stacks, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (faults.stacks == MAP_FAILED)
            abort();
    }
    dl_iterate_phdr(note_module, NULL);
    atexit(report);
    faults.armed = true;
}

/* ---- memory: the sanitizer's own functions are the real thing
 * ------------------------------------ */

void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t count, size_t size);
void *__interceptor_realloc(void *old, size_t size);
void *__interceptor_reallocarray(void *old, size_t count, size_t size);
char *__interceptor_strdup(const char *text);
char *__interceptor_strndup(const char *text, size_t size);
int __interceptor_posix_memalign(void **ret_block, size_t align, size_t size);
void *__interceptor_aligned_alloc(size_t align, size_t size);
void *__interceptor_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

PUBLIC void *malloc(size_t size)
{
    return ASKED(KIND_ALLOC) ? no_memory() : __interceptor_malloc(size);
}

PUBLIC void *calloc(size_t count, size_t size)
{
    return ASKED(KIND_ALLOC) ? no_memory() : __interceptor_calloc(count, size);
}

PUBLIC void *realloc(void *old, size_t size)
{
    return ASKED(KIND_ALLOC) ? no_memory() : __interceptor_realloc(old, size);
}

PUBLIC void *reallocarray(void *old, size_t count, size_t size)
{
    return ASKED(KIND_ALLOC) ? no_memory() : __interceptor_reallocarray(old, count, size);
}

PUBLIC char *strdup(const char *text)
{
    return ASKED(KIND_ALLOC) ? no_memory() : __interceptor_strdup(text);
}

PUBLIC char *strndup(const char *text, size_t size)
{
    return ASKED(KIND_ALLOC) ? no_memory() : __interceptor_strndup(text, size);
}

PUBLIC int posix_memalign(void **ret_block, size_t align, size_t size)
{
    return ASKED(KIND_ALLOC) ? ENOMEM : __interceptor_posix_memalign(ret_block, align, size);
}

PUBLIC void *aligned_alloc(size_t align, size_t size)
{
    return ASKED(KIND_ALLOC) ? no_memory() : __interceptor_aligned_alloc(align, size);
}

/* libsodium's locked memory is mapped; SQLite maps the index of its log. */
PUBLIC void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (!ASKED(KIND_ALLOC))
        return __interceptor_mmap(at, size, protection, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

PUBLIC void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (!ASKED(KIND_ALLOC))
        return __interceptor_mmap(at, size, protection, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

/* ---- disk and network: the kernel is the real thing
 * ----------------------------------------------- */

enum fd_kind { FD_OTHER, FD_FILE, FD_SOCKET };

static enum fd_kind fd_kind(int fd)
{
    struct stat status;
    int kept = errno;
    enum fd_kind kind = FD_OTHER;
    if (fd > STDERR_FILENO && fstat(fd, &status) == 0)
        kind = S_ISREG(status.st_mode) ? FD_FILE : S_ISSOCK(status.st_mode) ? FD_SOCKET : FD_OTHER;
    errno = kept;
    return kind;
}

/* What a call on this descriptor fails with; 0: it does not. */
static int io_asked(int fd, const void *caller, bool writes)
{
    if (!faults.armed || paused)
        return 0;
    switch (fd_kind(fd)) {
    case FD_FILE:
        return writes ? asked(KIND_WRITE, caller) : 0;
    case FD_SOCKET:
        return asked(KIND_SOCKET, caller);
    case FD_OTHER:
        break;
    }
    return 0;
}
#define IO_ASKED(fd, writes) io_asked((fd), __builtin_return_address(0), (writes))

static long failed(int error)
{
    errno = error == SHORT ? EIO : error;
    return -1;
}

/* Half is written, and the caller is told so: what it writes next is not our matter. */
static size_t half(int error, size_t size)
{
    return error == SHORT && size > 1 ? size / 2 : size;
}

PUBLIC ssize_t write(int fd, const void *bytes, size_t size)
{
    int error = IO_ASKED(fd, true);
    if (error && (error != SHORT || size < 2))
        return failed(error);
    return syscall(SYS_write, fd, bytes, half(error, size));
}

PUBLIC ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    int error = IO_ASKED(fd, true);
    if (error && (error != SHORT || size < 2))
        return failed(error);
    return syscall(SYS_pwrite64, fd, bytes, half(error, size), at);
}

PUBLIC ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    int error = IO_ASKED(fd, true);
    if (error && (error != SHORT || size < 2))
        return failed(error);
    return syscall(SYS_pwrite64, fd, bytes, half(error, size), at);
}

PUBLIC ssize_t writev(int fd, const struct iovec *parts, int count)
{
    int error = IO_ASKED(fd, true);
    return error ? failed(error) : syscall(SYS_writev, fd, parts, count);
}

PUBLIC int ftruncate64(int fd, off64_t size)
{
    int error = IO_ASKED(fd, true);
    return (int)(error ? failed(error) : syscall(SYS_ftruncate, fd, size));
}

PUBLIC int ftruncate(int fd, off_t size)
{
    int error = IO_ASKED(fd, true);
    return (int)(error ? failed(error) : syscall(SYS_ftruncate, fd, size));
}

PUBLIC int fsync(int fd)
{
    int error = IO_ASKED(fd, true);
    return (int)(error ? failed(error) : syscall(SYS_fsync, fd));
}

PUBLIC int fdatasync(int fd)
{
    int error = IO_ASKED(fd, true);
    return (int)(error ? failed(error) : syscall(SYS_fdatasync, fd));
}

PUBLIC ssize_t read(int fd, void *bytes, size_t size)
{
    int error = IO_ASKED(fd, false);
    return error ? failed(error) : syscall(SYS_read, fd, bytes, size);
}

/* What a plan names is for reading and writing; the other calls have errors of their own. */
static int only(int error, int own)
{
    return error ? own : 0;
}

PUBLIC int socket(int family, int type, int protocol)
{
    int error = only(ASKED(KIND_SOCKET), EMFILE);
    return (int)(error ? failed(error) : syscall(SYS_socket, family, type, protocol));
}

PUBLIC int socketpair(int family, int type, int protocol, int pair[2])
{
    int error = only(ASKED(KIND_SOCKET), EMFILE);
    return (int)(error ? failed(error) : syscall(SYS_socketpair, family, type, protocol, pair));
}

PUBLIC int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int error = only(ASKED(KIND_SOCKET), ECONNREFUSED);
    return (int)(error ? failed(error) : syscall(SYS_connect, fd, address, size));
}

PUBLIC int bind(int fd, const struct sockaddr *address, socklen_t size)
{
    int error = only(ASKED(KIND_SOCKET), EADDRINUSE);
    return (int)(error ? failed(error) : syscall(SYS_bind, fd, address, size));
}

PUBLIC int listen(int fd, int backlog)
{
    int error = only(ASKED(KIND_SOCKET), EADDRINUSE);
    return (int)(error ? failed(error) : syscall(SYS_listen, fd, backlog));
}

PUBLIC int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    int error = only(ASKED(KIND_SOCKET), ECONNABORTED);
    return (int)(error ? failed(error) : syscall(SYS_accept4, fd, address, size, flags));
}

PUBLIC int accept(int fd, struct sockaddr *address, socklen_t *size)
{
    int error = only(ASKED(KIND_SOCKET), ECONNABORTED);
    return (int)(error ? failed(error) : syscall(SYS_accept4, fd, address, size, 0));
}

PUBLIC int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    int error = only(ASKED(KIND_SOCKET), ENOBUFS);
    return (int)(error ? failed(error) : syscall(SYS_setsockopt, fd, level, name, value, size));
}

PUBLIC int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
    int error = only(ASKED(KIND_SOCKET), ENOBUFS);
    return (int)(error ? failed(error) : syscall(SYS_getsockopt, fd, level, name, value, size));
}

PUBLIC ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    int error = ASKED(KIND_SOCKET);
    return error ? failed(error) : syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0);
}

PUBLIC ssize_t sendto(int fd, const void *bytes, size_t size, int flags,
                      const struct sockaddr *address, socklen_t length)
{
    int error = ASKED(KIND_SOCKET);
    return error ? failed(error) : syscall(SYS_sendto, fd, bytes, size, flags, address, length);
}

PUBLIC ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    int error = ASKED(KIND_SOCKET);
    return error ? failed(error) : syscall(SYS_sendmsg, fd, message, flags);
}

PUBLIC ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    int error = ASKED(KIND_SOCKET);
    return error ? failed(error) : syscall(SYS_recvfrom, fd, bytes, size, flags, NULL, NULL);
}

PUBLIC ssize_t recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *address,
                        socklen_t *length)
{
    int error = ASKED(KIND_SOCKET);
    return error ? failed(error) : syscall(SYS_recvfrom, fd, bytes, size, flags, address, length);
}

PUBLIC ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    int error = ASKED(KIND_SOCKET);
    return error ? failed(error) : syscall(SYS_recvmsg, fd, message, flags);
}
