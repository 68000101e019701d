/* test_settings.c - the table itself: it holds together, its documentation is
 * fresh. WEIR_REWRITE=1 writes the tables of docs/configuration.md anew. */
#include "support.h"

#include "fake_scrub.h"

#include "collector/config/settings.h"

static void paths_are_unique_and_sections_hang_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < weir_n_settings; i++) {
        const struct weir_setting *a = &weir_settings[i];
        size_t section = strcspn(a->path, ".");

        assert_true(strlen(a->help) > 8);
        for (size_t j = 0; j < i; j++) {
            const struct weir_setting *b = &weir_settings[j];

            if (b->scope != a->scope)
                continue;
            assert_string_not_equal(a->path, b->path);
            /* print.c writes a section's head when the one before differs. */
            if (a->path[section] == '.' && j + 1 < i && strncmp(a->path, b->path, section + 1) == 0)
                assert_int_equal(strncmp(weir_settings[j + 1].path, a->path, section + 1), 0);
        }
    }
}

static void fields_have_the_size_of_their_type(void **state)
{
    static const size_t sizes[WEIR_TYPES] = {
        [WEIR_TYPE_TEXT] = sizeof(struct weir_str),
        [WEIR_TYPE_PATH] = sizeof(struct weir_str),
        [WEIR_TYPE_BOOL] = sizeof(bool),
        [WEIR_TYPE_NUMBER] = sizeof(double),
        [WEIR_TYPE_RATIO] = sizeof(double),
        [WEIR_TYPE_ADDRESS] = sizeof(struct weir_address),
        [WEIR_TYPE_DSN] = sizeof(struct weir_dsn),
        [WEIR_TYPE_URL] = sizeof(struct weir_str),
        [WEIR_TYPE_QUEUE_CHECK] = sizeof(struct weir_queue_check),
        [WEIR_TYPE_TEXTS] = sizeof(struct weir_strs),
        [WEIR_TYPE_CIDRS] = sizeof(struct weir_cidrs),
        [WEIR_TYPE_NUMBERS] = sizeof(void *),
        [WEIR_TYPE_TAGS] = sizeof(void *),
        [WEIR_TYPE_ENDPOINTS] = sizeof(void *),
        [WEIR_TYPE_RULESETS] = sizeof(void *),
        [WEIR_TYPE_NAMES] = sizeof(void *),
        [WEIR_TYPE_PROJECTS] = sizeof(void *),
        [WEIR_TYPE_DESTINATIONS] = sizeof(void *),
        [WEIR_TYPE_SECTIONS] = sizeof(void *),
    };

    (void)state;
    for (size_t i = 0; i < weir_n_settings; i++) {
        const struct weir_setting *s = &weir_settings[i];
        bool list = s->type == WEIR_TYPE_NUMBERS || s->type == WEIR_TYPE_TAGS ||
                    s->type >= WEIR_TYPE_ENDPOINTS;

        if (sizes[s->type] > 0)
            assert_int_equal(s->size, sizes[s->type]);
        else
            assert_true(s->size == 8 || s->size == 4 ||
                        (s->size == sizeof(bool) && s->type == WEIR_TYPE_WORD));
        assert_int_equal(s->offset_n != 0, list);
        assert_int_equal(s->words[0] != NULL, s->type == WEIR_TYPE_WORD);
        /* What does not fit the field must be out of range. */
        if (s->type == WEIR_TYPE_DURATION || s->type == WEIR_TYPE_COUNT ||
            s->type == WEIR_TYPE_SIZE)
            assert_true(s->most > 0 && (s->size == 8 || s->most <= UINT32_MAX));
    }
}

static void every_default_is_good(void **state)
{
    struct loading t;

    (void)state;
    load_text(&t, "projects: [{id: a, keys: [k]}]\ndestinations: [{name: b}]", NULL);
    assert_non_null(t.snapshot);
    assert_int_equal(t.errors.n_fatal, 0);
    unload(&t);
}

static void every_variable_overrides_its_setting(void **state)
{
    (void)state;
    for (size_t i = 0; i < weir_n_settings; i++) {
        char name[64], variable[128];
        char *variables[] = {variable, NULL};
        struct loading t;

        if (weir_settings[i].scope != WEIR_SCOPE_TOP || !weir_types[weir_settings[i].type].scalar)
            continue;
        weir_setting_variable(&weir_settings[i], name);
        assert_true(strlen(name) < 63);
        snprintf(variable, sizeof variable, "%s=\xff", name);
        load_text(&t, "", variables);
        assert_null(t.snapshot);
        assert_true(has_mistake(&t, "no UTF-8 text"));
        assert_false(has_mistake(&t, "names no setting"));
        unload(&t);
    }
}

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 18);

    assert_non_null(f);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 18) - 1, f) > 0);
    fclose(f);
    return text;
}

static void the_documentation_is_fresh(void **state)
{
    static const char begin[] = "<!-- settings: made from collector/config/settings.c -->\n";
    static const char end[] = "<!-- end of settings -->\n";
    static const char path[] = WEIR_SOURCE_DIR "/docs/configuration.md";
    char *text = slurp(path), *from, *to;
    struct weir_arena arena;
    struct weir_buf b;
    struct weir_str want;

    (void)state;
    weir_arena_init(&arena, 1 << 20);
    weir_buf_init(&b, &arena, 1 << 18);
    weir_settings_document(&b);
    assert_int_equal(weir_buf_str(&b, &want), 0);
    from = strstr(text, begin);
    to = strstr(text, end);
    assert_non_null(from);
    assert_non_null(to);
    from += strlen(begin);
    if (getenv("WEIR_REWRITE") != NULL) {
        FILE *f = fopen(path, "wb");

        fprintf(f, "%.*s%.*s%s", (int)(from - text), text, WEIR_FMT(want), to);
        fclose(f);
    } else if (!weir_str_eq(want, (struct weir_str){from, (size_t)(to - from)})) {
        fail_msg("docs/configuration.md is stale: WEIR_REWRITE=1 build/dev/tests/test_settings");
    }
    free(text);
    weir_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_unique_and_sections_hang_together),
        cmocka_unit_test(fields_have_the_size_of_their_type),
        cmocka_unit_test(every_default_is_good),
        cmocka_unit_test(every_variable_overrides_its_setting),
        cmocka_unit_test(the_documentation_is_fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
