/* test_rulesets.c - configurations with the real scrubber: built-in and own
 * rule sets, whose mistakes stand where they are. */
#include "support.h"

#include <sys/stat.h>

struct folder {
    char dir[32], config[64], rules[64];
};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void load_folder(struct folder *f, struct loading *t, const char *config, const char *rules)
{
    strncpy(f->dir, "/tmp/weir-rules-XXXXXX", sizeof f->dir);
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->config, sizeof f->config, "%s/weir.yaml", f->dir);
    snprintf(f->rules, sizeof f->rules, "%s/shop.yaml", f->dir);
    write_file(f->config, config);
    write_file(f->rules, rules);
    load_with(t, &(struct weir_load_options){.path = f->config, .use_files = true});
    unlink(f->config);
    unlink(f->rules);
    rmdir(f->dir);
}

static void an_own_rule_set_is_found_beside_the_configuration(void **state)
{
    struct folder f;
    struct loading t;
    const struct weir_config *c;

    (void)state;
    load_folder(&f, &t,
                "scrub: {rulesets: {shop: shop.yaml}, shadow: [shop]}\n"
                "projects: [{id: a, keys: [k], rulesets: [default, shop]}, {id: b, keys: [k]}]\n",
                "name: shop\nrules:\n  order:\n    type: pattern\n    pattern: 'ORD-[0-9]{6}'\n"
                "    redaction: {method: mask}\napplications: {$string: [order]}\n");
    assert_non_null(t.snapshot);
    c = &t.snapshot->config;
    assert_non_null(c->projects[0].plan);
    assert_ptr_not_equal(c->projects[0].plan, c->projects[1].plan);
    unload(&t);
}

static void a_mistake_in_a_rule_set_stands_in_its_own_file(void **state)
{
    struct folder f;
    struct loading t;
    const struct weir_error *e = NULL;

    (void)state;
    load_folder(&f, &t, "scrub: {rulesets: {shop: shop.yaml}, shadow: [shop]}\nunknown: 1\n",
                "name: shop\nrules:\n  order:\n    type: pattern\n    pattern: '('\n"
                "applications: {$string: [order]}\n");
    assert_null(t.snapshot);
    assert_true(has_mistake(&t, "unknown key"));
    for (size_t i = 0; i < t.errors.n; i++) {
        if (weir_str_eq(t.errors.list[i].file, weir_str_of(f.rules)))
            e = &t.errors.list[i];
    }
    assert_non_null(e);
    assert_int_equal(e->line, 5);
    unload(&t);
}

static void the_built_in_set_can_be_replaced(void **state)
{
    struct folder f;
    struct loading t;

    (void)state;
    load_folder(
        &f, &t, "scrub: {rulesets: {default: shop.yaml}}\n",
        "name: mine\nrules:\n  order:\n    type: email\napplications: {$string: [order]}\n");
    assert_non_null(t.snapshot);
    assert_non_null(t.snapshot->config.any_project->plan);
    unload(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_own_rule_set_is_found_beside_the_configuration),
        cmocka_unit_test(a_mistake_in_a_rule_set_stands_in_its_own_file),
        cmocka_unit_test(the_built_in_set_can_be_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
