/* SPDX-License-Identifier: MIT */
/* http_request.c: what may be asked, and how curl is told. */
#include "net/http_request.h"

#include <errno.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/die.h"
#include "base/number.h"

enum {
    URL_BYTES = 8192,
    HEADER_BYTES = 16384,
    HEADER_LIMIT = 32,
    METHOD_BYTES = 16,
    REDIRECTS = 5,
};

static const int64_t RETRY_LONGEST_MS = 365 * CLOCK_DAY_MS;

static void free_url(CURLU **url)
{
    curl_url_cleanup(*url);
}
#define AUTO_URL CLEANUP(free_url) CURLU

static void free_part(char **part)
{
    curl_free(*part);
}
#define AUTO_PART CLEANUP(free_part) char

static bool is_this_machine(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0 ||
           strcmp(host, "localhost") == 0;
}

int http_request_check_url(struct str text, char *ret_place, size_t size)
{
    char whole[URL_BYTES];
    AUTO_URL *url = curl_url();
    AUTO_PART *scheme = NULL;
    AUTO_PART *host = NULL;
    AUTO_PART *port = NULL;
    AUTO_PART *user = NULL;
    if (!url)
        return -ENOMEM;
    if (str_has_byte(text, '\0') || !str_to_c(text, whole, sizeof whole) ||
        curl_url_set(url, CURLUPART_URL, whole, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return -EINVAL;
    if (curl_url_get(url, CURLUPART_USER, &user, 0) ==
        CURLUE_OK) /* a secret in a URL ends in logs */
        return -EINVAL;
    bool https = strcmp(scheme, "https") == 0;
    if (!https && !(strcmp(scheme, "http") == 0 && is_this_machine(host)))
        return -EINVAL;
    int length = snprintf(ret_place, size, "%s:%s", host, port);
    return length < 0 || (size_t)length >= size ? -EINVAL : 0;
}

/* RFC 9110: a token. */
static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool letter = ascii_is_word(c);
        if (!letter && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return text.len > 0;
}

/* "Name: value" on one line; curl would take a header without value as its removal. */
static bool is_header(struct str header)
{
    size_t colon = str_find(header, STR(":"), 0);
    if (colon == SIZE_MAX || header.len > HEADER_BYTES || str_has_byte(header, '\r') ||
        str_has_byte(header, '\n') || str_has_byte(header, '\0'))
        return false;
    return is_token(str_upto(header, colon)) && !str_empty(str_trim(str_from(header, colon + 1)));
}

static int add_header(struct curl_slist **list, struct str header)
{
    AUTO_FREE char *text = str_copy(header);
    if (!text)
        return -ENOMEM;
    struct curl_slist *longer = curl_slist_append(*list, text);
    mem_wipe(text, header.len);
    if (!longer)
        return -ENOMEM;
    *list = longer;
    return 0;
}

int http_request_check(const struct http_request *request)
{
    if (!is_token(request->method) || request->method.len >= METHOD_BYTES ||
        str_has_byte(request->ca_file, '\0') || request->header_count > HEADER_LIMIT)
        return -EINVAL;
    for (size_t i = 0; i < request->header_count; i++)
        if (!is_header(request->headers[i]))
            return -EINVAL;
    return 0;
}

bool http_request_in_process(struct str url, struct str *ret_name, struct str *ret_target)
{
    const struct str scheme = STR("memory://");
    if (!str_starts(url, scheme) || url.len > URL_BYTES)
        return false;
    struct str rest = str_from(url, scheme.len);
    size_t slash = str_find(rest, STR("/"), 0);
    if (slash == SIZE_MAX || !is_token(str_upto(rest, slash)))
        return false;
    for (size_t i = slash; i < rest.len; i++)
        if ((unsigned char)rest.ptr[i] <= ' ' || (unsigned char)rest.ptr[i] >= 0x7f)
            return false;
    *ret_name = str_upto(rest, slash);
    *ret_target = str_from(rest, slash);
    return true;
}

static int make_headers(const struct http_request *request, struct curl_slist **ret_headers)
{
    struct curl_slist *list = NULL;
    bool typed = false;
    int r = 0;
    for (size_t i = 0; r == 0 && i < request->header_count; i++) {
        typed = typed || str_starts_nocase(request->headers[i], STR("content-type:"));
        r = add_header(&list, request->headers[i]);
    }
    if (r == 0)
        r = add_header(&list, STR("Expect:")); /* no waiting for "100 Continue" */
    if (r == 0 && !typed)
        r = add_header(&list, STR("Content-Type:")); /* curl's own guess is a web form */
    if (r < 0) {
        http_request_free_headers(list);
        return r;
    }
    *ret_headers = list;
    return 0;
}

void http_request_free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *item = headers; item; item = item->next)
        mem_wipe(item->data, strlen(item->data));
    curl_slist_free_all(headers);
}

#ifdef MOORING_FAULTS
/* curl tells what it has written behind the write: the body of a PUT is with the kernel then. */
static int written(CURL *easy, curl_infotype type, char *bytes, size_t size, void *ctx)
{
    (void)easy, (void)bytes, (void)size, (void)ctx;
    if (type == CURLINFO_DATA_OUT)
        DIE_AT(DIE_PUT_SENT);
    return 0;
}

static CURLcode watch_put(CURL *easy)
{
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, written);
    return bad ? bad : curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}
#else
static CURLcode watch_put(CURL *easy)
{
    (void)easy;
    return CURLE_OK;
}
#endif

static CURLcode set_method(CURL *easy, const char *method, struct str body)
{
    if (strcmp(method, "GET") == 0 && str_empty(body))
        return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (strcmp(method, "HEAD") == 0)
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_POST, 1L);
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.ptr ? body.ptr : "");
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    if (!bad && strcmp(method, "PUT") == 0)
        bad = watch_put(easy);
    return bad || strcmp(method, "POST") == 0
               ? bad
               : curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

static CURLcode set_ca_file(CURL *easy, struct str ca_file)
{
    AUTO_FREE char *path = str_copy(ca_file);
    if (!path)
        return CURLE_OUT_OF_MEMORY;
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_CAINFO, path);
    return bad ? bad : curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

int http_request_apply(CURL *easy, const struct http_request *request, struct str body,
                       struct curl_slist **ret_headers)
{
    char method[METHOD_BYTES], url[URL_BYTES];
    struct curl_slist *headers = NULL;
    if (!str_to_c(request->method, method, sizeof method) ||
        !str_to_c(request->url, url, sizeof url))
        return -EINVAL;
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_URL, url);
    bad = bad ? bad : set_method(easy, method, body);
    bad = bad || str_empty(request->ca_file) ? bad : set_ca_file(easy, request->ca_file);
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request->redirects ? 1L : 0L);
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    if (bad)
        return -ENOMEM;
    int r = make_headers(request, &headers);
    if (r < 0)
        return r;
    if (curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) != CURLE_OK) {
        http_request_free_headers(headers);
        return -ENOMEM;
    }
    *ret_headers = headers;
    return 0;
}

int64_t http_request_retry_after_ms(struct str value, int64_t now_at)
{
    char text[64];
    int64_t seconds;
    value = str_trim(value);
    int r = number_parse(value, 0, RETRY_LONGEST_MS / 1000, &seconds);
    if (r == 0)
        return seconds * 1000;
    if (r == -ERANGE)
        return value.ptr[0] == '-' ? -1 : RETRY_LONGEST_MS;
    if (!str_to_c(value, text, sizeof text))
        return -1;
    int64_t at_s = (int64_t)curl_getdate(text, NULL);
    if (at_s < 0)
        return -1;
    return MIN_OF(MAX_OF(at_s * 1000 - now_at, 0), RETRY_LONGEST_MS);
}
