/* scrub_report.h - `weir scrub --report DIR`: what a rule set does to real data,
 * before it is let loose on it.
 *
 *   files below DIR -> scrubbing -> findings: by rule and path, how often, in
 *                                   how many documents, what it looked like
 *
 * What was removed is shown by its shape (aaaa@aaaaaaa.aaa) unless values are
 * asked for, so that a report can be passed on. One thread. */
#ifndef WEIR_CLI_SCRUB_REPORT_H
#define WEIR_CLI_SCRUB_REPORT_H

#include "weir/arena.h"
#include "weir/scrub.h"

enum weir_scrub_report_format {
    WEIR_SCRUB_REPORT_TEXT,
    WEIR_SCRUB_REPORT_JSON,
    WEIR_SCRUB_REPORT_HTML
};

struct weir_scrub_report_options {
    const char *directory;
    enum weir_scrub_report_format format;
    bool values; /* show what was removed */
};

enum {
    WEIR_SCRUB_REPORT_SAMPLES = 5,
    WEIR_SCRUB_REPORT_VALUES = 64,
    WEIR_SCRUB_REPORT_FINDINGS = 4096
};

/* What one rule removed at one place of the documents. */
struct weir_finding {
    struct weir_str ruleset, rule, path; /* path: numbers of arrays as * */
    char method;
    size_t n, n_documents, last_document;
    struct weir_str samples[WEIR_SCRUB_REPORT_SAMPLES];
    size_t n_samples;
    struct {
        uint64_t hash;
        size_t n_documents, last_document;
    } values[WEIR_SCRUB_REPORT_VALUES]; /* the first different ones */
    size_t n_values;
    size_t longest;    /* bytes of the longest that went at once */
    bool words;        /* all were lower-case words */
    const char *doubt; /* why it may be a false positive, or NULL */
};

struct weir_scrub_report {
    const struct weir_scrub_report_options *options;
    struct weir_arena arena;
    struct weir_finding **findings; /* the most frequent first, once it is done */
    size_t n_findings;
    size_t n_files, n_unread, n_documents, n_matches;
    size_t n_lost; /* matches over WEIR_SCRUB_REPORT_FINDINGS */
    uint64_t bytes;
};

/* Runs and prints it. The exit status. */
int weir_scrub_report(const struct weir_scrub_report_options *options, const char *const *sets,
                      size_t n);
/* To stdout, in the format asked for. */
int weir_scrub_report_print(const struct weir_scrub_report *r);

#endif
