/* SPDX-License-Identifier: MIT */
/* peer.c: servers on loopback for tests. */
#include "peer.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not assert(): what stands inside has to happen in every build. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            perror(#condition);                                                                    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static char directory[256];

static const char *support_path(const char *name, char *out, size_t size)
{
    const char *source = getenv("MOORING_SOURCE_DIR");
    int length = snprintf(out, size, "%s/tests/support/%s", source ? source : ".", name);
    MUST(length > 0 && (size_t)length < size);
    return out;
}

static int run(const char *const arguments[])
{
    int status = -1;
    pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    MUST(waitpid(pid, &status, 0) == pid);
    return status;
}

const char *peer_directory(void)
{
    char script[512];
    const char *build = getenv("MOORING_BUILD_DIR");
    if (directory[0])
        return directory;
    snprintf(directory, sizeof directory, "%s/peer-XXXXXX", build ? build : "/tmp");
    MUST(mkdtemp(directory));
    const char *const arguments[] = {support_path("certificates.sh", script, sizeof script),
                                     directory, NULL};
    MUST(run(arguments) == 0);
    return directory;
}

void peer_clean(void)
{
    const char *const arguments[] = {"rm", "-rf", directory, NULL};
    if (directory[0])
        MUST(run(arguments) == 0);
    directory[0] = '\0';
}

const char *peer_path(const char *name)
{
    static char paths[5][512];
    static unsigned next;
    char *path = paths[next++ % 5];
    snprintf(path, sizeof paths[0], "%s/%s", peer_directory(), name);
    return path;
}

static void become_peer(const int in[2], const int out[2], const char *kind,
                        const char *certificate, const char *key, const char *authority)
{
    char script[512];
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    execlp("python3", "python3", support_path("peer.py", script, sizeof script), kind, certificate,
           key, authority, (char *)NULL);
    _exit(127);
}

void peer_start(struct peer *peer, const char *kind, const char *certificate)
{
    char name[64], key[512], pem[512], ca[512], line[32] = "";
    bool is_irc = strncmp(kind, "irc", 3) == 0; /* may ask for a certificate of the client's */
    int in[2], out[2];
    if (certificate) {
        snprintf(name, sizeof name, "%s.pem", certificate);
        snprintf(pem, sizeof pem, "%s", peer_path(name));
        snprintf(name, sizeof name, "%s.key", certificate);
        snprintf(key, sizeof key, "%s", peer_path(name));
    }
    if (certificate)
        snprintf(ca, sizeof ca, "%s", peer_path("ca.pem"));
    MUST(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    peer->pid = fork();
    MUST(peer->pid >= 0);
    if (peer->pid == 0)
        become_peer(in, out, kind, certificate ? pem : NULL, key, is_irc ? ca : NULL);
    close(in[0]);
    close(out[1]);
    peer->stdin_fd = in[1];
    FILE *file = fdopen(out[0], "r");
    MUST(file && fgets(line, sizeof line, file));
    fclose(file);
    peer->port = (int)strtol(line, NULL, 10);
    MUST(peer->port > 0);
}

void peer_stop(struct peer *peer)
{
    int status;
    if (peer->pid <= 0)
        return;
    close(peer->stdin_fd);
    kill(peer->pid, SIGKILL);
    waitpid(peer->pid, &status, 0);
    peer->pid = 0;
}

int peer_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int r = bind(fd, (struct sockaddr *)&address, size);
    MUST(r == 0);
    r = getsockname(fd, (struct sockaddr *)&address, &size);
    MUST(r == 0);
    close(fd);
    return ntohs(address.sin_port);
}
