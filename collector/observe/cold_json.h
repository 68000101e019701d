/* cold_json.h - jansson for answers that are asked for now and then. Private
 * to observe/. */
#ifndef WEIR_OBSERVE_COLD_JSON_H
#define WEIR_OBSERVE_COLD_JSON_H

#include "weir/arena.h"

#include <jansson.h>

/* Writes `value_take` compactly into the arena. WEIR_ENOMEM, also when
 * `value_take` is NULL. */
int weir_json_print(struct weir_arena *a, json_t *value_take,
                    struct weir_str *ret_text) WEIR_MUST_CHECK;
/* Sets a member; memory that runs out is found by weir_json_print() no
 * sooner than the reader misses the member, so every answer's members are
 * set by these. */
void weir_json_set_text(json_t *object, const char *name, struct weir_str value);
void weir_json_set_number(json_t *object, const char *name, uint64_t value);
/* RFC 3339, or null for 0. */
void weir_json_set_time(json_t *object, const char *name, uint64_t wall_ms);

#endif
