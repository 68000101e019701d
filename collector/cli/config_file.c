/* config_file.c - what commands share that only look at a configuration. */
#include "config_file.h"

#include "cli.h"
#include "options.h"

#include "../config/load.h"

#include <stdio.h>
#include <unistd.h>

int weir_cli_config_options(int argc, char **argv, const char *help, const char **ret_path,
                            bool *ret_canary)
{
    static const struct option longs[] = {{"canary", no_argument, NULL, 'C'},
                                          {"config", required_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    const char *path = NULL;
    int c;

    optind = 1;
    while ((c = weir_cli_option(argc, argv, ":c:h", ret_canary != NULL ? longs : longs + 1,
                                NULL)) != -1) {
        if (c == 'c') {
            path = optarg;
        } else if (c == 'C' && ret_canary != NULL) {
            *ret_canary = true;
        } else if (c == 'h') {
            fputs(help, stdout);
            return WEIR_EXIT_OK;
        } else {
            return WEIR_EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "weir %s: unexpected '%s'; name the file with -c\n", argv[0], argv[optind]);
        return WEIR_EXIT_USAGE;
    }
    *ret_path = path;
    return -1;
}

int weir_cli_config_load(const char *path, struct weir_errors *errors,
                         struct weir_snapshot **ret_snapshot)
{
    const struct weir_load_options options = {
        .path = path, .variables = environ, .use_files = true, .use_dns = true};

    return weir_load(&options, errors, ret_snapshot);
}

int weir_cli_config_with(const char *path, weir_cli_config_fn *use, void *self)
{
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_snapshot *snapshot = NULL;
    int status;

    weir_arena_init(&arena, 16 << 20);
    weir_errors_init(&errors, &arena);
    if (weir_cli_config_load(path, &errors, &snapshot) != 0)
        snapshot = NULL;
    weir_errors_print(&errors, STDERR_FILENO);
    status = use(self, snapshot, &errors);
    weir_snapshot_put(snapshot);
    weir_arena_destroy(&arena);
    return status;
}
