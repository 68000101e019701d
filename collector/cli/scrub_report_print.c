/* scrub_report_print.c - the report as text, as JSON, as one HTML page. */
#include "scrub_report.h"

#include "weir/buf.h"
#include "weir/version.h"

#include <jansson.h>
#include <stdio.h>

static const char *method_name(char letter)
{
    switch (letter) {
    case 's':
        return "replaced";
    case 'm':
        return "masked";
    case 'p':
        return "hashed";
    case 'e':
        return "encrypted";
    default:
        return "removed";
    }
}

static size_t doubts(const struct weir_scrub_report *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_findings; i++)
        n += r->findings[i]->doubt != NULL;
    return n;
}

/* ---- text -------------------------------------------------------------------------- */

static void print_samples(const struct weir_finding *f)
{
    for (size_t i = 0; i < f->n_samples; i++)
        printf("%s%.*s", i > 0 ? " | " : "", WEIR_FMT(f->samples[i]));
}

static void print_finding(const struct weir_finding *f)
{
    printf("%8zu  %-9s %.*s/%.*s  %.*s  ", f->n, method_name(f->method), WEIR_FMT(f->ruleset),
           WEIR_FMT(f->rule), WEIR_FMT(f->path));
    print_samples(f);
    putchar('\n');
}

static void print_text(const struct weir_scrub_report *r)
{
    printf("%zu files, %zu documents, %llu bytes: %zu values removed at %zu places\n", r->n_files,
           r->n_documents, (unsigned long long)r->bytes, r->n_matches, r->n_findings);
    if (r->n_unread > 0)
        printf("%zu files could not be read as events or envelopes\n", r->n_unread);
    if (r->n_lost > 0)
        printf("%zu values more at further places are not listed\n", r->n_lost);
    if (r->n_findings > 0)
        printf("\n   count  method    rule  path  %s\n", r->options->values ? "values" : "shapes");
    for (size_t i = 0; i < r->n_findings; i++)
        print_finding(r->findings[i]);
    if (doubts(r) == 0)
        return;
    printf("\nMay be false positives, look at them:\n");
    for (size_t i = 0; i < r->n_findings; i++)
        if (r->findings[i]->doubt != NULL)
            printf("  %.*s/%.*s at %.*s: %s\n", WEIR_FMT(r->findings[i]->ruleset),
                   WEIR_FMT(r->findings[i]->rule), WEIR_FMT(r->findings[i]->path),
                   r->findings[i]->doubt);
}

/* ---- JSON ---------------------------------------------------------------------------- */

/* Text that may hold anything that a document did. */
static json_t *text_json(struct weir_str s)
{
    json_t *j = json_stringn(s.p != NULL ? s.p : "", s.n);

    return j != NULL ? j : json_string("(not UTF-8)");
}

static json_t *finding_json(const struct weir_finding *f, bool values)
{
    json_t *samples = json_array();

    for (size_t i = 0; i < f->n_samples; i++)
        json_array_append_new(samples, text_json(f->samples[i]));
    return json_pack("{so so so ss sI sI so ss?}", "ruleset", text_json(f->ruleset), "rule",
                     text_json(f->rule), "path", text_json(f->path), "method",
                     method_name(f->method), "count", (json_int_t)f->n, "documents",
                     (json_int_t)f->n_documents, values ? "values" : "shapes", samples, "doubt",
                     f->doubt);
}

static int print_json(const struct weir_scrub_report *r)
{
    json_t *findings = json_array(), *all;
    int rc;

    for (size_t i = 0; i < r->n_findings; i++)
        json_array_append_new(findings, finding_json(r->findings[i], r->options->values));
    all = json_pack("{ss sI sI sI sI sI sI so}", "version", weir_version, "files",
                    (json_int_t)r->n_files, "unread", (json_int_t)r->n_unread, "documents",
                    (json_int_t)r->n_documents, "bytes", (json_int_t)r->bytes, "matches",
                    (json_int_t)r->n_matches, "not_listed", (json_int_t)r->n_lost, "findings",
                    findings);
    rc = all != NULL ? json_dumpf(all, stdout, JSON_INDENT(1)) : -1;
    putchar('\n');
    json_decref(all);
    return rc == 0 ? 0 : WEIR_ENOMEM;
}

/* ---- HTML ---------------------------------------------------------------------------- */

static const char page[] =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\"><title>weir: what is removed</title>\n"
    "<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 "
    "1rem;color:#222;background:#fff}table{border-collapse:collapse;width:100%}td,th{text-align:"
    "left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}td.n{text-align:"
    "right;font-variant-numeric:tabular-nums}code{font:13px ui-monospace,monospace;overflow-wrap:"
    "anywhere}tr.doubt{background:#fff6e0}.bar{background:#4878a8;height:.5rem;min-width:1px}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}td,th{border-color:#444}"
    "tr.doubt{background:#40330f}}</style>\n";

static void html(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++)
        switch (s.p[i]) {
        case '<':
            fputs("&lt;", stdout);
            break;
        case '>':
            fputs("&gt;", stdout);
            break;
        case '&':
            fputs("&amp;", stdout);
            break;
        case '"':
            fputs("&quot;", stdout);
            break;
        default:
            putchar((uint8_t)s.p[i] < ' ' ? ' ' : s.p[i]);
        }
}

static void html_row(const struct weir_finding *f, size_t most)
{
    printf("<tr%s><td class=\"n\">%zu<div class=\"bar\" style=\"width:%zu%%\"></div></td>"
           "<td class=\"n\">%zu</td><td>%s</td><td><code>",
           f->doubt != NULL ? " class=\"doubt\"" : "", f->n, f->n * 100 / most, f->n_documents,
           method_name(f->method));
    html(f->ruleset);
    putchar('/');
    html(f->rule);
    fputs("</code></td><td><code>", stdout);
    html(f->path);
    fputs("</code></td><td>", stdout);
    for (size_t i = 0; i < f->n_samples; i++) {
        fputs(i > 0 ? "<br><code>" : "<code>", stdout);
        html(f->samples[i]);
        fputs("</code>", stdout);
    }
    printf("</td><td>%s</td></tr>\n", f->doubt != NULL ? f->doubt : "");
}

static void print_html(const struct weir_scrub_report *r)
{
    size_t most = r->n_findings > 0 ? r->findings[0]->n : 1;

    fputs(page, stdout);
    printf("<h1>What is removed</h1>\n<p>%zu files, %zu documents, %llu bytes: <b>%zu values at "
           "%zu places</b>; %zu of the places may be false positives.",
           r->n_files, r->n_documents, (unsigned long long)r->bytes, r->n_matches, r->n_findings,
           doubts(r));
    if (r->n_unread > 0)
        printf(" %zu files could not be read as events or envelopes.", r->n_unread);
    if (r->n_lost > 0)
        printf(" %zu values at further places are not listed.", r->n_lost);
    printf(
        "</p>\n<table><tr><th>Count<th>Documents<th>Method<th>Rule<th>Path<th>%s<th>Doubt</tr>\n",
        r->options->values ? "Values" : "Shapes (a letter, 9 digit)");
    for (size_t i = 0; i < r->n_findings; i++)
        html_row(r->findings[i], most);
    printf("</table>\n<p>weir %s</p></html>\n", weir_version);
}

int weir_scrub_report_print(const struct weir_scrub_report *r)
{
    int rc = 0;

    switch (r->options->format) {
    case WEIR_SCRUB_REPORT_JSON:
        rc = print_json(r);
        break;
    case WEIR_SCRUB_REPORT_HTML:
        print_html(r);
        break;
    default:
        print_text(r);
    }
    return rc != 0 || fflush(stdout) != 0 ? WEIR_EIO : 0;
}
