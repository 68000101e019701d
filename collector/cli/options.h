/* options.h - how all commands read options and say what is wrong with them. */
#ifndef WEIR_CLI_OPTIONS_H
#define WEIR_CLI_OPTIONS_H

#include <getopt.h>

/* getopt_long(), from the first word at the first call (optind 1). What it
 * does not take is said on stderr in weir's words, with the option that was
 * probably meant; then it returns '?'. `shorts` begins with ':'. `ret_which`
 * may be NULL. */
int weir_cli_option(int argc, char **argv, const char *shorts, const struct option *longs,
                    int *ret_which);
/* ", did you mean X?" for a word of the command line, or nothing: what is
 * near in the NULL-ended list. Prints to stderr. */
void weir_cli_suggest(const char *word, const char *const *candidates);

#endif
