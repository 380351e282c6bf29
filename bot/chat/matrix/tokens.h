/* SPDX-License-Identifier: MIT */
/* tokens.h: the file in which a Matrix account's login lies: sealed, of fixed size, written in
 * place. */
#ifndef CHAT_MATRIX_TOKENS_H
#define CHAT_MATRIX_TOKENS_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum { MATRIX_TOKEN_BYTES = 4096, MATRIX_TOKEN_URL_BYTES = 512, MATRIX_TOKEN_NAME_BYTES = 256 };

/* A login.  It lies in locked memory (matrix_tokens_create) and is wiped when it goes. */
struct matrix_tokens {
    /* As configured when it was made: it is of no use, and never sent, elsewhere. */
    char homeserver[MATRIX_TOKEN_NAME_BYTES], account[MATRIX_TOKEN_NAME_BYTES];
    char base[MATRIX_TOKEN_URL_BYTES]; /* what discovery said */
    char user[MATRIX_TOKEN_NAME_BYTES], device[MATRIX_TOKEN_NAME_BYTES];
    char access[MATRIX_TOKEN_BYTES], refresh[MATRIX_TOKEN_BYTES];
    /* OAuth 2.0 alone */
    char client[MATRIX_TOKEN_NAME_BYTES], endpoint[MATRIX_TOKEN_URL_BYTES];
    int64_t expires_at; /* Unix ms, of the access token; 0: it does not, or not known */
};
struct matrix_tokens *matrix_tokens_create(void) MUST_CHECK; /* empty; NULL: no memory */
void matrix_tokens_destroy(struct matrix_tokens *tokens);

struct matrix_token_file;
/* `folder` empty: nothing is kept.  `key`: 32 bytes, copied to locked memory; NULL: nothing is
 * kept. */
int matrix_token_file_open(struct str folder, struct str network, const unsigned char *key,
                           struct matrix_token_file **ret_file) MUST_CHECK;
void matrix_token_file_close(struct matrix_token_file *file);
/* -ENOENT: no file, or no login in it; -EBADMSG: damaged, or sealed under another key. */
int matrix_token_file_load(struct matrix_token_file *file,
                           struct matrix_tokens *ret_tokens) MUST_CHECK;
/* On the disk before it returns; what was there stands until then.  -ESTALE: another process wrote
 * since it was loaded, and that counts; -EAGAIN: it is writing just now. */
int matrix_token_file_save(struct matrix_token_file *file,
                           const struct matrix_tokens *tokens) MUST_CHECK;
/* Both slots are overwritten: what was there is dead, and need not lie about. */
int matrix_token_file_erase(struct matrix_token_file *file) MUST_CHECK;

/* "<folder>/matrix-<network>.session"; what a file's name should not have is written as %XX. */
void matrix_token_file_path(struct str folder, struct str network, struct buf *out);
/* What a slot holds when it is opened.  -EBADMSG. */
int matrix_tokens_unpack(const unsigned char *bytes, size_t size,
                         struct matrix_tokens *ret_tokens) MUST_CHECK;

#endif
