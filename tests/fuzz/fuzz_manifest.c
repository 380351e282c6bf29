/* SPDX-License-Identifier: MIT */
/* fuzz_manifest.c: any bytes as the head of a backup: refused, unless a key that nobody has made
 * them; and what we write reads as it was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char key[KEYRING_KEY_BYTES] = {7, 1};
    char head[MANIFEST_BYTES] = {0};
    struct manifest manifest = {0}, again;
    memcpy(head, data, size < sizeof head ? size : sizeof head);
    if (manifest_read(head, key, (const unsigned char *)head, &again) == 0)
        abort();
    memcpy(&manifest, data, size < sizeof manifest ? size : sizeof manifest);
    manifest.schema &= INT32_MAX;
    manifest.created_at &= 0xffffffffffff;
    manifest.size_bytes &= 0xffffffffffff;
    if (manifest_write(&manifest, key, head) < 0)
        return 0;
    if (manifest_read(head, key, manifest.database_id, &again) < 0 ||
        again.size_bytes != manifest.size_bytes || again.created_at != manifest.created_at ||
        again.keyring_sequence != manifest.keyring_sequence || again.schema != manifest.schema ||
        memcmp(again.sha256, manifest.sha256, sizeof again.sha256) != 0)
        abort();
    return 0;
}
