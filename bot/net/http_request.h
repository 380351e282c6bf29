/* SPDX-License-Identifier: MIT */
/* http_request.h: checks of a request, and its translation for curl. */
#ifndef NET_HTTP_REQUEST_H
#define NET_HTTP_REQUEST_H

#include <curl/curl.h>

#include "net/http.h"

/* Method, headers, what goes into them: -EINVAL. */
int http_request_check(const struct http_request *request) MUST_CHECK;
/* "memory://NAME/path?query" in its parts; false: it is none. */
bool http_request_in_process(struct str url, struct str *ret_name, struct str *ret_target);
/* Checks the URL and gives "host:port" for people.  -EINVAL, -ENOMEM. */
int http_request_check_url(struct str url, char *ret_place, size_t size) MUST_CHECK;
/* Puts the (checked) request's own parts on `easy`; headers go to `*ret_headers` and `body` must
 * outlive the transfer. */
int http_request_apply(CURL *easy, const struct http_request *request, struct str body,
                       struct curl_slist **ret_headers) MUST_CHECK;
/* Wiped first: headers hold tokens. */
void http_request_free_headers(struct curl_slist *headers);
/* Seconds or an HTTP-date (RFC 9110, 10.2.3), from now on; -1: neither. */
int64_t http_request_retry_after_ms(struct str value, int64_t now_at);

#endif
