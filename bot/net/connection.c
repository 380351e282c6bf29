/* SPDX-License-Identifier: MIT */
/* connection.c: connecting by curl, because it brings TLS, both address families and their race.
 *
 * Each connection has a multi handle of its own: curl looks through a shared one for dead
 * connections whenever it makes a new one, and would close under us a connection whose last bytes
 * we have not read yet. */
#include "net/connection.h"

#include <errno.h>
#include <stdio.h>

#include <sodium.h>

#include "base/ascii.h"
#include "net/explain.h"
#include "net/multi.h"

enum {
    PIN_BYTES = crypto_hash_sha256_BYTES,
    CERTIFICATE_BYTES = 64 * 1024,
    PLACE_BYTES = 300,
};

struct connection {
    struct loop *loop;
    struct multi *multi;
    struct multi_transfer transfer; /* stays in the multi handle as long as the connection lives */
    struct connection_events events;
    struct loop_fd *watch;
    bool pinned;
    unsigned char pin[PIN_BYTES];
    char place[PLACE_BYTES]; /* "host:port", for errors */
    char detail[CURL_ERROR_SIZE];
};

/* ---- the pinned certificate ------------------------------------------------------------------ */

static int parse_pin(struct str hex, unsigned char pin[PIN_BYTES])
{
    size_t size = 0;
    const char *end = NULL;
    if (sodium_hex2bin(pin, PIN_BYTES, hex.ptr, hex.len, ": ", &size, &end) != 0 ||
        size != PIN_BYTES || end != hex.ptr + hex.len)
        return -EINVAL;
    return 0;
}

/* The DER inside of a PEM block, hashed. */
static int hash_pem(struct str pem, unsigned char ret_hash[PIN_BYTES])
{
    static const struct str HEAD = {"-----BEGIN CERTIFICATE-----", 27};
    size_t start = str_find(pem, HEAD, 0);
    size_t end = str_find(pem, STR("-----END"), 0);
    if (start == SIZE_MAX || end == SIZE_MAX || end < start + HEAD.len ||
        end - start > CERTIFICATE_BYTES)
        return -EPROTO;
    struct str base64 = {pem.ptr + start + HEAD.len, end - start - HEAD.len};
    AUTO_FREE unsigned char *der = mem_alloc(base64.len);
    if (!der)
        return -ENOMEM;
    size_t size;
    if (sodium_base642bin(der, base64.len, base64.ptr, base64.len, "\r\n ", &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return -EPROTO;
    crypto_hash_sha256(ret_hash, der, size);
    return 0;
}

/* Of the peer's own certificate, the first of its chain. */
static int hash_peer(CURL *easy, unsigned char ret_hash[PIN_BYTES])
{
    struct curl_certinfo *info = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
        info->num_of_certs < 1)
        return -EPROTO;
    for (const struct curl_slist *item = info->certinfo[0]; item; item = item->next)
        if (str_starts(str_of(item->data), STR("Cert:")))
            return hash_pem(str_of(item->data), ret_hash);
    return -EPROTO;
}

int64_t connection_certificate_expires_at(const struct connection *connection)
{
    struct curl_certinfo *info = NULL;
    static const char field[] = "Expire date:";
    if (curl_easy_getinfo(connection->transfer.easy, CURLINFO_CERTINFO, &info) != CURLE_OK ||
        !info || info->num_of_certs < 1)
        return 0;
    for (const struct curl_slist *item = info->certinfo[0]; item; item = item->next) {
        if (!str_starts(str_of(item->data), str_of(field)))
            continue;
        time_t at = curl_getdate(item->data + sizeof field - 1, NULL);
        return at > 0 ? (int64_t)at * CLOCK_SECOND_MS : 0;
    }
    return 0;
}

static int check_pin(const struct connection *connection, struct error *error)
{
    unsigned char hash[PIN_BYTES];
    char hex[PIN_BYTES * 2 + 1];
    int r = hash_peer(connection->transfer.easy, hash);
    if (r < 0)
        return error_set(error, r, "%s showed no certificate to compare with pinned_sha256",
                         connection->place);
    if (sodium_memcmp(hash, connection->pin, sizeof hash) == 0)
        return 0;
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    return error_set(
        error, -EKEYREJECTED,
        "the certificate of %s is not the one in pinned_sha256; its fingerprint is now %s: ask the "
        "server's people whether they renewed it before you set that",
        connection->place, hex);
}

void connection_place(const struct stream_options *options, char *out, size_t size)
{
    bool v6 = str_has_byte(options->host, ':');
    int length = snprintf(out, size, "%s%.*s%s:%u", v6 ? "[" : "", STR_ARG(options->host),
                          v6 ? "]" : "", (unsigned)options->port);
    if (length < 0)
        out[0] = '\0';
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void on_ready(void *ctx, unsigned events)
{
    struct connection *connection = ctx;
    connection->events.ready(connection->events.ctx, events);
}

/* curl let go of the socket when it finished; from now on it is ours to wait for. */
static int take_socket(struct connection *connection, struct error *error)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(connection->transfer.easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
        fd == CURL_SOCKET_BAD)
        return error_set(error, -ECONNRESET, "the connection to %s broke", connection->place);
    int r = loop_fd_add(connection->loop, fd, on_ready, connection, &connection->watch);
    return r < 0 ? error_set(error, r, "%s: %s", connection->place, strerror(-r)) : 0;
}

static void on_finished(struct multi_transfer *transfer, CURLcode code)
{
    struct connection *connection = CONTAINER_OF(transfer, struct connection, transfer);
    struct error error = {0};
    int r = code == CURLE_OK ? 0
                             : explain_curl(&error, code, transfer->easy, str_of(connection->place),
                                            connection->detail);
    if (r == 0 && connection->pinned)
        r = check_pin(connection, &error);
    if (r == 0)
        r = take_socket(connection, &error);
    if (r < 0)
        connection->events.failed(connection->events.ctx, &error);
    else
        connection->events.opened(connection->events.ctx);
}

/* A host goes into a URL: nothing that could end it there.  IPv6 addresses have colons. */
static bool is_host(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        bool plain = ascii_is_word(c);
        if (!plain && c < 0x80 && !strchr(".-_:", c))
            return false;
    }
    return host.len > 0 && host.len <= 253;
}

static CURLcode set_text(CURL *easy, CURLoption option, struct str text, const char *prefix)
{
    AUTO_BUF value;
    buf_init(&value, 4096);
    if (str_empty(text))
        return CURLE_OK;
    if (str_has_byte(text, '\0'))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    buf_add_c(&value, prefix);
    buf_add(&value, text);
    return value.failed ? CURLE_OUT_OF_MEMORY : curl_easy_setopt(easy, option, value.ptr);
}

static CURLcode set_url(CURL *easy, const struct connection *connection, bool tls)
{
    char url[PLACE_BYTES + 16];
    int length = snprintf(url, sizeof url, "%s://%s/", tls ? "https" : "http", connection->place);
    if (length < 0 || (size_t)length >= sizeof url)
        return CURLE_URL_MALFORMAT;
    return curl_easy_setopt(easy, CURLOPT_URL, url);
}

static CURLcode set_tls(CURL *easy, const struct stream_options *options, bool pinned)
{
    CURLcode bad = CURLE_OK;
    /* else servers answer that they speak HTTP */
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad = bad ? bad
              : curl_easy_setopt(easy, CURLOPT_CERTINFO,
                                 pinned || options->wants_certificate ? 1L : 0L);
    /* the pin decides alone */
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, pinned ? 0L : 1L);
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, pinned ? 0L : 2L);
    bad = bad ? bad : set_text(easy, CURLOPT_CAINFO, options->ca_file, "");
    if (!str_empty(options->ca_file)) /* instead of the system's, not besides */
        bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    bad = bad ? bad : set_text(easy, CURLOPT_SSLCERT, options->client_cert_file, "");
    bad = bad ? bad : set_text(easy, CURLOPT_SSLKEY, options->client_key_file, "");
    struct curl_blob key = {.data = (void *)options->client_key.ptr,
                            .len = options->client_key.len,
                            .flags = CURL_BLOB_COPY};
    return bad || !key.len ? bad : curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
}

static int prepare(struct connection *connection, const struct stream_options *options)
{
    CURL *easy = connection->transfer.easy = curl_easy_init();
    if (!easy)
        return -ENOMEM;
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* a stuck lookup must not hold the loop when we give up */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)MAX_OF(options->connect_timeout_ms, 0) + 60000L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, connection->detail);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 120L);
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    bad = bad ? bad : set_url(easy, connection, options->tls);
    bad = bad ? bad : set_text(easy, CURLOPT_INTERFACE, options->bind_address, "host!");
    if (options->tls)
        bad = bad ? bad : set_tls(easy, options, connection->pinned);
    return bad == CURLE_OK ? 0 : bad == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}

static int start(struct connection *connection, const struct stream_options *options)
{
    int r = prepare(connection, options);
    if (r < 0)
        return r;
    r = multi_create(connection->loop, &connection->multi);
    if (r < 0)
        return r;
    r = multi_add(connection->multi, &connection->transfer);
    if (r < 0) {
        multi_destroy(connection->multi);
        connection->multi = NULL;
    }
    return r;
}

int connection_open(struct loop *loop, const struct stream_options *options,
                    const struct connection_events *events, struct connection **ret_connection)
{
    bool pinned = !str_empty(options->pinned_sha256);
    if (!is_host(options->host) || !options->port || (pinned && !options->tls))
        return -EINVAL;
    struct connection *connection = mem_zalloc(sizeof *connection);
    if (!connection)
        return -ENOMEM;
    *connection = (struct connection){.loop = loop, .events = *events, .pinned = pinned};
    connection->transfer.finished = on_finished;
    connection_place(options, connection->place, sizeof connection->place);
    int r = pinned ? parse_pin(options->pinned_sha256, connection->pin) : 0;
    if (r == 0)
        r = start(connection, options);
    if (r < 0) {
        connection_close(connection);
        return r;
    }
    *ret_connection = connection;
    return 0;
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    loop_fd_remove(connection->watch); /* before curl closes the descriptor */
    if (connection->multi)
        multi_remove(connection->multi, &connection->transfer);
    curl_easy_cleanup(connection->transfer.easy);
    multi_destroy(connection->multi);
    mem_free(connection);
}

/* ---- reading and writing --------------------------------------------------------------------- */

int connection_watch(struct connection *connection, unsigned events)
{
    return loop_fd_set(connection->watch, events);
}

static int failure_of(struct connection *connection, CURLcode code)
{
    long number = 0;
    if (code == CURLE_AGAIN)
        return -EAGAIN;
    curl_easy_getinfo(connection->transfer.easy, CURLINFO_OS_ERRNO, &number);
    switch (number) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
    case EPIPE:
        return (int)-number;
    default: /* and the end of a TLS stream without its goodbye */
        return -ECONNRESET;
    }
}

ssize_t connection_read(struct connection *connection, char *bytes, size_t size)
{
    size_t count = 0;
    CURLcode code = curl_easy_recv(connection->transfer.easy, bytes, size, &count);
    return code == CURLE_OK ? (ssize_t)count : failure_of(connection, code);
}

ssize_t connection_write(struct connection *connection, struct str bytes)
{
    size_t count = 0;
    CURLcode code = curl_easy_send(connection->transfer.easy, bytes.ptr, bytes.len, &count);
    return code == CURLE_OK ? (ssize_t)count : failure_of(connection, code);
}
