/* paths.h - which applications reach the value at a path, step by step.
 *
 * All paths of all selectors of a plan are one automaton over the steps of a
 * document (key or index, kind and types of the value). A set of positions
 * in these paths is a state; pushing a value leads from its parent's state
 * to its own. States and steps are remembered, so in a warm scrubber a push
 * is one look-up, whatever the number of selectors; nothing is evaluated
 * again for a string of a path seen before.
 *
 *   path extra.**.b:   0 --extra--> 1 --any--> 2 (stays on any) --b--> 3 accepts
 *   Position 0 is in every state, since paths are matched from the end.
 *
 * The set of applications that a state accepts, combined with the class of
 * the field (schema.h), picks the leaves to run: a weir_menu.
 *
 * weir_paths is built with the plan and read only; weir_steps is one
 * scrubber's memory for it. */
#ifndef WEIR_SCRUB_PATHS_H
#define WEIR_SCRUB_PATHS_H

#include "rule.h"

struct weir_paths;

/* `selectors` outlive it. In the arena. */
struct weir_paths *weir_paths_new(struct weir_arena *a,
                                  const struct weir_selector *const *selectors, size_t n);
/* The number of a key that some selector names, else 0. Any case. */
uint32_t weir_paths_symbol(const struct weir_paths *p, struct weir_str key);

struct weir_steps;

struct weir_steps *weir_steps_new(const struct weir_paths *p);
void weir_steps_free(struct weir_steps *s);
/* The state of the root, 0. */
/* The state of a value with this key symbol and types (of its kind and of
 * the schema) whose parent is in `state`. Negative: out of memory. */
int32_t weir_steps_push(struct weir_steps *s, int32_t state, uint32_t symbol, uint32_t types);
/* Is selector `i` satisfied in `state`? Slow: the caller remembers. */
bool weir_steps_accepts(const struct weir_steps *s, int32_t state, size_t i);
/* Number of states so far; a caller that finds too many starts anew between
 * documents. */
size_t weir_steps_count(const struct weir_steps *s);

#endif
