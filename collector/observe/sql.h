/* sql.h - a database statement to what it does to what. Private to observe/. */
#ifndef WEIR_OBSERVE_SQL_H
#define WEIR_OBSERVE_SQL_H

#include "weir/str.h"

enum { WEIR_SQL_TABLE_BYTES = 128 };

/* `SELECT "u"."id" FROM shop.users u WHERE email = 'x'` to SELECT and
 * shop.users; `{"find": "users", ...}` (MongoDB) to FIND and users; a command
 * of Redis to its name alone. Values never get into the result. The verb is a
 * constant, empty when it is none that is known; the table is empty when none
 * is found, else in `room`. Pure; reads 4 KiB at most. */
struct weir_str weir_sql(struct weir_str statement, char room[WEIR_SQL_TABLE_BYTES],
                         struct weir_str *ret_table);
/* The verb that `word` is, in capitals; empty: none that is known. */
struct weir_str weir_sql_verb(struct weir_str word);

#endif
