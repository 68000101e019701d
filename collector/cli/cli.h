/* cli.h - the subcommands, one file each; main.c only dispatches.
 *
 * Every function takes the arguments from its own name on (argv[0] is
 * "check", "send", ...) and returns the exit status of contract 1. */
#ifndef WEIR_CLI_H
#define WEIR_CLI_H

enum weir_exit {
    WEIR_EXIT_OK = 0,
    WEIR_EXIT_FAILED = 1,
    WEIR_EXIT_USAGE = 2,
    WEIR_EXIT_CONFIG = 78
};

int weir_cli_run(int argc, char **argv);
int weir_cli_check(int argc, char **argv);
int weir_cli_config(int argc, char **argv);
int weir_cli_scrub(int argc, char **argv);
int weir_cli_reveal(int argc, char **argv);
int weir_cli_rules(int argc, char **argv);
int weir_cli_send(int argc, char **argv);
int weir_cli_sink(int argc, char **argv);
int weir_cli_spool(int argc, char **argv);
int weir_cli_alerts(int argc, char **argv);
int weir_cli_version(int argc, char **argv);

#endif
