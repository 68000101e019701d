/* scrub.c - `weir scrub`: what would leave? An event, NDJSON of events, or an
 * envelope in, the same scrubbed out in the same order. */
#include "cli.h"

#include "input.h"
#include "scrub_report.h"
#include "scrubbing.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "Usage: weir scrub [-r RULESET]... [--explain] [FILE]\n"
    "       weir scrub [-r RULESET]... --report DIR [--format text|json|html] [--values]\n\n"
    "Reads an event (JSON), one event a line (NDJSON), or an envelope, from FILE or\n"
    "stdin, and writes the same scrubbed, in the same order, to stdout.\n\n"
    "  -r, --ruleset RULESET  a built-in rule set (default) or a file; may be repeated\n"
    "  -x, --explain          on stderr: path, rule, method and range of what was removed\n"
    "      --report DIR       of all files below DIR: what is removed where, by which rule,\n"
    "                         and what looks like a false positive\n"
    "      --format FORMAT    of the report: text (default), json, or html (one page)\n"
    "      --values           the report shows what was removed; otherwise only its shape\n"
    "  -h, --help             this text\n\n"
    "Methods as in _meta: x removed, s substituted, m masked, p hashed, e encrypted.\n"
    "WEIR_HASH_KEY keys hashes.\n\n"
    "Examples:\n"
    "  weir scrub event.json\n"
    "  weir scrub -r default -r rules/shop.yaml --explain < events.ndjson\n"
    "  weir scrub -r strict --report samples/ --format html > report.html\n";

struct options {
    const char *sets[WEIR_SCRUBBING_SETS];
    size_t n_sets;
    bool explain;
    const char *file; /* NULL: stdin */
    struct weir_scrub_report_options report;
};

static int usage(const char *why, const char *what)
{
    fprintf(stderr, "weir scrub: %s%s\n\n%s", why, what, help);
    return WEIR_EXIT_USAGE;
}

static int read_format(struct options *o, const char *name)
{
    static const char *const names[] = {"text", "json", "html"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            o->report.format = (enum weir_scrub_report_format)i;
            return -1;
        }
    return usage("--format is text, json or html, not ", name);
}

/* An option with a value. */
static int read_value(struct options *o, const char *name, const char *value)
{
    if (strcmp(name, "--report") == 0) {
        o->report.directory = value;
        return -1;
    }
    if (strcmp(name, "--format") == 0)
        return read_format(o, value);
    if (o->n_sets == WEIR_SCRUBBING_SETS)
        return usage("too many rule sets", "");
    o->sets[o->n_sets++] = value;
    return -1;
}

static bool takes_value(const char *name)
{
    static const char *const names[] = {"-r", "--ruleset", "--report", "--format"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* A flag or the file. An exit status, or negative to go on. */
static int read_word(struct options *o, const char *word)
{
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        fputs(help, stdout);
        return WEIR_EXIT_OK;
    }
    if (strcmp(word, "-x") == 0 || strcmp(word, "--explain") == 0) {
        o->explain = true;
    } else if (strcmp(word, "--values") == 0) {
        o->report.values = true;
    } else if (word[0] == '-' && word[1] != '\0') {
        return usage("unknown option ", word);
    } else if (o->file != NULL) {
        return usage("more than one file", "");
    } else {
        o->file = word;
    }
    return -1;
}

static int read_options(struct options *o, int argc, char **argv)
{
    int status = -1;

    for (int i = 1; i < argc && status < 0; i++) {
        if (!takes_value(argv[i])) {
            status = read_word(o, argv[i]);
        } else if (i + 1 == argc) {
            return usage("a value is missing after ", argv[i]);
        } else {
            status = read_value(o, argv[i], argv[i + 1]);
            i++;
        }
    }
    if (status < 0 && o->report.directory != NULL && o->file != NULL)
        return usage("--report reads a directory, not ", o->file);
    if (o->n_sets == 0)
        o->sets[o->n_sets++] = "default";
    return status;
}

static void explain(void *self, const char *where, const struct weir_match *m, size_t n)
{
    (void)self;
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "%s\t%.*s\t%.*s\t%c\t%zu-%zu\n", where, WEIR_FMT(m[i].path),
                WEIR_FMT(m[i].rule), m[i].method, m[i].start, m[i].end);
}

int weir_cli_scrub(int argc, char **argv)
{
    struct options o = {.n_sets = 0};
    struct weir_scrubbing s = {.command = "scrub"};
    struct weir_str in, out = {NULL, 0};
    int status = read_options(&o, argc, argv);

    if (status >= 0)
        return status;
    if (o.report.directory != NULL)
        return weir_scrub_report(&o.report, o.sets, o.n_sets);
    s.found = o.explain ? explain : NULL;
    status = weir_scrubbing_open(&s, o.sets, o.n_sets);
    if (status >= 0)
        goto done;
    status = WEIR_EXIT_FAILED;
    if (weir_input_read(s.command, o.file, WEIR_SCRUBBING_MAX, &s.arena, &in) == 0 &&
        weir_scrubbing_run(&s, in, &out) == 0 && fwrite(out.p, 1, out.n, stdout) == out.n &&
        fflush(stdout) == 0)
        status = WEIR_EXIT_OK;
done:
    weir_scrubbing_close(&s);
    return status;
}
