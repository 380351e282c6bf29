/* SPDX-License-Identifier: MIT */
/* sql.h: prepared statements, kept; parameters bound in order; errors as errno. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store/internal.h"

/* One use of a statement.  Bindings fail once and stick, so that the step is the only check. */
struct sql {
    struct store *store;
    sqlite3_stmt *stmt;
    int bound;
    int failed;
    bool own; /* prepared for this use alone: the kept one is being walked further up */
};

/* `text` must be a constant: its address is the key under which the prepared statement is kept. */
int sql_read(struct store *store, const char *text, struct sql *ret_sql) MUST_CHECK;
/* BEGIN, COMMIT and their like: no page is read for them. */
int sql_control(struct store *store, const char *text, struct sql *ret_sql) MUST_CHECK;
int sql_write(struct store *store, const char *text,
              struct sql *ret_sql) MUST_CHECK; /* begins the transaction */
void sql_done(struct sql *sql);                /* all zeros is fine */
#define AUTO_SQL CLEANUP(sql_done) struct sql

/* Parameters ?1, ?2 ... in order.  Texts and blobs must live until the last step. */
void sql_int(struct sql *sql, int64_t value);
void sql_id(struct sql *sql, uint64_t value);
void sql_text(struct sql *sql, struct str text);
void sql_blob(struct sql *sql, const void *bytes, size_t size);
void sql_sealed(struct sql *sql, struct str sealed); /* empty: NULL */

int sql_step(struct sql *sql) MUST_CHECK; /* 1: a row; 0: no more; negative errno */
int sql_find(struct sql *sql) MUST_CHECK; /* a step that must give a row: 0; -ENOENT */
int sql_run(struct sql *sql) MUST_CHECK;  /* all its steps; 0 */
int64_t sql_get_int(const struct sql *sql, int column);
uint64_t sql_get_id(const struct sql *sql, int column);
struct str sql_get_str(const struct sql *sql, int column); /* until the next step */
int sql_keep_str(const struct sql *sql, int column, struct arena *arena,
                 struct str *ret_text) MUST_CHECK;

int sql_changes(const struct store *store);
/* What a failed call of SQLite means; notices when it rolled the whole transaction back. */
int sql_error(struct store *store, int code);
void sql_forget_statements(struct store *store);

#endif
