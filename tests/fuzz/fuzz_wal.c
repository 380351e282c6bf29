/* SPDX-License-Identifier: MIT */
/* fuzz_wal.c: any bytes as a write-ahead log: read to an end, and never more frames than fit. */
#include <assert.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/diagnose.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct store_wal wal;
    int fd = memfd_create("wal", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    if (write(fd, data, size) == (ssize_t)size) {
        assert(store_wal_read(fd, &wal) == 0);
        assert(wal.frames <= size / (24 + 512));
        assert(size == 0 || size >= 32 || wal.is_damaged);
    }
    close(fd);
    return 0;
}
