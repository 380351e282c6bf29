/* SPDX-License-Identifier: MIT */
/* net.c: what every connection shares. */
#include "net/net.h"

#include <errno.h>

#include <curl/curl.h>

#include "net/internal.h"

void net_enlist(struct net_member **list, struct net_member *member)
{
    member->next = *list;
    member->link = list;
    if (member->next)
        member->next->link = &member->next;
    *list = member;
}

void net_delist(struct net_member *member)
{
    if (!member->link)
        return;
    *member->link = member->next;
    if (member->next)
        member->next->link = member->link;
    member->link = NULL;
}

int net_create(struct loop *loop, struct net **ret_net, struct error *error)
{
    /* Counted by curl itself; it only fails when its TLS library does. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(error, -EIO,
                         "libcurl could not start: is its TLS library installed whole?");
    struct net *net = mem_zalloc(sizeof *net);
    if (!net) {
        curl_global_cleanup();
        return error_set(error, -ENOMEM, "out of memory");
    }
    /* HTTP only; more requests wait in curl */
    enum { CONNECTIONS_A_HOST = 16, CONNECTIONS = 64, POLL_CONNECTIONS = 64 };
    net->loop = loop;
    int r = multi_create(loop, &net->multi);
    if (r == 0)
        r = multi_create(loop, &net->polls);
    if (r < 0) {
        net_destroy(net);
        return error_set(error, r, "out of memory");
    }
    curl_multi_setopt(multi_curl(net->multi), CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)CONNECTIONS_A_HOST);
    curl_multi_setopt(multi_curl(net->multi), CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS);
    curl_multi_setopt(multi_curl(net->polls), CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      (long)POLL_CONNECTIONS);
    *ret_net = net;
    return 0;
}

static void drop_all(struct net_member **list)
{
    while (*list) {
        struct net_member *member = *list;
        net_delist(member);
        member->drop(member);
    }
}

void net_destroy(struct net *net)
{
    if (!net)
        return;
    drop_all(&net->clients);
    drop_all(&net->in_process);
    map_done(&net->peers);
    map_done(&net->http_peers);
    multi_destroy(net->multi);
    multi_destroy(net->polls);
    mem_free(net);
    curl_global_cleanup();
}
