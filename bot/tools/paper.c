/* SPDX-License-Identifier: MIT */
/* paper.c: a master key on paper, and from it. */
#include "tools/paper.h"

#include <errno.h>
#include <stdio.h>

#include <sodium.h>

enum { CHECK_BYTES = 2, TYPED_DIGITS = 2 * (PAPER_PIECE_BYTES + CHECK_BYTES) };

/* The line's number is in it, so that lines that changed places are found. */
static void check_of(unsigned line, const unsigned char *piece, unsigned char out[CHECK_BYTES])
{
    unsigned char bytes[1 + PAPER_PIECE_BYTES], whole[crypto_generichash_BYTES];
    bytes[0] = (unsigned char)line;
    memcpy(bytes + 1, piece, PAPER_PIECE_BYTES);
    crypto_generichash(whole, sizeof whole, bytes, sizeof bytes, NULL, 0);
    memcpy(out, whole, CHECK_BYTES);
    mem_wipe(bytes, sizeof bytes);
}

void paper_mark(const unsigned char key[32], char out[PAPER_MARK_BYTES])
{
    unsigned char mark[STORE_KEY_MARK_BYTES];
    store_key_mark(key, mark);
    snprintf(out, PAPER_MARK_BYTES, "%02x%02x-%02x%02x-%02x%02x-%02x%02x", mark[0], mark[1],
             mark[2], mark[3], mark[4], mark[5], mark[6], mark[7]);
}

/* "3f7a 9c01 22de 8b45   c0a1" */
static void add_line(struct buf *out, unsigned line, const unsigned char *piece)
{
    unsigned char check[CHECK_BYTES];
    check_of(line, piece, check);
    buf_add_format(out, "    %u.  ", line + 1);
    for (size_t i = 0; i < PAPER_PIECE_BYTES; i += 2)
        buf_add_format(out, "%02x%02x ", piece[i], piece[i + 1]);
    buf_add_format(out, "  %02x%02x\n", check[0], check[1]);
}

size_t paper_write(const unsigned char key[32], const char *date, char out[PAPER_BYTES])
{
    char mark[PAPER_MARK_BYTES];
    struct buf text CLEANUP(buf_wipe);
    buf_init(&text, PAPER_BYTES - 1);
    paper_mark(key, mark);
    buf_add_format(&text, "\n    MOORING: MASTER KEY\n    printed %s, key mark %s\n\n", date, mark);
    for (unsigned i = 0; i < PAPER_LINES; i++)
        add_line(&text, i, key + (size_t)i * PAPER_PIECE_BYTES);
    buf_add_c(
        &text,
        "\n    With this key and the keyring, all that the group's bot keeps about people can "
        "be read;\n    without it, nothing can. Keep it in a sealed envelope, away from the "
        "machine and its backups.\n\n    When the machine is lost: install mooring, put back "
        "the keyring's copy, then\n\n        mooring key read /etc/mooring/master-key\n        "
        "mooring restore BACKUP\n\n    and type the four lines. The last four digits of a "
        "line are its check: a wrong digit is noticed.\n\n");
    str_to_c(buf_str(&text), out, PAPER_BYTES);
    return text.failed ? 0 : text.len;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c == 'o' || c == 'O')
        return 0;
    return c == 'l' || c == 'I' || c == 'i' ? 1 : -1;
}

static bool is_between(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '-';
}

int paper_read_line(unsigned line, struct str typed, unsigned char ret_piece[PAPER_PIECE_BYTES])
{
    unsigned char bytes[PAPER_PIECE_BYTES + CHECK_BYTES] = {0}, check[CHECK_BYTES];
    size_t count = 0;
    struct str rest = str_trim(typed);
    /* "1." may be typed along */
    if (rest.len > 1 && rest.ptr[0] == (char)('1' + line) && (rest.ptr[1] == '.'))
        rest = str_from(rest, 2);
    for (size_t i = 0; i < rest.len; i++) {
        int digit = digit_of(rest.ptr[i]);
        if (is_between(rest.ptr[i]))
            continue;
        if (digit < 0 || count == TYPED_DIGITS)
            return -EINVAL;
        bytes[count / 2] = (unsigned char)(bytes[count / 2] << 4 | digit);
        count++;
    }
    if (count != TYPED_DIGITS)
        return -EINVAL;
    check_of(line, bytes, check);
    int r = memcmp(check, bytes + PAPER_PIECE_BYTES, CHECK_BYTES) == 0 ? 0 : -EBADMSG;
    if (r == 0)
        memcpy(ret_piece, bytes, PAPER_PIECE_BYTES);
    mem_wipe(bytes, sizeof bytes);
    return r;
}
