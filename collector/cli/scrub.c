/* scrub.c - `weir scrub`: what would leave? An event, NDJSON of events, or an
 * envelope in, the same scrubbed out in the same order. */
#include "cli.h"

#include "input.h"
#include "options.h"
#include "scrub_report.h"
#include "scrubbing.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "Usage: weir scrub [-r RULESET]... [--explain] [FILE]\n"
    "       weir scrub [-r RULESET]... --report DIR [--format text|json|html] [--values]\n\n"
    "Reads an event (JSON), one event a line (NDJSON), or an envelope, from FILE or\n"
    "stdin, and writes the same scrubbed, in the same order, to stdout. A line of\n"
    "NDJSON that is no JSON is named on stderr and left out; the exit status is 1 then.\n\n"
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
    const char *file;         /* NULL: stdin */
    const char *report_alone; /* an option that only reports have */
    struct weir_scrub_report_options report;
};

static int usage(const char *why, const char *what)
{
    fprintf(stderr, "weir scrub: %s%s; `weir scrub --help`\n", why, what);
    return WEIR_EXIT_USAGE;
}

static int read_format(struct options *o, const char *name)
{
    static const char *const names[] = {"text", "json", "html"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            o->report.format = (enum weir_scrub_report_format)i;
            o->report_alone = "--format";
            return -1;
        }
    return usage("--format is text, json or html, not ", name);
}

/* One option. An exit status, or negative to go on. */
static int take_option(struct options *o, int c)
{
    switch (c) {
    case 'r':
        if (o->n_sets == WEIR_SCRUBBING_SETS)
            return usage("too many rule sets", "");
        o->sets[o->n_sets++] = optarg;
        return -1;
    case 'x':
        o->explain = true;
        return -1;
    case 'R':
        o->report.directory = optarg;
        return -1;
    case 'F':
        return read_format(o, optarg);
    case 'V':
        o->report.values = true;
        o->report_alone = "--values";
        return -1;
    case 'h':
        fputs(help, stdout);
        return WEIR_EXIT_OK;
    default:
        return WEIR_EXIT_USAGE;
    }
}

static int read_options(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {{"ruleset", required_argument, NULL, 'r'},
                                          {"explain", no_argument, NULL, 'x'},
                                          {"report", required_argument, NULL, 'R'},
                                          {"format", required_argument, NULL, 'F'},
                                          {"values", no_argument, NULL, 'V'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c, status = -1;

    optind = 1;
    while (status < 0 && (c = weir_cli_option(argc, argv, ":r:xh", longs, NULL)) != -1)
        status = take_option(o, c);
    if (status >= 0)
        return status;
    if (argc - optind > 1)
        return usage("more than one file: ", argv[optind + 1]);
    o->file = argv[optind]; /* or the NULL that ends them */
    if (o->report.directory != NULL && o->file != NULL)
        return usage("--report reads a directory, not ", o->file);
    /* without this a report that was meant would wait for stdin in silence */
    if (o->report.directory == NULL && o->report_alone != NULL)
        return usage("--report DIR is missing, for ", o->report_alone);
    if (o->n_sets == 0)
        o->sets[o->n_sets++] = "default";
    return -1;
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
        fflush(stdout) == 0 && s.broken == 0)
        status = WEIR_EXIT_OK;
done:
    weir_scrubbing_close(&s);
    return status;
}
