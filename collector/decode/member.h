/* member.h - JSON objects written member by member, commas as needed.
 *
 * What a decoder builds is one weir_buf: whether a comma is due shows in its
 * last byte, and an object that stayed empty is taken back as a whole.
 *
 * Threads: one owner, that of the buffer. */
#ifndef WEIR_DECODE_MEMBER_H
#define WEIR_DECODE_MEMBER_H

#include "weir/buf.h"

/* A comma unless an object or list was opened last. */
void weir_member_comma(struct weir_buf *out);
/* "name": with the comma before it that it needs; `name` is escaped. */
void weir_member(struct weir_buf *out, struct weir_str name);
/* "name":"text"; nothing when `text` is empty. */
void weir_member_text(struct weir_buf *out, const char *name, struct weir_str text);
/* "name":{ and the place for weir_member_close(), which writes the } or, when
 * nothing came between, takes the whole back. */
size_t weir_member_open(struct weir_buf *out, const char *name);
void weir_member_close(struct weir_buf *out, size_t opened);

#endif
