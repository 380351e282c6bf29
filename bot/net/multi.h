/* SPDX-License-Identifier: MIT */
/* multi.h: one curl multi handle under the loop: its sockets, its timer, its finished transfers. */
#ifndef NET_MULTI_H
#define NET_MULTI_H

#include <curl/curl.h>

#include "loop/loop.h"

struct multi;
int multi_create(struct loop *loop, struct multi **ret_multi) MUST_CHECK; /* -ENOMEM */
/* Every transfer was removed.  Never from inside a curl callback; legal inside `finished`. */
void multi_destroy(struct multi *multi);

/* What an easy handle carries as CURLOPT_PRIVATE. */
struct multi_transfer {
    CURL *easy;
    void (*finished)(struct multi_transfer *transfer,
                     CURLcode code); /* from the loop; may remove and free */
};
int multi_add(struct multi *multi, struct multi_transfer *transfer) MUST_CHECK; /* -ENOMEM */
void multi_remove(struct multi *multi, struct multi_transfer *transfer);
CURLM *multi_curl(struct multi *multi);

#endif
