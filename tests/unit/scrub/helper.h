/* helper.h - scrub a JSON text and compare, for the tests of the room. */
#ifndef TEST_SCRUB_HELPER_H
#define TEST_SCRUB_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/config.h"
#include "weir/metrics.h"
#include "weir/scrub.h"

struct bench {
    struct weir_arena arena;
    struct weir_ruleset *set;
    struct weir_scrub_plan *plan;
    struct weir_scrubber *scrubber;
};

/* `yaml` NULL: the default set. */
static inline void bench_open(struct bench *b, const char *yaml)
{
    const struct weir_ruleset *sets[1];

    assert_int_equal(weir_metrics_init(1000, NULL, 0), 0);
    weir_metrics_thread();
    weir_arena_init(&b->arena, 256 * 1024 * 1024);
    if (yaml == NULL) {
        assert_int_equal(weir_ruleset_builtin(WEIR_S("default"), &b->set), 0);
    } else {
        struct weir_errors errors;

        weir_errors_init(&errors, &b->arena);
        if (weir_ruleset_parse(WEIR_S("test"), weir_str_of(yaml), WEIR_S("test.yaml"), &errors,
                               &b->set) != 0) {
            weir_errors_print(&errors, 2);
            fail_msg("rule set refused");
        }
    }
    sets[0] = b->set;
    assert_int_equal(weir_scrub_plan_new(sets, 1, NULL, 0, WEIR_S("key"), &b->plan), 0);
    b->scrubber = weir_scrubber_new();
    assert_non_null(b->scrubber);
}

static inline void bench_close(struct bench *b)
{
    weir_scrubber_free(b->scrubber);
    weir_scrub_plan_free(b->plan);
    weir_ruleset_free(b->set);
    weir_arena_destroy(&b->arena);
    weir_metrics_destroy();
}

/* The document scrubbed and written; with `meta` also its _meta. */
static inline const char *bench_json(struct bench *b, enum weir_scrub_kind kind, const char *json,
                                     bool meta)
{
    struct weir_json_doc doc;
    struct weir_str out;
    int rc = weir_scrub_json(b->scrubber, b->plan, kind, &b->arena,
                             weir_arena_copy(&b->arena, weir_str_of(json)), &doc);

    if (rc != 0) {
        size_t at;
        const char *why = weir_scrubber_error(b->scrubber, &at);

        fail_msg("%s: %d %s at %zu", json, rc, why, at);
    }
    if (meta)
        assert_int_equal(weir_scrub_finish(b->scrubber, &doc), 0);
    assert_int_equal(weir_json_doc_write(&doc, &b->arena, 1 << 26, &out), 0);
    return weir_arena_copy(&b->arena, out).p;
}

static inline const char *bench_text(struct bench *b, const char *text)
{
    struct weir_str out;

    assert_int_equal(weir_scrub_text(b->scrubber, b->plan, &b->arena, weir_str_of(text), &out), 0);
    return weir_arena_copy(&b->arena, out).p;
}

#endif
