/* A disk that is full or fails: refused, not lost; alive, and well again when
 * there is room. */
#include "harness.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { MIB = 1 << 20 };

/* Until nothing helps: room in the log is found again a few times. */
static size_t append_until_it_fails(struct world *w)
{
    static char text[4097];
    size_t taken = 0, refused = 0;

    memset(text, 'x', sizeof text - 1);
    while (refused < 20 && taken < 4096) {
        int err = append_text(w, bit_a(), text);

        assert_true(err == 0 || err == WEIR_EIO);
        taken += err == 0;
        refused = err == 0 ? 0 : refused + 1;
    }
    assert_int_equal(refused, 20);
    return taken;
}

/* Everything that was taken is there and can be settled. */
static void drain_all(struct world *w, size_t expected)
{
    struct weir_spool_row *rows;
    struct weir_settle_row settled[8];
    size_t n, all = 0;
    uint64_t next_ms;

    for (;;) {
        struct weir_settle op = {.op.kind = WEIR_OP_SETTLE, .rows = settled};

        assert_int_equal(weir_spool_window(w->reader, slot_a(), 0, fake_now_ms, 8, MIB, true,
                                           &w->arena, &rows, &n, &next_ms),
                         0);
        if (n == 0)
            break;
        for (size_t i = 0; i < n; i++)
            settled[i] = (struct weir_settle_row){
                .id = rows[i].id, .slot = slot_a(), .what = WEIR_SETTLE_FORWARDED};
        op.n = n;
        assert_int_equal(run_op(w, &op.op), 0);
        all += n;
        weir_arena_reset(&w->arena);
    }
    assert_int_equal(all, expected);
    assert_int_equal(ledger(w, slot_a()).count[WEIR_FORWARDED], expected);
}

static void set_limit(rlim_t bytes)
{
    struct rlimit l;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void a_failing_disk_refuses_appends_and_is_well_afterwards(void **state)
{
    struct world w;
    size_t taken;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    world_new(&w, false, 64 * MIB);
    assert_int_equal(append_text(&w, bit_a(), "before"), 0);
    set_limit(4 * MIB);
    taken = append_until_it_fails(&w);
    assert_true(taken > 10);
    assert_false(weir_spool_writable(w.spool));
    ledger(&w, slot_a());
    set_limit(RLIM_INFINITY);
    /* Nobody asks, and still it turns. */
    for (int i = 0; i < 500 && !weir_spool_writable(w.spool); i++)
        usleep(10000);
    assert_true(weir_spool_writable(w.spool));
    assert_int_equal(append_text(&w, bit_a(), "after"), 0);
    drain_all(&w, taken + 2);
    world_reopen(&w);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_FORWARDED], taken + 2);
    world_end(&w);
}

/* In a process and a mount namespace of its own. */
static void on_a_full_disk(void)
{
    struct world w;
    size_t taken;

    world_prepare(&w, false, 64 * MIB);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("weir", w.dir, "tmpfs", 0, "size=6m") != 0)
        _exit(77);
    world_open(&w);
    taken = append_until_it_fails(&w);
    assert_true(taken > 100);
    assert_false(weir_spool_writable(w.spool));
    drain_all(&w, taken);
    assert_int_equal(append_text(&w, bit_a(), "after"), 0);
    assert_true(weir_spool_writable(w.spool));
    world_close(&w);
    umount(w.dir);
    rmdir(w.dir);
}

static void a_full_disk_still_lets_deliveries_leave(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) != 0)
            _exit(77);
        on_a_full_disk();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("not allowed to mount, skipped\n");
        skip();
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static off_t file_bytes(const struct world *w, const char *name)
{
    char path[128];
    struct stat st = {0};

    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    (void)stat(path, &st);
    return st.st_size;
}

static void the_file_shrinks_as_the_backlog_drains_and_the_log_stays_short(void **state)
{
    static char text[65536];
    struct world w;
    struct weir_delivery d[64];
    off_t most;

    (void)state;
    world_new(&w, false, 512 * MIB);
    for (int i = 0; i < 64; i++) {
        d[i] = delivery(bit_a(), "");
        d[i].items = (struct weir_str){text, sizeof text};
    }
    for (int i = 0; i < 16; i++) {
        assert_int_equal(append(&w, d, 64), 0);
        assert_true(file_bytes(&w, "weir.db-wal") < 64 * MIB);
    }
    for (int i = 0; i < 300 && file_bytes(&w, "weir.db") < 60 * MIB; i++)
        usleep(10000);
    most = file_bytes(&w, "weir.db");
    assert_true(most > 60 * MIB);
    drain_all(&w, 1024);
    for (int i = 0; i < 1000 && file_bytes(&w, "weir.db") > 8 * MIB; i++)
        usleep(10000);
    assert_true(file_bytes(&w, "weir.db") <= 8 * MIB);
    assert_int_equal(append_text(&w, bit_a(), "x"), 0);
    usleep(1200000);
    assert_int_equal(append_text(&w, bit_a(), "y"), 0);
    assert_true(file_bytes(&w, "weir.db-wal") <= 17 * MIB);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_disk_refuses_appends_and_is_well_afterwards),
        cmocka_unit_test(a_full_disk_still_lets_deliveries_leave),
        cmocka_unit_test(the_file_shrinks_as_the_backlog_drains_and_the_log_stays_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
