/* reader.h - what the files that read share. Threads: whoever holds the
 * reader. */
#ifndef WEIR_SPOOL_READER_H
#define WEIR_SPOOL_READER_H

#include "internal.h"

struct weir_spool_reader {
    struct weir_spool *spool;
    struct weir_db db;
    unsigned generation; /* of the file that db is open on */
};

/* Opens one view; begin that succeeded is followed by end, which hands `err`
 * through and reports damage to the spool thread. */
int weir_reader_begin(struct weir_spool_reader *r) WEIR_MUST_CHECK;
int weir_reader_end(struct weir_spool_reader *r, int err);
/* A column's bytes in the arena; sets *failed when there is no room. */
struct weir_str weir_reader_copy(struct weir_arena *a, sqlite3_stmt *st, int column, bool *failed);

#endif
