/* kill -9 at any moment: what was acknowledged is there, what was settled is
 * gone, the sum holds, no blob is left over. */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { MIB = 1 << 20, ROUNDS = 20, IN_FLIGHT = 24, MOST = 1 << 18 };

/* What the child tells: 8 bytes each, so that a write is never torn. */
struct note {
    uint32_t what; /* 'A' acknowledged, 'S' about to be settled, 'F' settled */
    uint32_t seq;
};

static void tell(int fd, uint32_t what, uint32_t seq)
{
    struct note n = {what, seq};

    if (write(fd, &n, sizeof n) != sizeof n)
        _exit(1);
}

/* ---- the child --------------------------------------------------------------- */

struct flight {
    struct weir_append op;
    struct weir_delivery d;
    char event_id[33];
    uint32_t seq;
    bool busy;
};

static void launch(struct world *w, struct flight *f, uint32_t seq, struct weir_mailbox *box)
{
    struct weir_blob_writer *writer;

    f->seq = seq;
    f->busy = true;
    snprintf(f->event_id, sizeof f->event_id, "%032x", seq);
    f->d = delivery(seq % 3 == 0 ? bit_a() | bit_b() : bit_a(), "some items of an event");
    f->d.event_id = weir_str_of(f->event_id);
    if (seq % 8 == 0 && weir_blob_open(w->spool, WEIR_GZIP, &writer) == 0 &&
        (weir_blob_item_begin(writer, WEIR_S("{\"type\":\"attachment\"}")) != 0 ||
         weir_blob_write(writer, WEIR_S("payload")) != 0 || weir_blob_item_end(writer) != 0 ||
         weir_blob_close(writer, &f->d.blob) != 0))
        _exit(2);
    f->op = (struct weir_append){
        .op = {.kind = WEIR_OP_APPEND, .reply = box, .owner = f}, .deliveries = &f->d, .n = 1};
    if (weir_spool_submit(w->spool, &f->op.op) != 0)
        _exit(3);
}

/* Settles the oldest few of the first destination. */
static void settle_some(struct world *w, int fd, int64_t *after)
{
    struct weir_spool_row *rows;
    size_t n;
    uint64_t next_ms;

    if (weir_spool_window(w->reader, slot_a(), *after, fake_now_ms, 8, MIB, true, &w->arena, &rows,
                          &n, &next_ms) != 0)
        _exit(4);
    for (size_t i = 0; i < n; i++) {
        uint32_t seq = (uint32_t)strtoul(rows[i].delivery.event_id.p + 24, NULL, 16);

        tell(fd, 'S', seq);
        if (settle(w, rows[i].id, slot_a(), WEIR_SETTLE_FORWARDED, 0, "") == 0)
            tell(fd, 'F', seq);
        *after = rows[i].id;
    }
    weir_arena_reset(&w->arena);
}

static void child(struct world *w, int fd, uint32_t seq)
{
    static struct flight flights[IN_FLIGHT];
    struct weir_mailbox box;
    int64_t after = 0;

    world_open(w);
    if (weir_mailbox_init(&box) != 0)
        _exit(5);
    for (int i = 0; i < IN_FLIGHT; i++)
        launch(w, &flights[i], seq++, &box);
    for (unsigned turn = 0;; turn++) {
        struct weir_link *link = weir_mailbox_take(&box);

        while (link != NULL) {
            struct weir_op *op = (struct weir_op *)(void *)link;
            struct flight *f = op->owner;

            link = link->next;
            if (op->result == 0)
                tell(fd, 'A', f->seq);
            launch(w, f, seq++, &box);
        }
        if (turn % 16 == 0)
            settle_some(w, fd, &after);
        usleep(50);
    }
}

/* ---- the parent ---------------------------------------------------------------- */

static uint8_t told[MOST]; /* bits by seq: 1 acknowledged, 2 about to be, 4 settled */

static uint32_t listen_to(int fd)
{
    struct note n;
    uint32_t highest = 0;

    while (read(fd, &n, sizeof n) == sizeof n) {
        assert_true(n.seq < MOST);
        told[n.seq] |= n.what == 'A' ? 1 : n.what == 'S' ? 2 : 4;
        if (n.seq > highest)
            highest = n.seq;
    }
    return highest;
}

/* A busy machine may give the child no time for anything before. */
static void await_first(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&p, 1, 60 * 1000), 1);
}

static void check_blob(struct world *w, const struct weir_blob *b)
{
    struct stat st;
    int fd;

    assert_int_equal(weir_spool_blob_fd(w->spool, b, &fd), 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, b->encoded_bytes);
    close(fd);
}

/* Marks what is spooled for the first destination (bit 8) and returns how
 * many blobs are named for any. */
static void look(struct world *w, unsigned slot, uint8_t bit)
{
    struct weir_spool_row *rows;
    size_t n = 0;
    int64_t after = 0;

    do {
        assert_int_equal(
            weir_spool_list(w->reader, WEIR_ROW_READY, (int)slot, after, 500, &w->arena, &rows, &n),
            0);
        for (size_t i = 0; i < n; i++) {
            told[strtoul(rows[i].delivery.event_id.p + 24, NULL, 16)] |= bit;
            if (rows[i].delivery.blob.name[0] != '\0')
                check_blob(w, &rows[i].delivery.blob);
            after = rows[i].id;
        }
        weir_arena_reset(&w->arena);
    } while (n > 0);
}

static size_t count_files(const struct world *w)
{
    char path[128];
    DIR *dir;
    size_t n = 0;

    snprintf(path, sizeof path, "%s/blobs", w->dir);
    dir = opendir(path);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}

static void nothing_acknowledged_is_missing(void **state)
{
    struct world w;
    uint32_t seq = 1, highest = 0;
    size_t acknowledged = 0;

    (void)state;
    world_prepare(&w, false, 256 * MIB);
    for (int round = 0; round < ROUNDS; round++) {
        int pipes[2];
        pid_t pid;
        uint32_t top;
        size_t blobs = 0;

        assert_int_equal(pipe(pipes), 0);
        fcntl(pipes[1], F_SETPIPE_SZ, MIB);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            close(pipes[0]);
            child(&w, pipes[1], seq);
        }
        close(pipes[1]);
        if (round % 2 == 0) /* else it may hit the child while it opens */
            await_first(pipes[0]);
        usleep((useconds_t)(weir_random() % 80000));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        top = listen_to(pipes[0]);
        highest = top > highest ? top : highest;
        close(pipes[0]);
        world_open(&w);
        ledger(&w, slot_a());
        look(&w, slot_a(), 8);
        look(&w, slot_b(), 16);
        for (uint32_t i = 1; i <= highest; i++) {
            acknowledged += i >= seq && (told[i] & 1) != 0;
            if ((told[i] & 3) == 1)
                assert_true(told[i] & 8);
            if (told[i] & 4)
                assert_false(told[i] & 8);
            if ((told[i] & 1) && i % 3 == 0)
                assert_true(told[i] & 16);
        }
        /* Some may be committed that nobody was told of. */
        top = (highest > seq ? highest : seq) + 2 * IN_FLIGHT;
        for (uint32_t i = 1; i < top; i++) {
            blobs += i % 8 == 0 && (told[i] & 24) != 0;
            told[i] &= (uint8_t)~24;
        }
        assert_int_equal(count_files(&w), blobs);
        seq = top;
        world_close(&w);
    }
    print_message("%zu acknowledged over %d kills\n", acknowledged, ROUNDS);
    assert_true(acknowledged > ROUNDS);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
