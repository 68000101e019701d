/* literals.h - which patterns can match a text at all (private to scrubbers/).
 *
 * A pattern that has a literal which every match holds need not be tried on
 * texts without it. The literals of all patterns of a plan are looked for in
 * one pass, by an automaton, so that a thousand patterns cost hardly more
 * than ten.
 *
 *   'ORD-([0-9]+)'           ord-
 *   '(sk|pk)_(live|test)_\w' live, test: one of them
 *   '\d{4}|[a-z]+@'          none: tried on every text
 *
 * Case is ignored throughout: the gate lets more through than matches. */
#ifndef WEIR_SCRUB_LITERALS_H
#define WEIR_SCRUB_LITERALS_H

#include "weir/arena.h"

enum {
    WEIR_LITERAL_LEAST = 3, /* shorter ones are everywhere */
    WEIR_LITERAL_MOST = 12, /* what is longer is cut: more selects no better */
    WEIR_LITERALS = 32      /* alternatives of one pattern */
};

/* Every match holds at least one of these, in lower case. */
struct weir_literals {
    unsigned n; /* 0: no such literal is known */
    struct weir_literal {
        uint8_t n;
        char text[WEIR_LITERAL_MOST];
    } list[WEIR_LITERALS];
};

/* Reads them off the source of a pattern (PCRE2 syntax, which compiles). What
 * it does not understand has no literal. */
void weir_literals_of(struct weir_str pattern, struct weir_literals *ret_literals);

/* The automaton. Read only once built; shared by all threads. */
struct weir_gate;

/* A gate for `n` patterns, the i-th open where literals[i] stand; memory from
 * `a`. ret_gated[i] says whether the gate knows of it: those without literal,
 * and those for which the automaton has no room, it does not. NULL: no
 * memory. */
struct weir_gate *weir_gate_new(struct weir_arena *a, const struct weir_literals *const *literals,
                                size_t n, bool *ret_gated);
/* How many words of 64 bits weir_gate_scan() needs. */
size_t weir_gate_words(const struct weir_gate *g);
/* Sets the bits of the patterns whose literals stand in `text`, the others are
 * 0. False: none stands there, and nothing is written. */
bool weir_gate_scan(const struct weir_gate *g, struct weir_str text, uint64_t *ret_open);

#endif
