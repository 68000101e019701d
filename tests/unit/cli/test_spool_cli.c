/* `weir spool` on a stopped weir, and on one that holds the spool but does
 * not answer. What a running one answers is tested end to end. */
#include "spool/harness.h"

#include "collector/cli/cli.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static struct world w;
static char config_path[128], out_path[128];
static int64_t ids[3];

/* A port that nothing listens on. */
static int free_port(void)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
    close(fd);
    return ntohs(sa.sin_port);
}

/* Three dead letters of `main`, and a configuration beside them. */
static int set_up(void **state)
{
    struct weir_spool_row *rows;
    int port = free_port();
    FILE *f;

    (void)state;
    world_new(&w, false, 4 << 20);
    for (int i = 0; i < 3; i++)
        assert_int_equal(append_text(&w, bit_a(), "{}\nitems\n"), 0);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 3);
    for (int i = 0; i < 3; i++) {
        ids[i] = rows[i].id;
        settle(&w, ids[i], slot_a(), WEIR_SETTLE_DEAD, 0, "rejected");
    }
    snprintf(config_path, sizeof config_path, "%s/weir.yaml", w.dir);
    snprintf(out_path, sizeof out_path, "%s/out", w.dir);
    f = fopen(config_path, "w");
    assert_non_null(f);
    fprintf(f,
            "listen: {http: \"127.0.0.1:%d\"}\ndestinations: [{name: main, dsn: "
            "\"http://k@127.0.0.1:1/1\"}]\nspool: {path: \"%s\"}\n",
            port, w.dir);
    fclose(f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* Runs it with up to three words after the configuration; what it printed is
 * in *text. */
static int run(char text[8192], const char *a, const char *b, const char *c)
{
    char *argv[] = {"spool", "-c", config_path, (char *)a, (char *)b, (char *)c, NULL};
    int argc = 3, status, old;
    FILE *f;
    size_t n;

    while (argv[argc] != NULL)
        argc++;
    fflush(stdout);
    old = dup(STDOUT_FILENO);
    assert_non_null(freopen(out_path, "w", stdout));
    status = weir_cli_spool(argc, argv);
    fflush(stdout);
    dup2(old, STDOUT_FILENO);
    close(old);
    f = fopen(out_path, "r");
    n = fread(text, 1, 8191, f);
    text[n] = '\0';
    fclose(f);
    return status;
}

static size_t lines(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void a_stopped_weir_is_looked_into_and_ordered(void **state)
{
    char text[8192], id[24];

    (void)state;
    world_close(&w);
    assert_int_equal(run(text, "status", NULL, NULL), 0);
    assert_non_null(strstr(text, "weir is stopped"));
    assert_non_null(strstr(text, "dead            3\n"));
    assert_non_null(strstr(text, "difference      0\n"));
    assert_int_equal(run(text, "list", NULL, NULL), 0);
    assert_int_equal(lines(text), 3);
    assert_non_null(strstr(text, "rejected"));
    assert_int_equal(run(text, "export", NULL, NULL), 0);
    assert_int_equal(lines(text), 3);
    assert_non_null(strstr(text, "\"answer\":\"no thanks\""));
    snprintf(id, sizeof id, "%lld", (long long)ids[1]);
    assert_int_equal(run(text, "show", id, NULL), 0);
    assert_non_null(strstr(text, "\"items\": \"{}\\nitems\\n\""));
    assert_int_equal(run(text, "drop", id, NULL), 0);
    assert_string_equal(text, "1 dropped\n");
    assert_int_equal(run(text, "drop", id, NULL), 1);
    assert_string_equal(text, "0 dropped\n");
    assert_int_equal(run(text, "show", id, NULL), 1);
    snprintf(id, sizeof id, "%lld", (long long)ids[0]);
    assert_int_equal(run(text, "redrive", id, "987654"), 1); /* one of them is unknown */
    assert_string_equal(text, "1 redriven\n");
    assert_int_equal(run(text, "redrive", "--all", NULL), 0);
    assert_string_equal(text, "1 redriven\n");
    assert_int_equal(run(text, "list", NULL, NULL), 0);
    assert_int_equal(lines(text), 0);
    world_open(&w);
    assert_int_equal(ledger(&w, slot_a()).ready, 2);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_DROPPED], 1);
}

/* Who exports and then drops would lose them. */
static void an_export_that_lacks_items_says_so(void **state)
{
    struct weir_delivery d = delivery(bit_a(), "{}\nitems\n");
    struct weir_blob_writer *writer;
    struct weir_spool_row *rows;
    char text[8192];

    (void)state;
    assert_int_equal(weir_blob_open(w.spool, WEIR_NO_COMPRESSION, &writer), 0);
    assert_int_equal(weir_blob_item_begin(writer, WEIR_S("{\"type\":\"attachment\"}")), 0);
    assert_int_equal(weir_blob_write(writer, WEIR_S("large")), 0);
    assert_int_equal(weir_blob_item_end(writer), 0);
    assert_int_equal(weir_blob_close(writer, &d.blob), 0);
    assert_int_equal(append(&w, &d, 1), 0);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 1);
    settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_DEAD, 0, "rejected");
    world_close(&w);
    assert_int_equal(run(text, "export", NULL, NULL), 1);
    assert_int_equal(lines(text), 4);
    assert_non_null(strstr(text, "\"blob\":{"));
    world_open(&w);
}

static void a_destination_or_spool_that_is_not_there_is_told(void **state)
{
    char text[8192], path[160];
    struct stat st;

    (void)state;
    world_close(&w);
    assert_int_equal(run(text, "status", "-d", "main"), 0);
    assert_non_null(strstr(text, "\nmain\n"));
    assert_null(strstr(text, "\nsecond\n"));
    assert_int_equal(run(text, "status", "-d", "mian"), 1);
    assert_string_equal(text, "");
    assert_int_equal(run(text, "list", "-d", "mian"), 1);
    /* A directory of somebody else's stays as it is. */
    snprintf(path, sizeof path, "%s/weir.db", w.dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chmod(w.dir, 0755), 0);
    assert_int_equal(run(text, "status", NULL, NULL), 1);
    assert_int_equal(stat(path, &st), -1);
    assert_int_equal(stat(w.dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
    world_open(&w);
}

static void a_spool_that_is_held_is_left_alone(void **state)
{
    char text[8192];

    (void)state;
    assert_int_equal(run(text, "redrive", "--all", NULL), 1);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_DEAD], 3);
}

static void wrong_usage_is_told(void **state)
{
    static const char *const cases[][2] = {{NULL, NULL},     {"lst", NULL},    {"show", NULL},
                                           {"show", "x"},    {"drop", NULL},   {"drop", "--all"},
                                           {"redrive", "0"}, {"redrive", NULL}};
    char text[8192];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(run(text, cases[i][0], cases[i][1], NULL), WEIR_EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stopped_weir_is_looked_into_and_ordered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_export_that_lacks_items_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_destination_or_spool_that_is_not_there_is_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_spool_that_is_held_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_usage_is_told, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
