/* main.c - finds the subcommand and calls it. */
#include "cli.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"run", "collect, scrub, spool and forward", weir_cli_run},
    {"check", "validate configuration and rule sets", weir_cli_check},
    {"config", "print the effective configuration, secrets hidden", weir_cli_config},
    {"scrub", "scrub an event, NDJSON or an envelope on standard output", weir_cli_scrub},
    {"reveal", "open what the encrypt method closed", weir_cli_reveal},
    {"rules", "run the examples kept beside rules", weir_cli_rules},
    {"send", "send one test event", weir_cli_send},
    {"sink", "an embedded DSN to try weir out without an account", weir_cli_sink},
    {"spool", "the spool and its dead letters: show, redrive, drop, export", weir_cli_spool},
    {"alerts", "print Prometheus rules made from the configuration", weir_cli_alerts},
    {"version", "version, build and linked libraries", weir_cli_version},
};

static void usage(FILE *to)
{
    fputs("weir - takes errors, breadcrumbs and traces, scrubs personal data, forwards to a DSN\n\n"
          "Usage: weir COMMAND [OPTION]...\n\nCommands:\n",
          to);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fputs("\nExamples:\n"
          "  weir sink &                                  a DSN on 127.0.0.1:9137 to look at\n"
          "  WEIR_DSN=http://key@127.0.0.1:9137/1 weir run\n"
          "  weir send 'card 4111 1111 1111 1111 declined'\n"
          "  weir check -c weir.yaml\n\n"
          "weir COMMAND --help tells more of a command.\n"
          "Exit status: 0 fine, 1 failed at run time, 2 wrong usage, 78 configuration invalid.\n",
          to);
}

static const struct command *find(const char *name)
{
    const char *names[sizeof commands / sizeof *commands + 1] = {NULL};

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
        names[i] = commands[i].name;
    }
    fprintf(stderr, "weir: no %s '%s'", name[0] == '-' ? "option" : "command", name);
    weir_cli_suggest(name, names);
    fputs("; `weir --help` lists the commands\n", stderr);
    return NULL;
}

/* Whoever starts weir with one of these closed would have a file or a socket
 * take its number, and what is logged or printed would be written there. Each
 * is opened the wrong way round, so that it is an error to use it. */
static bool hold_standard_files(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", modes[fd]) != fd)
            return false;
    }
    return true;
}

/* What is printed may be all that was asked for: on a full disk `weir spool
 * export > dead.ndjson` must not look as if it had worked. */
static int check_output(const struct command *command, int status)
{
    bool failed = fflush(stdout) != 0;

    if (!failed && !ferror(stdout))
        return status;
    fprintf(stderr, "weir %s: cannot write to standard output%s%s\n", command->name,
            failed ? ": " : "", failed ? strerror(errno) : "");
    return status == WEIR_EXIT_OK ? WEIR_EXIT_FAILED : status;
}

int main(int argc, char **argv)
{
    const struct command *command;
    bool help;

    if (!hold_standard_files())
        return WEIR_EXIT_FAILED;

    if (argc < 2) {
        usage(stderr);
        return WEIR_EXIT_USAGE;
    }
    help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
           strcmp(argv[1], "help") == 0;
    if (help && argc == 2) {
        usage(stdout);
        return WEIR_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0)
        argv[1] = "version";
    command = find(argv[help ? 2 : 1]);
    if (command == NULL)
        return WEIR_EXIT_USAGE;
    if (help) {
        char name[16], option[] = "--help", *words[] = {name, option, NULL};

        snprintf(name, sizeof name, "%s", command->name);
        return check_output(command, command->run(2, words));
    }
    return check_output(command, command->run(argc - 1, argv + 1));
}
