/* test_snapshot.c - look-ups, references, swaps, and the kept hash key. */
#include "support.h"

#include "fake_scrub.h"

#include <pthread.h>
#include <sys/stat.h>

/* ---- look-ups ---------------------------------------------------------- */

static void every_one_of_many_projects_is_found(void **state)
{
    static char yaml[64 * 1024];
    size_t n = 0;
    struct loading t;

    (void)state;
    n += (size_t)snprintf(yaml, sizeof yaml,
                          "destinations: [{name: m, dsn: 'http://k@h/1'}]\nprojects:\n");
    for (unsigned i = 0; i < 500; i++)
        n += (size_t)snprintf(yaml + n, sizeof yaml - n, "- {id: '%u', keys: [k%u]}\n",
                              (i * 7919) % 500, (i * 7919) % 500);
    load_text(&t, yaml, NULL);
    assert_non_null(t.snapshot);
    for (unsigned i = 0; i < 500; i++) {
        char id[16], key[17];
        const struct weir_project *p;

        snprintf(id, sizeof id, "%u", i);
        snprintf(key, sizeof key, "k%s", id);
        p = weir_config_project(&t.snapshot->config, weir_str_of(id));
        assert_non_null(p);
        assert_str(p->id, id);
        assert_true(weir_project_accepts(p, weir_str_of(key)));
    }
    assert_null(weir_config_project(&t.snapshot->config, WEIR_S("500")));
    assert_null(weir_config_project(&t.snapshot->config, WEIR_S("")));
    assert_int_equal(fake_plans, 1);
    unload(&t);
}

static void only_a_listed_key_is_accepted(void **state)
{
    static const struct {
        const char *key;
        bool accepted;
    } rows[] = {{"abc", true}, {"defg", true}, {"ab", false},  {"abcd", false},
                {"", false},   {"ABC", false}, {"abx", false}, {"xbc", false}};
    struct loading t;
    const struct weir_project *p;

    (void)state;
    load_text(&t, "projects: [{id: a, keys: [abc, defg]}, {id: b}]", NULL);
    assert_non_null(t.snapshot);
    p = weir_config_project(&t.snapshot->config, WEIR_S("a"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(weir_project_accepts(p, weir_str_of(rows[i].key)), rows[i].accepted);
    p = weir_config_project(&t.snapshot->config, WEIR_S("b"));
    assert_false(weir_project_accepts(p, WEIR_S("abc")));
    assert_false(weir_project_accepts(p, WEIR_S("")));
    unload(&t);
    load_text(&t, "", NULL);
    assert_true(weir_project_accepts(t.snapshot->config.any_project, WEIR_S("anything")));
    unload(&t);
}

static void a_destination_keeps_its_slot_over_reloads(void **state)
{
    struct loading t;
    unsigned first;

    (void)state;
    load_text(&t, "destinations: [{name: slot-a}, {name: slot-b}]", NULL);
    first = weir_config_destination(&t.snapshot->config, WEIR_S("slot-b"))->slot;
    unload(&t);
    load_text(&t, "destinations: [{name: slot-b}]", NULL);
    assert_int_equal(t.snapshot->config.destinations[0].slot, first);
    assert_str(weir_destination_name(first), "slot-b");
    assert_int_equal(weir_destination_name(WEIR_MAX_DESTINATIONS).n, 0);
    unload(&t);
}

static void projects_with_the_same_rule_sets_share_a_plan(void **state)
{
    struct loading t;
    const struct weir_config *c;

    (void)state;
    load_text(
        &t,
        "scrub: {shadow: [default], hash_key: 0123456789abcdef}\n"
        "projects: [{id: a, keys: [k]}, {id: b, keys: [k]}, {id: c, keys: [k], rulesets: []}]",
        NULL);
    assert_non_null(t.snapshot);
    c = &t.snapshot->config;
    assert_ptr_equal(c->projects[0].plan, c->projects[1].plan);
    assert_ptr_not_equal(c->projects[0].plan, c->projects[2].plan);
    assert_int_equal(c->projects[0].plan->n_shadow, 1);
    assert_string_equal(c->projects[0].plan->hash_key, "0123456789abcdef");
    assert_int_equal(c->projects[2].plan->n_enforced, 0);
    assert_int_equal(fake_plans, 2);
    assert_int_equal(fake_rulesets, 1);
    unload(&t);
    assert_int_equal(fake_plans, 0);
    assert_int_equal(fake_rulesets, 0);
}

/* ---- references and swaps ------------------------------------------------ */

static struct weir_snapshot *fresh(void)
{
    struct loading t;

    load_text(&t, "release: x", NULL);
    assert_non_null(t.snapshot);
    weir_arena_destroy(&t.arena);
    return t.snapshot;
}

static void a_snapshot_lives_as_long_as_somebody_holds_it(void **state)
{
    struct weir_current *c = weir_current_new(fresh());
    struct weir_snapshot *old = weir_current_get(c), *now;

    (void)state;
    assert_int_equal(weir_current_generation(c), 1);
    weir_current_swap(c, fresh());
    assert_int_equal(weir_current_generation(c), 2);
    now = weir_current_get(c);
    assert_int_equal(old->generation, 1);
    assert_int_equal(now->generation, 2);
    assert_str(old->config.tagging.release, "x");
    assert_int_equal(fake_plans, 2);
    weir_snapshot_put(old);
    assert_int_equal(fake_plans, 1);
    weir_snapshot_put(now);
    weir_current_free(c);
    assert_int_equal(fake_plans, 0);
    weir_snapshot_put(NULL);
    weir_current_free(NULL);
}

static atomic_bool done;

static void *reader(void *arg)
{
    struct weir_current *c = arg;
    uint64_t last = 0;

    while (!atomic_load(&done)) {
        struct weir_snapshot *s = weir_current_get(c);

        if (s->generation < last || s->config.tagging.release.p[0] != 'x')
            return "bad";
        last = s->generation;
        weir_snapshot_put(s);
    }
    return NULL;
}

static void readers_never_see_a_freed_snapshot(void **state)
{
    struct weir_current *c = weir_current_new(fresh());
    pthread_t threads[3];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reader, c), 0);
    for (int i = 0; i < 50; i++)
        weir_current_swap(c, fresh());
    atomic_store(&done, true);
    for (size_t i = 0; i < 3; i++) {
        void *result;

        pthread_join(threads[i], &result);
        assert_null(result);
    }
    weir_current_free(c);
    assert_int_equal(fake_plans, 0);
}

/* ---- the kept hash key --------------------------------------------------- */

static void a_hash_key_is_made_once_and_kept(void **state)
{
    char dir[] = "/tmp/weir-key-XXXXXX", deep[64], file[80], first[65], again[65];
    struct stat st;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(deep, sizeof deep, "%s/a/b", dir);
    snprintf(file, sizeof file, "%s/hash.key", deep);
    assert_int_equal(weir_hash_key_keep(deep, first), 0);
    assert_int_equal(strlen(first), 64);
    assert_int_equal(weir_hash_key_keep(deep, again), 0);
    assert_string_equal(first, again);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    f = fopen(file, "w");
    fputs("not a key", f);
    fclose(f);
    assert_int_equal(weir_hash_key_keep(deep, again), WEIR_EINVAL);
    unlink(file);
    assert_int_equal(symlink("/etc/hostname", file), 0);
    assert_int_equal(weir_hash_key_keep(deep, again), WEIR_EIO);
    unlink(file);
    assert_int_equal(weir_hash_key_keep(deep, again), 0);
    assert_string_not_equal(first, again);
    unlink(file);
    assert_int_equal(weir_hash_key_keep("/proc/nowhere", again), WEIR_EIO);
    rmdir(deep);
    snprintf(deep, sizeof deep, "%s/a", dir);
    rmdir(deep);
    rmdir(dir);
}

static void a_process_key_stays_the_same(void **state)
{
    char a[65], b[65];

    (void)state;
    weir_hash_key_process(a);
    weir_hash_key_process(b);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 64);
}

static void loading_keeps_the_key_in_the_spool_directory(void **state)
{
    char dir[] = "/tmp/weir-key-XXXXXX", yaml[128], kept[65], file[80];
    struct weir_load_options o = {.name = WEIR_S("f.yaml"), .keep_hash_key = true};
    struct loading t;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(yaml, sizeof yaml, "spool: {path: %s/spool}", dir);
    snprintf(file, sizeof file, "%s/spool/hash.key", dir);
    o.text = weir_str_of(yaml);
    load_with(&t, &o);
    assert_non_null(t.snapshot);
    assert_int_equal(access(file, F_OK), 0);
    assert_string_equal(t.snapshot->config.any_project->plan->hash_key,
                        t.snapshot->config.hash_key.p);
    memcpy(kept, t.snapshot->config.hash_key.p, 65);
    unload(&t);
    load_with(&t, &o);
    assert_str(t.snapshot->config.hash_key, kept);
    unload(&t);
    unlink(file);
    /* A memory spool and a refused file leave no trace. */
    snprintf(yaml, sizeof yaml, "spool: {path: %s/spool, type: memory}", dir);
    o.text = weir_str_of(yaml);
    load_with(&t, &o);
    assert_non_null(t.snapshot);
    unload(&t);
    snprintf(yaml, sizeof yaml, "spool: {path: %s/spool, typo: memory}", dir);
    o.text = weir_str_of(yaml);
    load_with(&t, &o);
    assert_null(t.snapshot);
    unload(&t);
    assert_int_not_equal(access(file, F_OK), 0);
    snprintf(file, sizeof file, "%s/spool", dir);
    rmdir(file);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_one_of_many_projects_is_found),
        cmocka_unit_test(only_a_listed_key_is_accepted),
        cmocka_unit_test(a_destination_keeps_its_slot_over_reloads),
        cmocka_unit_test(projects_with_the_same_rule_sets_share_a_plan),
        cmocka_unit_test(a_snapshot_lives_as_long_as_somebody_holds_it),
        cmocka_unit_test(readers_never_see_a_freed_snapshot),
        cmocka_unit_test(a_hash_key_is_made_once_and_kept),
        cmocka_unit_test(a_process_key_stays_the_same),
        cmocka_unit_test(loading_keeps_the_key_in_the_spool_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
