/* input.h - reading what a command is given: a file, or stdin. */
#ifndef WEIR_CLI_INPUT_H
#define WEIR_CLI_INPUT_H

#include "weir/arena.h"

/* The whole of `path` (NULL or "-": stdin), at most `max_bytes`, in the
 * arena. A failure is said on stderr as that of `weir COMMAND`. */
int weir_input_read(const char *command, const char *path, size_t max_bytes, struct weir_arena *a,
                    struct weir_str *ret_text) WEIR_MUST_CHECK;

#endif
