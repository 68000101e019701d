/* fake_scrub.h - stands in for scrubbers/: a rule set is any text without
 * "bad"; plans are counted. */
#ifndef TESTS_CONFIG_FAKE_SCRUB_H
#define TESTS_CONFIG_FAKE_SCRUB_H

#include "weir/config.h"

#include <stdlib.h>

struct weir_ruleset {
    char name[65];
};

struct weir_scrub_plan {
    size_t n_enforced, n_shadow;
    char hash_key[129];
};

static atomic_int fake_rulesets, fake_plans; /* alive; the last reference may go on any thread */

int weir_ruleset_parse(struct weir_str name, struct weir_str text, struct weir_str file,
                       struct weir_errors *errors, struct weir_ruleset **ret_ruleset)
{
    if (weir_str_find(text, WEIR_S("bad")) != SIZE_MAX) {
        weir_errors_add(errors, false, file, 3, 5, "bad rule");
        return WEIR_EINVAL;
    }
    *ret_ruleset = calloc(1, sizeof **ret_ruleset);
    memcpy((*ret_ruleset)->name, name.p, name.n);
    fake_rulesets++;
    return 0;
}

int weir_ruleset_builtin(struct weir_str name, struct weir_ruleset **ret_ruleset)
{
    if (!weir_str_eq(name, WEIR_S("default")))
        return WEIR_ENOTFOUND;
    return weir_ruleset_parse(name, WEIR_S(""), WEIR_S(""), NULL, ret_ruleset);
}

const char *const *weir_ruleset_names(void)
{
    static const char *const names[] = {"default", NULL};

    return names;
}

void weir_ruleset_free(struct weir_ruleset *r)
{
    fake_rulesets--;
    free(r);
}

int weir_scrub_plan_new(const struct weir_ruleset *const *enforced, size_t n_enforced,
                        const struct weir_ruleset *const *shadow, size_t n_shadow,
                        struct weir_str hash_key, struct weir_scrub_plan **ret_plan)
{
    (void)enforced;
    (void)shadow;
    *ret_plan = calloc(1, sizeof **ret_plan);
    (*ret_plan)->n_enforced = n_enforced;
    (*ret_plan)->n_shadow = n_shadow;
    memcpy((*ret_plan)->hash_key, hash_key.p, hash_key.n < 128 ? hash_key.n : 128);
    fake_plans++;
    return 0;
}

void weir_scrub_plan_free(struct weir_scrub_plan *p)
{
    fake_plans--;
    free(p);
}

#endif
