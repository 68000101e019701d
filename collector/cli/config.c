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
    "  WEIR_LISTEN_HTTP=127.0.0.1:9000 weir config | grep -A5 listen\n";

static int print(void *self, const struct weir_snapshot *s, const struct weir_errors *errors)
{
    int err;

    (void)self, (void)errors;
    if (s == NULL)
        return WEIR_EXIT_CONFIG;
    err = weir_snapshot_print(s, STDOUT_FILENO);
    if (err == 0)
        return WEIR_EXIT_OK;
    fprintf(stderr, "weir config: cannot write to standard output: %s\n", weir_strerror(err));
    return WEIR_EXIT_FAILED;
}

int weir_cli_config(int argc, char **argv)
{
    const char *path;
    int status = weir_cli_config_options(argc, argv, help, &path, NULL);

    return status >= 0 ? status : weir_cli_config_with(path, print, NULL);
}
