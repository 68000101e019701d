/* config_file.h - what commands share that only look at a configuration. */
#ifndef WEIR_CLI_CONFIG_FILE_H
#define WEIR_CLI_CONFIG_FILE_H

#include "weir/config.h"

/* Reads `[-c FILE] [--help]`. Negative: go on with *ret_path (NULL: not
 * given); else the exit status. */
int weir_cli_config_options(int argc, char **argv, const char *help, const char **ret_path);
/* weir_snapshot_load() that leaves no trace on the disk (no hash.key). */
int weir_cli_config_load(const char *path, struct weir_errors *errors,
                         struct weir_snapshot **ret_snapshot) WEIR_MUST_CHECK;

#endif
