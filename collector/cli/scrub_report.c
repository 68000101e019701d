/* scrub_report.c - gathers findings, see scrub_report.h. */
#include "scrub_report.h"

#include "cli.h"
#include "input.h"
#include "scrubbing.h"
#include "weir/hash.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 16, PATH_BYTES = 4096, SAMPLE = 60, LONG = 200, REPORT_BYTES = 256 * 1024 * 1024 };

/* ---- findings --------------------------------------------------------------------- */

/* The path with the numbers of arrays as *, so that all frames are one. */
static struct weir_str template_of(struct weir_arena *a, struct weir_str path)
{
    struct weir_str rest = path, segment;
    struct weir_buf b;

    weir_buf_init(&b, a, path.n + 1);
    while (rest.n > 0) {
        uint64_t number;
        bool more = weir_str_cut(rest, '.', &segment, &rest);

        weir_buf_add(&b, weir_str_u64(segment, &number) ? WEIR_S("*") : segment);
        if (more)
            weir_buf_char(&b, '.');
    }
    return weir_buf_str(&b, &path) == 0 ? path : (struct weir_str){NULL, 0};
}

/* Letters as a and A, digits as 9: what it looked like, not what it was. */
static struct weir_str shape_of(struct weir_arena *a, struct weir_str text)
{
    char *p = weir_arena_alloc(a, SAMPLE + 3);
    size_t n = 0;

    if (p == NULL)
        return (struct weir_str){NULL, 0};
    for (size_t i = 0; i < text.n && n < SAMPLE; i++) {
        char c = text.p[i];

        if (((uint8_t)c & 0xC0) == 0x80)
            continue;
        if (c >= 'A' && c <= 'Z')
            c = 'A';
        else if ((c >= 'a' && c <= 'z') || (uint8_t)c >= 0x80)
            c = 'a';
        else if (c >= '0' && c <= '9')
            c = '9';
        else if ((uint8_t)c < ' ')
            c = ' ';
        p[n++] = c;
    }
    if (text.n > SAMPLE) {
        memcpy(p + n, "...", 3);
        n += 3;
    }
    return (struct weir_str){p, n};
}

static bool is_word(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 'a' || s.p[i] > 'z')
            return false;
    return s.n > 0 && s.n <= 20;
}

static struct weir_finding *find(struct weir_scrub_report *r, const struct weir_match *m,
                                 struct weir_str path)
{
    struct weir_finding *f;

    for (size_t i = 0; i < r->n_findings; i++) {
        f = r->findings[i];
        if (weir_str_eq(f->path, path) && weir_str_eq(f->rule, m->rule) &&
            weir_str_eq(f->ruleset, m->ruleset))
            return f;
    }
    if (r->n_findings == WEIR_SCRUB_REPORT_FINDINGS)
        return NULL;
    f = weir_arena_zalloc(&r->arena, 1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->path = path;
    f->rule = weir_arena_copy(&r->arena, m->rule);
    f->ruleset = weir_arena_copy(&r->arena, m->ruleset);
    f->method = m->method;
    f->words = true;
    r->findings[r->n_findings++] = f;
    return f;
}

static void add_sample(struct weir_scrub_report *r, struct weir_finding *f, struct weir_str value)
{
    struct weir_str sample;

    if (f->n_samples == WEIR_SCRUB_REPORT_SAMPLES)
        return;
    sample = r->options->values ? weir_arena_copy(&r->arena, weir_str_sub(value, 0, LONG))
                                : shape_of(&r->arena, value);
    for (size_t i = 0; i < f->n_samples; i++)
        if (weir_str_eq(f->samples[i], sample))
            return;
    if (sample.p != NULL)
        f->samples[f->n_samples++] = sample;
}

static void add_value(struct weir_finding *f, struct weir_str value, size_t document)
{
    uint64_t hash = weir_keyed_hash(value);
    size_t i = 0;

    while (i < f->n_values && f->values[i].hash != hash)
        i++;
    if (i == WEIR_SCRUB_REPORT_VALUES)
        return;
    if (i == f->n_values) {
        f->values[i].hash = hash;
        f->n_values++;
    }
    f->values[i].n_documents += f->values[i].last_document != document;
    f->values[i].last_document = document;
}

/* One match of the document at hand. False: no memory. */
static bool add_match(struct weir_scrub_report *r, const struct weir_match *m)
{
    struct weir_str value = weir_str_sub(m->original, m->from, m->to - m->from);
    struct weir_str path = template_of(&r->arena, m->path);
    struct weir_finding *f;

    if (m->path.n > 0 && path.p == NULL)
        return false;
    r->n_matches++;
    f = find(r, m, path);
    if (f == NULL) {
        r->n_lost++;
        return r->n_findings == WEIR_SCRUB_REPORT_FINDINGS;
    }
    f->n++;
    f->n_documents += f->last_document != r->n_documents;
    f->last_document = r->n_documents;
    f->longest = value.n > f->longest ? value.n : f->longest;
    f->words = f->words && is_word(value);
    add_sample(r, f, value);
    add_value(f, value, r->n_documents);
    return true;
}

/* ---- judging ------------------------------------------------------------------------ */

/* A person's value is seldom in every other document, no word of a language,
 * and short. */
static const char *doubt_about(const struct weir_finding *f, size_t n_documents)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (n_documents >= 5 && f->values[i].n_documents * 2 > n_documents)
            return "the same value in more than half of all documents";
    if (f->words)
        return "lower-case words only";
    if (f->longest > LONG)
        return "more than 200 bytes at once";
    return NULL;
}

static int compare(const void *left, const void *right)
{
    const struct weir_finding *a = *(struct weir_finding *const *)left,
                              *b = *(struct weir_finding *const *)right;
    size_t n = a->path.n < b->path.n ? a->path.n : b->path.n;
    int order;

    if (a->n != b->n)
        return a->n < b->n ? 1 : -1;
    order = n > 0 ? memcmp(a->path.p, b->path.p, n) : 0;
    return order != 0 ? order : (a->path.n > b->path.n) - (a->path.n < b->path.n);
}

/* Sorts the findings and says which are doubtful. */
static void judge(struct weir_scrub_report *r)
{
    if (r->n_findings > 0)
        qsort(r->findings, r->n_findings, sizeof r->findings[0], compare);
    for (size_t i = 0; i < r->n_findings; i++)
        r->findings[i]->doubt = doubt_about(r->findings[i], r->n_documents);
}

/* ---- files ---------------------------------------------------------------------------- */

struct reading {
    struct weir_scrub_report *report;
    struct weir_scrubbing *scrubbing;
    bool failed; /* no memory */
};

static void on_found(void *self, const char *where, const struct weir_match *m, size_t n)
{
    struct reading *g = self;

    (void)where;
    g->report->n_documents++;
    for (size_t i = 0; i < n; i++)
        g->failed = g->failed || !add_match(g->report, &m[i]);
}

static void read_file(struct reading *g, const char *path)
{
    struct weir_scrubbing *s = g->scrubbing;
    struct weir_str in, out;

    weir_arena_reset(&s->arena);
    g->report->n_files++;
    if (weir_input_read(s->command, path, WEIR_SCRUBBING_MAX, &s->arena, &in) == 0 &&
        weir_scrubbing_run(s, in, &out) == 0) {
        g->report->bytes += in.n;
        if (s->broken > 0)
            fprintf(stderr, "weir scrub: %s: %zu broken line%s left out of the report\n", path,
                    s->broken, s->broken == 1 ? "" : "s");
    } else {
        fprintf(stderr, "weir scrub: %s: left out of the report\n", path);
        g->report->n_unread++;
    }
    if (isatty(STDERR_FILENO) && g->report->n_files % 100 == 0)
        fprintf(stderr, "\r%zu files, %zu documents", g->report->n_files, g->report->n_documents);
}

static int read_directory(struct reading *g, const char *path, unsigned depth);

static void read_entry(struct reading *g, const char *path, unsigned depth)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        fprintf(stderr, "weir scrub: %s: %s\n", path, strerror(errno));
    else if (S_ISDIR(st.st_mode) && depth < DEPTH)
        (void)read_directory(g, path, depth + 1);
    else if (S_ISREG(st.st_mode))
        read_file(g, path);
}

static int visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* In the order of names, so that two reports of the same files are equal. */
static int read_directory(struct reading *g, const char *path, unsigned depth)
{
    struct dirent **names;
    int n = scandir(path, &names, visible, alphasort);

    if (n < 0) {
        fprintf(stderr, "weir scrub: %s: %s\n", path, strerror(errno));
        return WEIR_EIO;
    }
    for (int i = 0; i < n; i++) {
        char entry[PATH_BYTES];

        if (snprintf(entry, sizeof entry, "%s/%s", path, names[i]->d_name) < (int)sizeof entry)
            read_entry(g, entry, depth);
        free(names[i]);
    }
    free(names);
    return 0;
}

int weir_scrub_report(const struct weir_scrub_report_options *options, const char *const *sets,
                      size_t n)
{
    struct weir_scrub_report r = {.options = options};
    struct reading g = {.report = &r};
    struct weir_scrubbing s = {.command = "scrub", .found = on_found, .self = &g};
    int status = weir_scrubbing_open(&s, sets, n);

    weir_arena_init(&r.arena, REPORT_BYTES);
    r.findings = weir_arena_zalloc(&r.arena, WEIR_SCRUB_REPORT_FINDINGS, sizeof r.findings[0]);
    g.scrubbing = &s;
    if (status >= 0)
        goto done;
    status = WEIR_EXIT_FAILED;
    if (r.findings == NULL || read_directory(&g, options->directory, 0) != 0)
        goto done;
    if (isatty(STDERR_FILENO) && r.n_files >= 100)
        fputc('\n', stderr);
    if (g.failed)
        fprintf(stderr, "weir scrub: not enough memory for the whole report\n");
    judge(&r);
    if (weir_scrub_report_print(&r) == 0 && !g.failed && r.n_files > r.n_unread)
        status = WEIR_EXIT_OK;
    if (r.n_files == 0)
        fprintf(stderr, "weir scrub: %s holds no files\n", options->directory);
done:
    weir_scrubbing_close(&s);
    weir_arena_destroy(&r.arena);
    return status;
}
