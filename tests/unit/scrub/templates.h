/* templates.h - detectors on many values in many surroundings: each template
 * with each value in the place of %, the exact span demanded. */
#ifndef TEST_SCRUB_TEMPLATES_H
#define TEST_SCRUB_TEMPLATES_H

#include "scrub/helper.h"

#include <string.h>

struct made_up {
    const char *rule, *shown; /* "@phone", "[phone]" */
    const char *const *templates, *const *values;
    bool stays; /* near misses */
};

static inline void fill_template(char *out, size_t room, const char *template, const char *value)
{
    const char *at = strchr(template, '%');
    int head = at != NULL ? (int)(at - template) : (int)strlen(template);

    snprintf(out, room, "%.*s%s%s", head, template, at != NULL ? value : "",
             at != NULL ? at + 1 : "");
}

/* All templates with all values, as text; the number of them. */
static inline size_t run_templates(const struct made_up *m)
{
    struct bench b;
    char yaml[256], in[1024], want[1024];
    size_t n = 0, wrong = 0;

    snprintf(yaml, sizeof yaml, "applications: {'**': ['%s']}", m->rule);
    bench_open(&b, yaml);
    for (size_t t = 0; m->templates[t] != NULL; t++)
        for (size_t v = 0; m->values[v] != NULL; v++, n++) {
            const char *out;

            fill_template(in, sizeof in, m->templates[t], m->values[v]);
            fill_template(want, sizeof want, m->templates[t], m->stays ? m->values[v] : m->shown);
            out = bench_text(&b, in);
            if (strcmp(out, want) != 0) {
                if (wrong++ < 400)
                    fprintf(stderr, "%s\n  in   %s\n  out  %s\n  want %s\n", m->rule, in, out,
                            want);
            } else if (strcmp(bench_text(&b, out), out) != 0) {
                fprintf(stderr, "%s twice\n  in   %s\n  out  %s\n", m->rule, in, out);
                wrong++;
            }
        }
    bench_close(&b);
    assert_int_equal(wrong, 0);
    return n;
}

/* The same as values of JSON keys; a template is the key. */
static inline size_t run_keys(const struct made_up *m)
{
    struct bench b;
    char yaml[256], in[1024], want[1024];
    size_t n = 0, wrong = 0;

    snprintf(yaml, sizeof yaml, "applications: {'**': ['%s']}", m->rule);
    bench_open(&b, yaml);
    for (size_t t = 0; m->templates[t] != NULL; t++)
        for (size_t v = 0; m->values[v] != NULL; v++, n++) {
            const char *out;

            snprintf(in, sizeof in, "{\"extra\":{\"%s\":\"%s\"}}", m->templates[t], m->values[v]);
            snprintf(want, sizeof want, "{\"extra\":{\"%s\":\"%s\"}}", m->templates[t],
                     m->stays ? m->values[v] : m->shown);
            out = bench_json(&b, WEIR_SCRUB_EVENT, in, false);
            if (strcmp(out, want) != 0 && wrong++ < 400)
                fprintf(stderr, "%s\n  in   %s\n  out  %s\n  want %s\n", m->rule, in, out, want);
        }
    bench_close(&b);
    assert_int_equal(wrong, 0);
    return n;
}

#endif
