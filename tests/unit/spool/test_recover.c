/* Damaged and foreign files: the start never fails, what can be read is
 * there, the sum holds. */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>

enum { MIB = 1 << 20, ROWS = 400 };

static uint64_t seed = 1;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* ---- what is damaged ---------------------------------------------------------- */

/* ROWS deliveries for both destinations or one, some retried, dead, gone. */
static void fill(struct world *w)
{
    static char text[3000];
    static const enum weir_settlement ends[] = {WEIR_SETTLE_RETRY, WEIR_SETTLE_DEAD,
                                                WEIR_SETTLE_FORWARDED};
    struct weir_delivery d[ROWS];
    struct weir_settle_row settled[ROWS];
    struct weir_settle op = {.op.kind = WEIR_OP_SETTLE, .rows = settled};
    struct weir_spool_row *rows;
    size_t n;

    memset(text, 'x', sizeof text);
    for (int i = 0; i < ROWS; i++) {
        d[i] = delivery(i % 4 == 0 ? bit_a() | bit_b() : bit_a(), "");
        d[i].items = (struct weir_str){text, 100 + (size_t)(i * 37) % 2900};
        if (i % 10 == 9) {
            d[i].fate = WEIR_FATE_STAGE;
            d[i].trace_id = WEIR_S("0123456789abcdef0123456789abcdef");
        }
    }
    assert_int_equal(append(w, d, ROWS), 0);
    n = window(w, slot_a(), 0, &rows);
    for (size_t i = 0; i < n; i++) {
        if (i % 7 < 3)
            settled[op.n++] = (struct weir_settle_row){.id = rows[i].id,
                                                       .slot = slot_a(),
                                                       .what = ends[i % 7],
                                                       .next_ms = fake_now_ms,
                                                       .reason = "http_5xx",
                                                       .answer = WEIR_S("no thanks")};
    }
    assert_int_equal(run_op(w, &op.op), 0);
}

static void path_of(const struct world *w, const char *name, char ret_path[128])
{
    snprintf(ret_path, 128, "%s/%s", w->dir, name);
}

static void copy_file(const struct world *w, const char *from, const char *to)
{
    char source[128], target[128];
    static char bytes[16 * MIB];
    FILE *f;
    size_t n;

    path_of(w, from, source);
    path_of(w, to, target);
    f = fopen(source, "rb");
    if (f == NULL)
        return;
    n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    f = fopen(target, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

/* A spool as kill -9 leaves it: rows in the file, and some in the log. */
static void prepare(struct world *w)
{
    world_new(w, false, 4 * MIB);
    fill(w);
    world_reopen(w); /* the log goes into the file */
    for (int i = 0; i < 20; i++)
        assert_int_equal(append_text(w, bit_a(), "in the log"), 0);
    copy_file(w, "weir.db", "copy");
    copy_file(w, "weir.db-wal", "copy-wal");
    world_close(w);
    copy_file(w, "copy", "weir.db");
    copy_file(w, "copy-wal", "weir.db-wal");
}

/* ---- ways to damage -------------------------------------------------------------- */

static void poke(const struct world *w, const char *name, size_t at, size_t n, int how)
{
    char path[128];
    int fd;

    path_of(w, name, path);
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n; i++) {
        uint8_t byte = 0;

        if (how != 0 && pread(fd, &byte, 1, (off_t)(at + i)) == 1)
            byte ^= (uint8_t)(1 + next_random() % 255);
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)(at + i)), 1);
    }
    close(fd);
}

static size_t size_of(const struct world *w, const char *name)
{
    char path[128];
    struct stat st = {0};

    path_of(w, name, path);
    (void)stat(path, &st);
    return (size_t)st.st_size;
}

static void cut(const struct world *w, const char *name, size_t n)
{
    char path[128];

    path_of(w, name, path);
    assert_int_equal(truncate(path, (off_t)n), 0);
}

static void put_file(const struct world *w, const char *name, const char *text)
{
    char path[128];
    FILE *f;

    path_of(w, name, path);
    f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void put_directory(const struct world *w, const char *name)
{
    char path[128];

    path_of(w, name, path);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void no_log(const struct world *w)
{
    char path[128];

    path_of(w, "weir.db-wal", path);
    unlink(path);
}

/* ---- what must hold afterwards ------------------------------------------------------ */

static void forward_all(struct world *w, const struct weir_spool_row *rows, size_t n, unsigned slot)
{
    struct weir_settle_row settled[64];
    struct weir_settle op = {.op.kind = WEIR_OP_SETTLE, .rows = settled, .n = n};

    for (size_t i = 0; i < n; i++)
        settled[i] =
            (struct weir_settle_row){.id = rows[i].id, .slot = slot, .what = WEIR_SETTLE_FORWARDED};
    assert_int_equal(run_op(w, &op.op), 0);
}

/* Takes everything through to the end, looking at the sum on the way. */
static uint64_t drain(struct world *w)
{
    uint64_t all = 0;

    dead_op(w, WEIR_OP_REDRIVE, NULL, 0, -1);
    for (int round = 0; round < 1000; round++) {
        unsigned slots[2] = {slot_a(), slot_b()};
        size_t n = 0;

        for (int i = 0; i < 2; i++) {
            struct weir_spool_row *rows = NULL;
            size_t got = 0;
            uint64_t next_ms;

            /* Damage that is met here is repaired by the spool thread. */
            while (weir_spool_window(w->reader, slots[i], 0, fake_now_ms, 50, MIB, true, &w->arena,
                                     &rows, &got, &next_ms) != 0)
                usleep(10000);
            forward_all(w, rows, got, slots[i]);
            n += got;
        }
        ledger(w, slot_a());
        all += n;
        weir_arena_reset(&w->arena);
        if (n == 0)
            return all;
    }
    fail_msg("it never ends");
    return 0;
}

static uint64_t opens_and_works(struct world *w)
{
    struct weir_ledger l;
    uint64_t all;

    world_open(w);
    ledger(w, slot_a());
    assert_int_equal(append_text(w, bit_a() | bit_b(), "after"), 0);
    all = drain(w);
    l = ledger(w, slot_a());
    /* A flipped byte may have put a retry off for ever; its ttl ends it. */
    assert_int_equal(l.ready, 0);
    world_reopen(w);
    ledger(w, slot_a());
    assert_int_equal(append_text(w, bit_a(), "again"), 0);
    assert_int_equal(ledger(w, slot_a()).ready, 1);
    return all;
}

static bool set_aside(const struct world *w)
{
    DIR *dir = opendir(w->dir);
    struct dirent *entry;
    bool found = false;

    while ((entry = readdir(dir)) != NULL)
        found = found || strncmp(entry->d_name, "weir.db.damaged-", 16) == 0;
    closedir(dir);
    return found;
}

/* ---- tests ---------------------------------------------------------------------------- */

static uint64_t undamaged(void)
{
    static uint64_t all;
    struct world w;

    if (all == 0) {
        prepare(&w);
        all = opens_and_works(&w);
        assert_false(set_aside(&w));
        world_end(&w);
    }
    return all;
}

static void a_file_as_kill_leaves_it_is_no_damage(void **state)
{
    (void)state;
    assert_true(undamaged() > ROWS / 2);
}

static void a_bad_first_page_costs_nothing(void **state)
{
    static const struct {
        size_t at, n;
        int how;
    } cases[] = {{0, 16, 0}, {16, 2, 1}, {68, 4, 1}, {60, 4, 1}, {100, 8000, 1}, {100, 8, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        uint64_t all;

        prepare(&w);
        no_log(&w);
        poke(&w, "weir.db", cases[i].at, cases[i].n, cases[i].how);
        all = opens_and_works(&w);
        if (all != undamaged() - 20)
            print_error("case %zu: %llu of %llu\n", i, (unsigned long long)all,
                        (unsigned long long)undamaged() - 20);
        assert_true(all == undamaged() - 20);
        world_end(&w);
    }
}

static void half_a_file_gives_what_it_holds(void **state)
{
    struct world w;
    uint64_t all;

    (void)state;
    prepare(&w);
    no_log(&w);
    cut(&w, "weir.db", size_of(&w, "weir.db") / 2 + 100);
    all = opens_and_works(&w);
    assert_true(all > undamaged() / 4);
    assert_true(all < undamaged());
    assert_true(ledger(&w, slot_a()).count[WEIR_DROPPED] > 0);
    assert_true(set_aside(&w));
    world_end(&w);
}

static void what_is_no_database_of_ours_is_set_aside(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) {
        struct world w;
        char path[128];
        sqlite3 *db;

        world_prepare(&w, false, 4 * MIB);
        if (i == 0)
            put_file(&w, "weir.db", "this is no database, not at all, and never was one");
        else if (i == 1)
            put_directory(&w, "weir.db");
        else if (i == 2)
            put_file(&w, "weir.db", "x");
        else if (i == 3) {
            put_file(&w, "weir.db", "");
            put_file(&w, "weir.db-wal", "garbage");
        } else if (i == 4)
            put_directory(&w, "weir.db-wal");
        else {
            path_of(&w, "weir.db", path);
            assert_int_equal(sqlite3_open(path, &db), 0);
            assert_int_equal(sqlite3_exec(db,
                                          i == 5 ? "CREATE TABLE t(a); INSERT INTO t VALUES(1)"
                                                 : "CREATE TABLE delivery(a); CREATE TABLE held(b)",
                                          NULL, NULL, NULL),
                             0);
            sqlite3_close(db);
        }
        assert_int_equal(opens_and_works(&w), 2);
        /* SQLite takes a file of less than a header for an empty one. */
        assert_true(set_aside(&w) == (i != 2 && i != 3));
        world_end(&w);
    }
}

static void a_damaged_log_costs_what_came_after(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct world w;
        uint64_t all;
        size_t n;

        prepare(&w);
        n = size_of(&w, "weir.db-wal");
        assert_true(n > 1000);
        if (i == 0)
            cut(&w, "weir.db-wal", n / 2);
        else if (i == 1)
            cut(&w, "weir.db-wal", 10);
        else if (i == 2)
            poke(&w, "weir.db-wal", 0, 32, 0);
        else
            poke(&w, "weir.db-wal", next_random() % n, 50, 1);
        all = opens_and_works(&w);
        assert_true(all >= undamaged() - 20);
        assert_true(all <= undamaged());
        world_end(&w);
    }
}

/* How many ways to flip; more by hand. */
static int flips(void)
{
    const char *n = getenv("WEIR_FLIPS");

    return n != NULL ? (int)strtol(n, NULL, 10) : 32;
}

static void flipped_bytes_never_stop_the_start_nor_upset_the_sum(void **state)
{
    static const size_t counts[] = {1, 8, 64, 512};

    (void)state;
    for (int i = 0; i < flips(); i++) {
        struct world w;

        seed = (uint64_t)i + 1000;
        prepare(&w);
        if (i % 2 == 0)
            no_log(&w);
        for (size_t k = 0; k < counts[i % 4]; k++)
            poke(&w, "weir.db", next_random() % size_of(&w, "weir.db"), 1, 1);
        opens_and_works(&w);
        world_end(&w);
    }
}

static void damaged_pages_cost_their_own_rows_only(void **state)
{
    struct world w;
    uint64_t all;
    size_t pages;

    (void)state;
    prepare(&w);
    no_log(&w);
    pages = size_of(&w, "weir.db") / WEIR_DB_PAGE_BYTES;
    poke(&w, "weir.db", WEIR_DB_PAGE_BYTES * (pages / 2), WEIR_DB_PAGE_BYTES, 0);
    poke(&w, "weir.db", WEIR_DB_PAGE_BYTES * (pages / 3), WEIR_DB_PAGE_BYTES, 0);
    all = opens_and_works(&w);
    assert_true(all > undamaged() * 9 / 10 - 20);
    world_end(&w);
}

static void damage_met_while_running_is_repaired(void **state)
{
    struct world w;
    size_t pages;

    (void)state;
    prepare(&w);
    no_log(&w);
    world_open(&w);
    pages = size_of(&w, "weir.db") / WEIR_DB_PAGE_BYTES;
    for (size_t i = 3; i < pages; i += 3)
        poke(&w, "weir.db", WEIR_DB_PAGE_BYTES * i, WEIR_DB_PAGE_BYTES, 1);
    assert_int_equal(append_text(&w, bit_a(), "meanwhile"), 0);
    drain(&w);
    assert_true(set_aside(&w));
    assert_int_equal(append_text(&w, bit_a(), "after"), 0);
    assert_int_equal(ledger(&w, slot_a()).ready, 1);
    world_end(&w);
}

static void a_killed_recovery_is_begun_again_or_finished(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world w;
        uint64_t all;
        char from[128], to[128];

        prepare(&w);
        no_log(&w);
        if (i == 0) {
            put_file(&w, "weir.db.recovering", "half of it");
        } else {
            /* Complete, and killed before the renames, or between them. */
            copy_file(&w, "weir.db", "weir.db.recovered");
            poke(&w, "weir.db", 0, WEIR_DB_PAGE_BYTES, 1);
            put_file(&w, "weir.db-wal", "not yet out of the way");
            if (i == 2) {
                path_of(&w, "weir.db", from);
                path_of(&w, "weir.db.damaged-20260101T000000Z", to);
                rename(from, to);
            }
        }
        all = opens_and_works(&w);
        assert_true(all == undamaged() - 20);
        world_end(&w);
    }
}

static void a_delivery_whose_blob_is_gone_counts_as_damaged(void **state)
{
    struct world w;
    struct weir_blob_writer *writer;
    struct weir_delivery d[2];
    char path[128], name[64];
    struct weir_ledger l;

    (void)state;
    world_new(&w, false, 4 * MIB);
    for (int i = 0; i < 2; i++) {
        d[i] = delivery(bit_a() | bit_b(), "x");
        assert_int_equal(weir_blob_open(w.spool, WEIR_NO_COMPRESSION, &writer), 0);
        assert_int_equal(weir_blob_item_begin(writer, WEIR_S("{}")), 0);
        assert_int_equal(weir_blob_write(writer, WEIR_S("payload")), 0);
        assert_int_equal(weir_blob_item_end(writer), 0);
        assert_int_equal(weir_blob_close(writer, &d[i].blob), 0);
    }
    assert_int_equal(append(&w, d, 2), 0);
    world_close(&w);
    snprintf(name, sizeof name, "blobs/%s", d[0].blob.name);
    path_of(&w, name, path);
    assert_int_equal(unlink(path), 0);
    put_file(&w, "blobs/00112233445566778899aabbccddeeff", "an orphan");
    world_open(&w);
    for (int i = 0; i < 2; i++) {
        l = ledger(&w, i == 0 ? slot_a() : slot_b());
        assert_int_equal(l.count[WEIR_DROPPED], 1);
        assert_int_equal(l.ready, 1);
    }
    path_of(&w, "blobs/00112233445566778899aabbccddeeff", path);
    assert_int_equal(access(path, F_OK), -1);
    world_end(&w);
}

/* ---- the directory ---------------------------------------------------------------------- */

static void what_is_in_the_directory_is_private(void **state)
{
    static const struct {
        const char *name;
        mode_t mode;
    } cases[] = {{"", 0700},     {"weir.db", 0600}, {"weir.db-wal", 0600}, {"weir.db-shm", 0600},
                 {"lock", 0600}, {"blobs", 0700}};
    struct world w;
    mode_t old = umask(0);

    (void)state;
    world_new(&w, false, MIB);
    append_text(&w, bit_a(), "x");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        struct stat st;

        path_of(&w, cases[i].name, path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, cases[i].mode);
    }
    umask(old);
    world_end(&w);
}

static void a_second_process_is_told_that_it_is_held(void **state)
{
    struct world w, other;

    (void)state;
    world_new(&w, false, MIB);
    other = w;
    assert_int_equal(world_try_open(&other), WEIR_EBUSY);
    append_text(&w, bit_a(), "still here");
    assert_int_equal(ledger(&w, slot_a()).ready, 1);
    world_end(&w);
}

static void a_path_that_cannot_be_a_directory_is_an_error(void **state)
{
    struct world w;

    (void)state;
    world_prepare(&w, false, MIB);
    put_file(&w, "file", "x");
    snprintf(w.dir + strlen(w.dir), sizeof w.dir - strlen(w.dir), "/file/spool");
    assert_int_equal(world_try_open(&w), WEIR_EIO);
    w.dir[strlen(w.dir) - strlen("/file/spool")] = '\0';
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_as_kill_leaves_it_is_no_damage),
        cmocka_unit_test(a_bad_first_page_costs_nothing),
        cmocka_unit_test(half_a_file_gives_what_it_holds),
        cmocka_unit_test(what_is_no_database_of_ours_is_set_aside),
        cmocka_unit_test(a_damaged_log_costs_what_came_after),
        cmocka_unit_test(flipped_bytes_never_stop_the_start_nor_upset_the_sum),
        cmocka_unit_test(damaged_pages_cost_their_own_rows_only),
        cmocka_unit_test(damage_met_while_running_is_repaired),
        cmocka_unit_test(a_killed_recovery_is_begun_again_or_finished),
        cmocka_unit_test(a_delivery_whose_blob_is_gone_counts_as_damaged),
        cmocka_unit_test(what_is_in_the_directory_is_private),
        cmocka_unit_test(a_second_process_is_told_that_it_is_held),
        cmocka_unit_test(a_path_that_cannot_be_a_directory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
