/* options.c - getopt_long's complaints in weir's words, with "did you mean". */
#include "options.h"

#include "../config/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void weir_cli_suggest(const char *word, const char *const *candidates)
{
    struct weir_suggestion s;

    weir_suggest_init(&s, weir_str_of(word));
    for (; *candidates != NULL; candidates++)
        weir_suggest(&s, weir_str_of(*candidates));
    if (s.best.n > 0)
        fprintf(stderr, ", did you mean %.*s?", WEIR_FMT(s.best));
}

static void suggest_option(const char *word, const struct option *longs)
{
    struct weir_suggestion s;
    size_t n = strcspn(word, "=");

    weir_suggest_init(&s, (struct weir_str){word, n});
    for (; longs->name != NULL; longs++)
        weir_suggest(&s, weir_str_of(longs->name));
    if (s.best.n > 0)
        fprintf(stderr, ", did you mean --%.*s?", WEIR_FMT(s.best));
}

int weir_cli_option(int argc, char **argv, const char *shorts, const struct option *longs,
                    int *ret_which)
{
    int c, at = optind;
    const char *word;
    bool is_long;

    opterr = 0;
    c = getopt_long(argc, argv, shorts, longs, ret_which);
    if (c != '?' && c != ':')
        return c;
    /* a cluster of short options may not be behind optind yet */
    word = argv[optind > at ? optind - 1 : at];
    is_long = strncmp(word, "--", 2) == 0;
    fprintf(stderr, "weir %s: ", argv[0]);
    if (c == ':')
        fprintf(stderr, "a value is missing after %s", word);
    else if (is_long && optopt != 0)
        fprintf(stderr, "%.*s takes no value", (int)strcspn(word, "="), word);
    else if (is_long)
        fprintf(stderr, "unknown option %.*s", (int)strcspn(word, "="), word);
    else
        fprintf(stderr, "unknown option -%c", optopt);
    if (c == '?' && is_long && optopt == 0)
        suggest_option(word + 2, longs);
    fprintf(stderr, "; `weir %s --help`\n", argv[0]);
    return '?';
}
