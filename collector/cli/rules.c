/* rules.c - `weir rules test`: the examples that users keep beside their
 * rules, run in their own CI.
 *
 *   rules:
 *     order:
 *       type: pattern
 *       pattern: 'ORD-[0-9]+'
 *       tests:
 *         match: ['paid ORD-17']          the rule alone removes something
 *         no_match: ['ORDER BY id']       it leaves this as it is
 *   tests:                                the set as a whole
 *     - {input: 'mail ORD-17 to a@b.io', output: 'mail [Filtered] to [email]'}
 *     - {input: '{"extra":{"pin":"1"}}', output: '{"extra":{"pin":"[Filtered]"}}'}
 *
 * A text that begins with { is an event, any other the message of one. */
#include "cli.h"

#include "input.h"
#include "options.h"
#include "weir/metrics.h"
#include "weir/yaml.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 16 * 1024 * 1024, ARENA = 512 * 1024 * 1024 };

static const char help[] =
    "Usage: weir rules test FILE...\n\n"
    "Runs the examples of rule set files: `tests` of a rule ({match: [...], no_match: [...]})\n"
    "and `tests` of the set (a list of {input: TEXT, output: TEXT}; a TEXT that begins with {\n"
    "is an event).\n\n"
    "  -h, --help  this text\n\n"
    "Exit status: 0 all hold, 1 one does not, 78 a file is no valid rule set.\n\n"
    "Examples:\n"
    "  weir rules test rules/shop.yaml\n"
    "  weir rules test rules/*.yaml\n";

struct testing {
    struct weir_arena arena;
    struct weir_str text, file;
    struct weir_scrubber *scrubber;
    struct weir_scrub_plan *plan; /* of the rule or set at hand */
    size_t passed, failed;
};

static int usage(const char *why, const char *what)
{
    fprintf(stderr, "weir rules: %s%s; `weir rules --help`\n", why, what);
    return WEIR_EXIT_USAGE;
}

/* ---- one example ----------------------------------------------------------------- */

static bool is_event(struct weir_str text)
{
    return text.n > 0 && text.p[0] == '{';
}

/* The example as an event that could have come in. */
static int event_of(struct testing *t, struct weir_str example, struct weir_str *ret_event)
{
    struct weir_buf b;

    if (is_event(example)) {
        *ret_event = example;
        return 0;
    }
    weir_buf_init(&b, &t->arena, FILE_MAX);
    weir_buf_text(&b, "{\"message\":");
    weir_buf_json(&b, example);
    weir_buf_char(&b, '}');
    return weir_buf_str(&b, ret_event);
}

/* The event as it comes out, and how much was removed of it. */
static int scrub(struct testing *t, struct weir_str example, struct weir_str *ret_out,
                 size_t *ret_n)
{
    struct weir_json_doc doc;
    struct weir_str event;
    int rc = event_of(t, example, &event);

    if (rc == 0)
        rc = weir_scrub_json(t->scrubber, t->plan, WEIR_SCRUB_EVENT, &t->arena, event, &doc);
    if (rc == 0)
        rc = weir_json_doc_write(&doc, &t->arena, FILE_MAX, ret_out);
    (void)weir_scrubber_matches(t->scrubber, ret_n);
    return rc;
}

static void result(struct testing *t, const struct weir_node *n, bool good, const char *fmt,
                   struct weir_str who)
{
    if (good) {
        t->passed++;
        return;
    }
    t->failed++;
    fprintf(stderr, "%.*s:%u:%u: ", WEIR_FMT(t->file), n->line, n->column);
    fprintf(stderr, fmt, WEIR_FMT(who)); /* NOLINT: constants of this file */
    fputc('\n', stderr);
}

/* ---- of a rule --------------------------------------------------------------------- */

static void test_examples(struct testing *t, const struct weir_node *rule,
                          const struct weir_node *list, bool want)
{
    if (list != NULL && list->kind != WEIR_NODE_LIST)
        result(t, list, false, "rule %.*s: match and no_match are lists of texts", rule->key);
    if (list == NULL || list->kind != WEIR_NODE_LIST)
        return;
    for (const struct weir_node *n = list->child; n != NULL; n = n->next) {
        struct weir_str out;
        size_t found = 0;

        if (n->kind != WEIR_NODE_SCALAR || scrub(t, n->text, &out, &found) != 0)
            result(t, n, false, "rule %.*s: an example is a text, or an event as JSON text",
                   rule->key);
        else if (want)
            result(t, n, found > 0, "rule %.*s should match here, and finds nothing", rule->key);
        else
            result(t, n, found == 0, "rule %.*s should find nothing here, and matches", rule->key);
    }
}

/* The plan of a rule alone (or of all, `rule` NULL). 0 or an error. */
static int use(struct testing *t, const struct weir_node *rule, struct weir_ruleset **ret_set)
{
    const struct weir_str key = rule != NULL ? rule->key : (struct weir_str){NULL, 0};
    struct weir_errors errors;
    int rc;

    weir_errors_init(&errors, &t->arena);
    rc = weir_ruleset_parse_one(t->file, t->text, t->file, key, &errors, ret_set);
    weir_errors_print(&errors, STDERR_FILENO);
    if (rc != 0)
        return rc;
    rc = weir_scrub_plan_new((const struct weir_ruleset *const *)ret_set, 1, NULL, 0,
                             WEIR_S("weir"), &t->plan);
    return rc;
}

static void stop_using(struct testing *t, struct weir_ruleset *set)
{
    weir_scrub_plan_free(t->plan);
    weir_ruleset_free(set);
    t->plan = NULL;
}

static int test_rule(struct testing *t, const struct weir_node *rule)
{
    const struct weir_node *tests = weir_node_get(rule, WEIR_S("tests"));
    struct weir_ruleset *set = NULL;
    int rc;

    if (tests == NULL)
        return 0;
    rc = use(t, rule, &set);
    if (rc == 0) {
        test_examples(t, rule, weir_node_get(tests, WEIR_S("match")), true);
        test_examples(t, rule, weir_node_get(tests, WEIR_S("no_match")), false);
    }
    stop_using(t, set);
    return rc;
}

/* ---- of the set ----------------------------------------------------------------------- */

/* What came out as the test would have to say it: an event without _meta, or
 * its message alone. */
static struct weir_str as_written(struct testing *t, json_t *have, bool event)
{
    const json_t *message = json_object_get(have, "message");
    char *dump = event || !json_is_string(message) ? json_dumps(have, 0) : NULL;
    struct weir_str text = weir_str_of(dump != NULL ? dump : "");

    if (dump == NULL && json_is_string(message))
        text = (struct weir_str){json_string_value(message), json_string_length(message)};
    text = weir_arena_copy(&t->arena, text);
    free(dump);
    return text;
}

/* Events are compared as JSON, without _meta; texts as the message. */
static bool as_expected(struct testing *t, struct weir_str out, struct weir_str want,
                        struct weir_str *ret_have)
{
    struct weir_str event;
    json_t *have = json_loadb(out.p, out.n, 0, NULL), *wanted = NULL;
    bool same;

    if (event_of(t, want, &event) == 0)
        wanted = json_loadb(event.p, event.n, 0, NULL);
    if (have != NULL)
        json_object_del(have, "_meta");
    same = have != NULL && wanted != NULL && json_equal(have, wanted) != 0;
    *ret_have = as_written(t, have, is_event(want));
    json_decref(have);
    json_decref(wanted);
    return same;
}

static void test_output(struct testing *t, const struct weir_node *n)
{
    const struct weir_node *in = weir_node_get(n, WEIR_S("input"));
    const struct weir_node *want = weir_node_get(n, WEIR_S("output"));
    struct weir_str out;
    size_t found;

    if (in == NULL || want == NULL || in->kind != WEIR_NODE_SCALAR ||
        want->kind != WEIR_NODE_SCALAR) {
        result(t, n, false, "a test of the set%.*s has an input and an output, both texts",
               WEIR_S(""));
    } else if (scrub(t, in->text, &out, &found) != 0) {
        result(t, in, false, "the input is no JSON%.*s", WEIR_S(""));
    } else {
        bool good = as_expected(t, out, want->text, &out);

        result(t, want, good, "comes out otherwise%.*s", WEIR_S(""));
        if (!good)
            fprintf(stderr, "  expected: %.*s\n  comes out: %.*s\n", WEIR_FMT(want->text),
                    WEIR_FMT(out));
    }
}

static int test_set(struct testing *t, const struct weir_node *tests)
{
    struct weir_ruleset *set = NULL;
    int rc = use(t, NULL, &set);

    if (rc == 0 && tests != NULL && tests->kind != WEIR_NODE_LIST)
        result(t, tests, false, "tests%.*s is a list", WEIR_S(""));
    else if (rc == 0 && tests != NULL)
        for (const struct weir_node *n = tests->child; n != NULL; n = n->next)
            test_output(t, n);
    stop_using(t, set);
    return rc;
}

/* ---- files ------------------------------------------------------------------------------ */

static int test_nodes(struct testing *t, const struct weir_node *root)
{
    const struct weir_node *rules = weir_node_get(root, WEIR_S("rules"));
    int rc = test_set(t, weir_node_get(root, WEIR_S("tests")));

    for (const struct weir_node *r = rules != NULL ? rules->child : NULL; rc == 0 && r != NULL;
         r = r->next)
        rc = test_rule(t, r);
    return rc;
}

static int test_file(struct testing *t, const char *path)
{
    struct weir_errors errors;
    struct weir_node *root;
    int status = WEIR_EXIT_FAILED;

    t->file = weir_str_of(path);
    t->passed = t->failed = 0;
    weir_errors_init(&errors, &t->arena);
    if (weir_input_read("rules", path, FILE_MAX, &t->arena, &t->text) != 0)
        return status;
    status = WEIR_EXIT_CONFIG;
    if (weir_yaml_parse(&t->arena, t->text, t->file, &errors, &root) != 0)
        weir_errors_print(&errors, STDERR_FILENO);
    else if (test_nodes(t, root) == 0)
        status = t->failed > 0 ? WEIR_EXIT_FAILED : WEIR_EXIT_OK;
    if (status != WEIR_EXIT_CONFIG)
        printf("%s: %zu examples hold, %zu do not\n", path, t->passed, t->failed);
    if (status == WEIR_EXIT_OK && t->passed == 0)
        fprintf(stderr, "weir rules: %s has no examples; `weir rules --help` shows some\n", path);
    return status;
}

/* The files are argv[*ret_first] and what follows. An exit status, or negative. */
static int read_options(int argc, char **argv, int *ret_first)
{
    static const struct option longs[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int c;

    optind = 1;
    c = weir_cli_option(argc, argv, ":h", longs, NULL);
    if (c == 'h') {
        fputs(help, stdout);
        return WEIR_EXIT_OK;
    }
    if (c != -1)
        return WEIR_EXIT_USAGE;
    if (optind == argc || strcmp(argv[optind], "test") != 0)
        return usage("what shall be done? There is `weir rules test FILE`", "");
    if (optind + 1 == argc)
        return usage("which rule set file? `weir rules test FILE`", "");
    *ret_first = optind + 1;
    return -1;
}

int weir_cli_rules(int argc, char **argv)
{
    struct testing t = {.plan = NULL};
    int first, worst = read_options(argc, argv, &first);

    if (worst >= 0)
        return worst;
    worst = WEIR_EXIT_OK;
    t.scrubber = weir_scrubber_new();
    if (t.scrubber == NULL || weir_metrics_init(1000, NULL, 0) != 0)
        return WEIR_EXIT_FAILED;
    weir_scrubber_explain(t.scrubber, true);
    for (int i = first; i < argc; i++) {
        int status;

        weir_arena_init(&t.arena, ARENA);
        status = test_file(&t, argv[i]);
        worst = status > worst ? status : worst;
        weir_arena_destroy(&t.arena);
    }
    weir_scrubber_free(t.scrubber);
    weir_metrics_destroy();
    return worst;
}
