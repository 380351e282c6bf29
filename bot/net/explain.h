/* SPDX-License-Identifier: MIT */
/* explain.h: curl's results as negative errno and a sentence for people. */
#ifndef NET_EXPLAIN_H
#define NET_EXPLAIN_H

#include <curl/curl.h>

#include "base/error.h"
#include "base/str.h"

/* `place` is "host:port"; `detail` is CURLOPT_ERRORBUFFER and used for TLS alone (elsewhere it may
 * quote the URL). */
int explain_curl(struct error *error, CURLcode code, CURL *easy, struct str place,
                 const char *detail);

#endif
