/* test_yaml.c - nodes know where they stand, and what is refused is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "weir/yaml.h"

#include <stdio.h>

struct fixture {
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_node *root;
    int err;
};

static void parse(struct fixture *f, const char *text)
{
    weir_arena_init(&f->arena, 8 << 20);
    weir_errors_init(&f->errors, &f->arena);
    f->root = NULL;
    f->err = weir_yaml_parse(&f->arena, weir_str_of(text), WEIR_S("f.yaml"), &f->errors, &f->root);
}

static void release(struct fixture *f)
{
    weir_arena_destroy(&f->arena);
}

static void nodes_carry_line_and_column_of_key_and_value(void **state)
{
    struct fixture f;
    const struct weir_node *http, *tags;

    (void)state;
    parse(&f, "# c\nlisten:\n  http: \":1\"\ntags: [a, 'b']\n");
    assert_int_equal(f.err, 0);
    http = weir_node_get(weir_node_get(f.root, WEIR_S("listen")), WEIR_S("http"));
    assert_non_null(http);
    assert_int_equal(http->key_line, 3);
    assert_int_equal(http->key_column, 3);
    assert_int_equal(http->line, 3);
    assert_int_equal(http->column, 9);
    assert_true(http->quoted);
    assert_true(weir_str_eq(http->text, WEIR_S(":1")));
    tags = weir_node_get(f.root, WEIR_S("tags"));
    assert_int_equal(tags->kind, WEIR_NODE_LIST);
    assert_int_equal(tags->n, 2);
    assert_true(weir_str_eq(tags->child->next->text, WEIR_S("b")));
    release(&f);
}

static void json_is_read_as_a_subset(void **state)
{
    struct fixture f;

    (void)state;
    parse(&f, "{\"a\": {\"b\": [1, \"x\\u00e9\\\"\"]}, \"c\": null}");
    assert_int_equal(f.err, 0);
    assert_true(weir_str_eq(
        weir_node_get(weir_node_get(f.root, WEIR_S("a")), WEIR_S("b"))->child->next->text,
        WEIR_S("x\xc3\xa9\"")));
    assert_true(weir_node_null(weir_node_get(f.root, WEIR_S("c"))));
    release(&f);
}

static void empty_documents_are_an_empty_map(void **state)
{
    static const char *const texts[] = {"", "\n", "# only a comment\n", "---\n", "null", "~"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fixture f;

        parse(&f, texts[i]);
        assert_int_equal(f.err, 0);
        assert_int_equal(f.root->kind, WEIR_NODE_MAP);
        assert_int_equal(f.root->n, 0);
        release(&f);
    }
}

static void what_is_refused_is_said_with_its_place(void **state)
{
    static const struct {
        const char *text;
        unsigned line, column;
        const char *message;
        int err;
    } rows[] = {
        {"a: 1\nb: 2\na: 3\n", 3, 1, "duplicate key 'a', first on line 1: keep one", 0},
        {"a: &x 1\n", 1, 4, "anchors (&name) are not supported: remove it", 0},
        {"a: *x\n", 1, 4, "aliases (*name) are not supported: write the value out", 0},
        {"a: !!str 1\n", 1, 4, "tags (!name) are not supported: remove it", 0},
        {"a: 1\n---\nb: 2\n", 2, 1, "a second document: one file holds one, remove '---'",
         WEIR_EINVAL},
        {"[1]: 2\n", 1, 1, NULL, 0},
        {"a: {{b: 1}: 2}\n", 1, 5, "a key must be plain text, not a list or map", WEIR_EINVAL},
        {"a: [1\nb: 2\n", 2, 1, NULL, WEIR_EINVAL},
        {"a: \"open", 1, 9, NULL, WEIR_EINVAL},
        {"a: b: c\n", 1, 5, NULL, WEIR_EINVAL},
        {"\xff\xfe", 1, 1, NULL, WEIR_EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;

        parse(&f, rows[i].text);
        if (i == 5) { /* either way: a list is no key */
            assert_true(f.errors.n_fatal > 0);
            release(&f);
            continue;
        }
        assert_int_equal(f.err, rows[i].err);
        assert_int_equal(f.errors.n_fatal, 1);
        assert_int_equal(f.errors.list[0].line, rows[i].line);
        if (rows[i].message != NULL) {
            assert_int_equal(f.errors.list[0].column, rows[i].column);
            assert_string_equal(f.errors.list[0].message.p, rows[i].message);
        }
        release(&f);
    }
}

static void nesting_is_bounded(void **state)
{
    char text[4 * WEIR_YAML_DEPTH];
    struct fixture f;

    (void)state;
    memset(text, '[', sizeof text);
    text[sizeof text - 1] = '\0';
    parse(&f, text);
    assert_int_equal(f.err, WEIR_EINVAL);
    assert_string_equal(f.errors.list[0].message.p, "nested too deep");
    assert_int_equal(f.errors.list[0].column, WEIR_YAML_DEPTH + 1);
    release(&f);
}

static void every_duplicate_is_found_not_the_first_only(void **state)
{
    struct fixture f;

    (void)state;
    parse(&f, "a: 1\nm: {x: 1, y: 2, x: 3}\na: 3\na: 4\n");
    assert_int_equal(f.err, 0);
    assert_int_equal(f.errors.n_fatal, 3);
    release(&f);
}

static void an_arena_that_is_full_ends_the_reading(void **state)
{
    struct weir_arena small, other;
    struct weir_errors errors;
    struct weir_node *root = NULL;
    static char text[200000];

    (void)state;
    for (size_t i = 0; i + 4 < sizeof text; i += 4)
        snprintf(text + i, 5, "- a\n");
    weir_arena_init(&small, 64 << 10);
    weir_arena_init(&other, 1 << 20);
    weir_errors_init(&errors, &other);
    assert_int_equal(weir_yaml_parse(&small, weir_str_of(text), WEIR_S("f"), &errors, &root),
                     WEIR_ENOMEM);
    assert_null(root);
    weir_arena_destroy(&small);
    weir_arena_destroy(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_carry_line_and_column_of_key_and_value),
        cmocka_unit_test(json_is_read_as_a_subset),
        cmocka_unit_test(empty_documents_are_an_empty_map),
        cmocka_unit_test(what_is_refused_is_said_with_its_place),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(every_duplicate_is_found_not_the_first_only),
        cmocka_unit_test(an_arena_that_is_full_ends_the_reading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
