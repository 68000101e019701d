/* config_file.c - what commands share that only look at a configuration. */
#include "config_file.h"

#include "cli.h"

#include "../config/load.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

int weir_cli_config_options(int argc, char **argv, const char *help, const char **ret_path)
{
    static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    const char *path = NULL;
    int c;

    optind = 1;
    while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
        if (c == 'c') {
            path = optarg;
        } else if (c == 'h') {
            fputs(help, stdout);
            return WEIR_EXIT_OK;
        } else {
            fprintf(stderr, "see `weir %s --help`\n", argv[0]);
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
