/* config.c - `weir config`: the configuration as weir understands it. */
#include "cli.h"

#include "config_file.h"

#include <stdio.h>
#include <unistd.h>

static const char help[] =
    "Usage: weir config [-c FILE]\n\n"
    "Prints the effective configuration as YAML: the file, WEIR_* variables and\n"
    "defaults together, secrets shown as ***.\n"
    "Without -c: ./weir.yaml, then /etc/weir/weir.yaml, then built-in defaults.\n\n"
    "  -c, --config FILE      the configuration (YAML or JSON)\n"
    "  -h, --help             this text\n\n"
    "Examples:\n"
    "  weir config -c /etc/weir/weir.yaml\n"
    "  WEIR_LISTEN_HTTP=:9000 weir config | grep -A5 listen\n";

static int print(const struct weir_snapshot *s)
{
    if (s == NULL)
        return WEIR_EXIT_CONFIG;
    return weir_snapshot_print(s, STDOUT_FILENO) == 0 ? WEIR_EXIT_OK : WEIR_EXIT_FAILED;
}

int weir_cli_config(int argc, char **argv)
{
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_snapshot *snapshot = NULL;
    const char *path;
    int status = weir_cli_config_options(argc, argv, help, &path);

    if (status >= 0)
        return status;
    weir_arena_init(&arena, 16 << 20);
    weir_errors_init(&errors, &arena);
    if (weir_cli_config_load(path, &errors, &snapshot) != 0)
        snapshot = NULL;
    weir_errors_print(&errors, STDERR_FILENO);
    status = print(snapshot);
    weir_snapshot_put(snapshot);
    weir_arena_destroy(&arena);
    return status;
}
