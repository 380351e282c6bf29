/* SPDX-License-Identifier: MIT */
/* entry.c: the ground under an account. */
#include "entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/log.h"
#include "store/keyring.h"

static const unsigned char master[KEYRING_KEY_BYTES] = {7};
#define MASTER_HEX "0700000000000000000000000000000000000000000000000000000000000000"

/* ---- matrix.c's part ------------------------------------------------------------------------- */

static struct entry *of(struct matrix_session *session)
{
    return session->env.ctx;
}

static void note(struct matrix_session *session, const char *word)
{
    struct entry *entry = of(session);
    size_t used = strlen(entry->told);
    snprintf(entry->told + used, sizeof entry->told - used, "%s ", word);
}

void matrix_session_state(struct matrix_session *session, enum chat_state state)
{
    session->network.state = state;
}

void matrix_session_logged_in(struct matrix_session *session)
{
    note(session, "in");
    matrix_requests_go(session, true);
}

void matrix_session_logged_out(struct matrix_session *session)
{
    note(session, "out");
    matrix_requests_go(session, false);
}

static void on_notice(void *ctx, struct chat_network *network, enum chat_notice what,
                      struct str room, size_t count)
{
    struct entry *entry = ctx;
    (void)network, (void)room, (void)count;
    entry->notices[what]++;
}

static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    struct entry *entry = ctx;
    if (str_eq_c(name, "master-key"))
        buf_add_c(ret_secret, MASTER_HEX);
    else if (str_eq_c(name, "the-secret") && entry->secret[0])
        buf_add_c(ret_secret, entry->secret);
    else
        return error_set(error, -ENOENT, "the credential is missing");
    return 0;
}

/* ---- the account ----------------------------------------------------------------------------- */

static char *copy(const char *text)
{
    char *made = str_copy(str_of(text));
    assert_non_null(made);
    return made;
}

void entry_open_session(struct entry *entry, struct matrix_session *session, const char *name,
                        const char *homeserver, const char *user, enum matrix_login_how how)
{
    *session = (struct matrix_session){.env = {.loop = entry->loop,
                                               .net = entry->net,
                                               .random = &entry->random,
                                               .ctx = entry,
                                               .credential = credential,
                                               .state_folder = str_of(entry->folder),
                                               .sink = {.ctx = entry, .notice = on_notice}},
                                       .options = {.homeserver = copy(homeserver),
                                                   .user = copy(user),
                                                   .how = how,
                                                   .credential = copy("the-secret"),
                                                   .device_id = copy(""),
                                                   .device_name = copy("Mooring"),
                                                   .ca_file = copy("")}};
    snprintf(session->network.name, sizeof session->network.name, "%s", name);
    assert_int_equal(matrix_requests_create(session, &session->requests), 0);
    assert_int_equal(matrix_account_create(session, &session->account), 0);
    assert_int_equal(matrix_account_start(session->account), 0);
}

void entry_close_session(struct matrix_session *session)
{
    matrix_account_destroy(TAKE(session->account));
    matrix_requests_destroy(TAKE(session->requests));
    matrix_options_done(&session->options);
}

void entry_begin(struct entry *entry, const char *homeserver, const char *user,
                 enum matrix_login_how how)
{
    entry_end(entry);
    entry_open_session(entry, &entry->session, "shore", homeserver, user, how);
}

void entry_end(struct entry *entry)
{
    entry_close_session(&entry->session);
}

void entry_run(struct entry *entry, int64_t ms)
{
    loop_advance(entry->loop, clock_wall_at(&entry->clock) + ms);
}

static void asked_done(void *ctx, const struct matrix_answer *answer)
{
    struct entry_asked *asked = ctx;
    assert_false(asked->done);
    asked->done = true;
    asked->result = answer->result;
    asked->status = answer->status;
    asked->retry_after_ms = answer->retry_after_ms;
    asked->done_at = clock_wall_at(&asked->entry->clock);
}

void entry_ask(struct entry *entry, struct entry_asked *asked, const char *path)
{
    struct matrix_call *call;
    const struct matrix_request request = {.method = "GET", .path = str_of(path)};
    *asked = (struct entry_asked){.entry = entry};
    assert_int_equal(matrix_request(&entry->session, &request, asked_done, asked, &call), 0);
}

/* ---- around a test --------------------------------------------------------------------------- */

static void on_log(void *ctx, enum log_level level, struct str line)
{
    (void)level;
    buf_add(ctx, line);
    buf_add_byte(ctx, '\n');
}

static void make_keyring(struct entry *entry)
{
    struct keyring *keyring;
    struct error error = {0};
    int fd = open(entry->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct keyring_options options = {
        .folder = entry->folder, .master_key = master, .folder_fd = fd};
    assert_true(fd >= 0);
    assert_int_equal(keyring_open(&options, &keyring, &error), 0);
    keyring_close(keyring);
    close(fd);
}

int entry_setup(void **state)
{
    struct entry *entry = calloc(1, sizeof *entry);
    struct error error = {0};
    assert_non_null(entry);
    snprintf(entry->folder, sizeof entry->folder, "/tmp/mooring-entry-XXXXXX");
    assert_non_null(mkdtemp(entry->folder));
    buf_init(&entry->log, 4 << 20);
    log_set_sink(on_log, &entry->log);
    snprintf(entry->secret, sizeof entry->secret, ENTRY_SECRET);
    make_keyring(entry);
    clock_init_virtual(&entry->clock, ENTRY_START);
    random_seed(&entry->random, 1);
    assert_int_equal(loop_create(&entry->clock, &entry->loop), 0);
    assert_int_equal(net_create(entry->loop, &entry->net, &error), 0);
    entry->hs = hs_start(entry->net, entry->loop);
    hs_account(entry->hs, ENTRY_BOT, ENTRY_SECRET);
    *state = entry;
    return 0;
}

int entry_done(void **state)
{
    struct entry *entry = *state;
    char command[128];
    entry_end(entry);
    loop_poll(entry->loop);
    /* whatever happened: no secret stands in the log */
    const char *log = entry->log.ptr ? entry->log.ptr : "";
    assert_null(strstr(log, ENTRY_SECRET));
    assert_null(strstr(log, "access-"));
    assert_null(strstr(log, "refresh-"));
    hs_stop(entry->hs);
    net_destroy(entry->net);
    loop_destroy(entry->loop);
    log_set_sink(NULL, NULL);
    buf_done(&entry->log);
    snprintf(command, sizeof command, "rm -r %s", entry->folder);
    assert_int_equal(system(command), 0);
    free(entry);
    return 0;
}
