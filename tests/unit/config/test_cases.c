/* test_cases.c - golden cases: tests/cases/config-NAME/ holds
 *
 *   in.yaml     the configuration
 *   env         NAME=VALUE lines: the whole environment (optional)
 *   errors      what `weir check` prints, mistakes and warnings
 *   out         what `weir config` prints; absent when the file is refused
 *   others      whatever in.yaml names (rule sets, secrets)
 *
 * WEIR_REWRITE=1 writes `errors` and `out` anew, to be read before they are
 * committed. */
#include "support.h"

#include "fake_scrub.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

static const char root[] = WEIR_SOURCE_DIR "/tests/cases";

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    size_t n = 0;

    assert_non_null(text);
    if (f == NULL) {
        free(text);
        return NULL;
    }
    n = fread(text, 1, (1 << 20) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

/* Lines of `text` as the environment; the text is cut up. */
static char **variables_of(char *text)
{
    static char *list[64];
    size_t n = 0;
    char *save = NULL;

    for (char *line = text != NULL ? strtok_r(text, "\n", &save) : NULL; line != NULL && n < 63;
         line = strtok_r(NULL, "\n", &save))
        list[n++] = line;
    list[n] = NULL;
    return list;
}

/* Everything printed to a temporary file, as text. */
static char *printed(struct loading *t, bool configuration)
{
    char path[] = "/tmp/weir-case-XXXXXX";
    int fd = mkstemp(path);
    char *text;

    assert_true(fd >= 0);
    if (configuration)
        assert_int_equal(weir_snapshot_print(t->snapshot, fd), 0);
    else
        weir_errors_print(&t->errors, fd);
    close(fd);
    text = slurp(path);
    unlink(path);
    return text;
}

static void compare(const char *name, const char *got)
{
    char *want;

    if (getenv("WEIR_REWRITE") != NULL) {
        FILE *f;

        unlink(name);
        if (got == NULL || (got[0] == '\0' && strcmp(name, "errors") == 0))
            return;
        f = fopen(name, "wb");
        assert_non_null(f);
        fputs(got, f);
        fclose(f);
        return;
    }
    want = slurp(name);
    if (want == NULL)
        assert_string_equal(got != NULL ? got : "", "");
    else
        assert_string_equal(got != NULL ? got : "(refused)", want);
    free(want);
}

/* What is printed, read again, is printed alike (unless secrets are hidden). */
static void check_round_trip(const char *text)
{
    struct loading t;
    char *again;

    if (text == NULL || strstr(text, "***") != NULL)
        return;
    load_with(&t, &(struct weir_load_options){
                      .text = weir_str_of(text), .name = WEIR_S("out"), .use_files = true});
    assert_non_null(t.snapshot);
    again = printed(&t, true);
    assert_string_equal(again, text);
    free(again);
    unload(&t);
}

static void run_case(void **state)
{
    char *variables_text, *text;
    struct loading t;

    assert_int_equal(chdir(*state), 0);
    variables_text = slurp("env");
    load_with(&t, &(struct weir_load_options){.path = "in.yaml",
                                              .variables = variables_of(variables_text),
                                              .use_files = true,
                                              .use_dns = false});
    text = printed(&t, false);
    compare("errors", text);
    free(text);
    text = t.snapshot != NULL ? printed(&t, true) : NULL;
    compare("out", text);
    check_round_trip(text);
    free(text);
    unload(&t);
    free(variables_text);
    assert_int_equal(fake_plans, 0);
    assert_int_equal(fake_rulesets, 0);
}

int main(void)
{
    struct CMUnitTest tests[256];
    size_t n = 0;
    int failed;
    DIR *dir = opendir(root);
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL && n < 256) {
        char *path = NULL;

        if (strncmp(entry->d_name, "config-", 7) != 0 ||
            asprintf(&path, "%s/%s", root, entry->d_name) < 0)
            continue;
        tests[n++] = (struct CMUnitTest){path + sizeof root, run_case, NULL, NULL, path};
    }
    closedir(dir);
    if (n == 0)
        return 1;
    failed = _cmocka_run_group_tests("cases", tests, n, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        free(tests[i].initial_state);
    return failed;
}
