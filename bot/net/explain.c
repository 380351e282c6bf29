/* SPDX-License-Identifier: MIT */
/* explain.c: what went wrong on the way to a server, and what to do about it. */
#include "net/explain.h"

#include <errno.h>
#include <string.h>

static int explain_connect(struct error *error, CURL *easy, struct str place)
{
    long number = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    switch (number) {
    case ECONNREFUSED:
        return error_set(error, -ECONNREFUSED,
                         "%.*s refused the connection: is the port right, and does the server run?",
                         STR_ARG(place));
    case ETIMEDOUT:
        return error_set(error, -ETIMEDOUT,
                         "%.*s did not answer: is the address right, or a firewall between?",
                         STR_ARG(place));
    case ENETUNREACH:
    case EHOSTUNREACH:
        return error_set(error, (int)-number, "no way leads to %.*s: check this machine's network",
                         STR_ARG(place));
    case 0:
        return error_set(error, -EHOSTUNREACH,
                         "cannot connect to %.*s: check the address and this machine's network",
                         STR_ARG(place));
    default:
        return error_set(error, (int)-number, "cannot connect to %.*s: %s", STR_ARG(place),
                         strerror((int)number));
    }
}

static int explain_tls(struct error *error, CURLcode code, struct str place, const char *detail)
{
    if (!detail || !detail[0])
        detail = curl_easy_strerror(code);
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return error_set(
            error, -EKEYREJECTED,
            "the certificate of %.*s was not accepted (%s): check the host's name; if it is the "
            "right "
            "server, set ca_file to the authority that signed it, or pinned_sha256 to the "
            "certificate's SHA-256 fingerprint",
            STR_ARG(place), detail);
    case CURLE_SSL_CACERT_BADFILE:
        return error_set(error, -ENOENT,
                         "cannot use ca_file for %.*s (%s): it must be a readable PEM file",
                         STR_ARG(place), detail);
    case CURLE_SSL_CERTPROBLEM:
        return error_set(error, -ENOENT,
                         "cannot use the client certificate or its key for %.*s (%s): both must be "
                         "readable PEM files",
                         STR_ARG(place), detail);
    default:
        return error_set(error, -EPROTO, "no TLS with %.*s (%s): is this the port that speaks TLS?",
                         STR_ARG(place), detail);
    }
}

int explain_curl(struct error *error, CURLcode code, CURL *easy, struct str place,
                 const char *detail)
{
    switch ((int)code) { /* as int: of curl's hundred results these are the ones that people can do
                            something about */
    case CURLE_COULDNT_RESOLVE_HOST:
        return error_set(error, -EHOSTUNREACH,
                         "the host of %.*s is not known: check its name and this machine's DNS",
                         STR_ARG(place));
    case CURLE_COULDNT_CONNECT:
        return explain_connect(error, easy, place);
    case CURLE_OPERATION_TIMEDOUT:
        return error_set(error, -ETIMEDOUT, "%.*s did not answer in time", STR_ARG(place));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
        return explain_tls(error, code, place, detail);
    case CURLE_INTERFACE_FAILED:
        return error_set(error, -EADDRNOTAVAIL,
                         "cannot reach %.*s from bind_address: is it an address of this machine?",
                         STR_ARG(place));
    case CURLE_OUT_OF_MEMORY:
        return error_set(error, -ENOMEM, "out of memory");
    case CURLE_WRITE_ERROR:
    case CURLE_FILESIZE_EXCEEDED:
        return error_set(error, -EMSGSIZE, "the answer of %.*s is larger than allowed",
                         STR_ARG(place));
    case CURLE_TOO_MANY_REDIRECTS:
        return error_set(error, -ELOOP, "%.*s redirects in a circle", STR_ARG(place));
    case CURLE_UNSUPPORTED_PROTOCOL:
        return error_set(error, -EPROTONOSUPPORT, "%.*s redirects to what is not https",
                         STR_ARG(place));
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return error_set(error, -ECONNRESET, "the connection to %.*s broke", STR_ARG(place));
    default:
        return error_set(error, -EIO, "%.*s: %s", STR_ARG(place), curl_easy_strerror(code));
    }
}
