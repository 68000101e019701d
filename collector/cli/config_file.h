/* config_file.h - what commands share that only look at a configuration. */
#ifndef WEIR_CLI_CONFIG_FILE_H
#define WEIR_CLI_CONFIG_FILE_H

#include "weir/config.h"

/* What a command does with the configuration that it was given: `s` is NULL
 * when there are mistakes; they and the warnings in `errors` are on stderr
 * already. The answer is the exit status. */
typedef int weir_cli_config_fn(void *self, const struct weir_snapshot *s,
                               const struct weir_errors *errors);

/* Reads `[-c FILE] [--help]`, and `--canary` unless `ret_canary` is NULL.
 * Negative: go on with *ret_path (NULL: not given); else the exit status. */
int weir_cli_config_options(int argc, char **argv, const char *help, const char **ret_path,
                            bool *ret_canary);
/* Loads the configuration and hands it to `use`. The exit status. */
int weir_cli_config_with(const char *path, weir_cli_config_fn *use, void *self);
/* weir_snapshot_load() that leaves no trace on the disk (no hash.key). */
int weir_cli_config_load(const char *path, struct weir_errors *errors,
                         struct weir_snapshot **ret_snapshot) WEIR_MUST_CHECK;

#endif
