/* fuzz_ruleset.c - any text as a rule set; one that compiles is used on an
 * event, whose result must still be JSON. */
#include "weir/config.h"
#include "weir/metrics.h"
#include "weir/scrub.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char event[] =
    "{\"message\":\"bob@x.io 10.0.0.1 "
    "ORD-12\",\"extra\":{\"a\":{\"b\":[1,\"x\",true]},\"password\":"
    "\"x\"},\"exception\":{\"values\":[{\"stacktrace\":{\"frames\":[{\"vars\":{\"k\":\"v\"}}]}}]},"
    "\"user\":{\"username\":\"u\"},\"request\":{\"headers\":[[\"H\",\"v\"]]}}";

static void use(struct weir_ruleset *set, struct weir_arena *a)
{
    struct weir_scrubber *s = weir_scrubber_new();
    struct weir_scrub_plan *plan;
    struct weir_json_doc doc;
    struct weir_str out;

    if (s != NULL && weir_scrub_plan_new((const struct weir_ruleset *const *)&set, 1, NULL, 0,
                                         WEIR_S("key"), &plan) == 0) {
        if (weir_scrub_json(s, plan, WEIR_SCRUB_EVENT, a, WEIR_S(event), &doc) != 0 ||
            weir_scrub_finish(s, &doc) != 0 || weir_json_doc_write(&doc, a, 1 << 24, &out) != 0 ||
            weir_scrub_json(s, plan, WEIR_SCRUB_EVENT, a, out, &doc) != 0)
            abort();
        weir_scrub_plan_free(plan);
    }
    weir_scrubber_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_ruleset *set = NULL;
    int rc;

    if (!ready) {
        if (weir_metrics_init(1000, NULL, 0) != 0)
            abort();
        weir_metrics_thread();
        ready = true;
    }
    if (size > 16 * 1024)
        return 0;
    weir_arena_init(&arena, (size_t)64 << 20);
    weir_errors_init(&errors, &arena);
    rc = weir_ruleset_parse(WEIR_S("fuzz"), (struct weir_str){(const char *)data, size},
                            WEIR_S("fuzz.yaml"), &errors, &set);
    if ((rc == 0) != (set != NULL) || (rc == WEIR_EINVAL && errors.n_fatal == 0))
        abort();
    if (set != NULL)
        use(set, &arena);
    weir_ruleset_free(set);
    weir_arena_destroy(&arena);
    return 0;
}
