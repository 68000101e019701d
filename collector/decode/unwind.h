/* unwind.h - what the readers of single languages' stack traces share.
 *
 * A reader goes over the text line by line, once, and notes exceptions and
 * frames in the order in which they stand there; stacktrace.c then turns
 * them round. Of more than WEIR_FRAMES_MAX frames the middle is dropped: the
 * first half stays where it is, the second half is a ring of the latest.
 * What cannot be kept is still read, so a reader never looks at bounds.
 *
 * Threads and memory as in stacktrace.h. */
#ifndef WEIR_DECODE_UNWIND_H
#define WEIR_DECODE_UNWIND_H

#include "stacktrace.h"

enum { WEIR_UNWIND_ROOM = WEIR_EXCEPTIONS_MAX };

struct weir_unwind {
    struct weir_arena *arena;
    struct weir_str text;
    size_t at; /* where the next line begins */
    const char *platform;
    struct weir_thrown *thrown; /* WEIR_UNWIND_ROOM of them */
    size_t n;
    size_t root;              /* the one that nothing was thrown after */
    bool oldest_last;         /* frames stand innermost first in the text */
    struct weir_thrown spare; /* what is over the bound is read into this */
    bool no_memory;
};

/* The next line without its line break; false at the end. */
bool weir_unwind_line(struct weir_unwind *u, struct weir_str *ret_line);
/* A further exception, without parent; never NULL. Over the bound it is the
 * spare one, whose number is -1. */
struct weir_thrown *weir_unwind_throw(struct weir_unwind *u, struct weir_str type,
                                      struct weir_str value);
/* The number of an exception of this unwind, -1 for the spare one and NULL. */
int32_t weir_unwind_number(const struct weir_unwind *u, const struct weir_thrown *t);
void weir_unwind_frame(struct weir_unwind *u, struct weir_thrown *t, const struct weir_frame *f);
/* Number `i` below n_frames, in the order of the text; the last, or NULL. */
struct weir_frame *weir_unwind_at(struct weir_thrown *t, size_t i);
struct weir_frame *weir_unwind_last(struct weir_thrown *t);
/* Puts the ring in order, so that frames[] may be read. Once, at the end. */
void weir_unwind_settle(struct weir_thrown *t);

/* ---- small readers of text --------------------------------------------- */

size_t weir_text_indent(struct weir_str line); /* leading spaces; a tab counts 4 */
/* The decimal number that `s` begins with; 0 without digits, or too many. */
uint32_t weir_text_number(struct weir_str s, size_t *ret_digits);
/* Cuts ":12" off the end of *s; false when there is none. */
bool weir_text_cut_number(struct weir_str *s, uint32_t *ret_number);
/* Offset of the last `c`, or SIZE_MAX. */
size_t weir_text_last(struct weir_str s, char c);
/* What stands between `from` and `to`, which point into one text. */
struct weir_str weir_text_span(const char *from, const char *to);
struct weir_str weir_text_basename(struct weir_str path);
/* Of a list that ends with NULL. */
bool weir_text_starts_any(struct weir_str s, const char *const *prefixes);
bool weir_text_has_any(struct weir_str s, const char *const *needles);
/* The path below a directory where applications usually live (/app/,
 * /usr/src/app/, /var/task/ ...), else empty. */
struct weir_str weir_text_below_app(struct weir_str path);

/* ---- languages --------------------------------------------------------- */

/* False: the text is none of this language's; what was noted is forgotten. */
bool weir_unwind_python(struct weir_unwind *u);
bool weir_unwind_java(struct weir_unwind *u);
bool weir_unwind_js(struct weir_unwind *u);
bool weir_unwind_go(struct weir_unwind *u);
bool weir_unwind_dotnet(struct weir_unwind *u);
bool weir_unwind_ruby(struct weir_unwind *u);
bool weir_unwind_php(struct weir_unwind *u);
bool weir_unwind_rust(struct weir_unwind *u);

#endif
