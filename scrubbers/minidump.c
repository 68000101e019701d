/* minidump.c - crash dumps in Microsoft's format, as Breakpad and Crashpad
 * write them (https://learn.microsoft.com/windows/win32/api/minidumpapiset).
 *
 *   header   "MDMP" version count rva-of-directory ...        (32 bytes)
 *   directory  count times: type size rva                     (12 bytes each)
 *   streams  3 threads (stack of each), 4 modules, 5 and 9 memory,
 *            7 system, 10 and 11 comments, 0x47670006 command line,
 *            0x47670007 environment
 *
 * Everything is overwritten in place, so that all offsets stay good:
 *   - a thread's stack keeps the words that point into a module or into a
 *     stack: return addresses and frame pointers, which is what unwinding
 *     needs. All other words become zero.
 *   - other memory becomes zero;
 *   - environment, command line and comments become blanks;
 *   - in the rest (names of modules, annotations) runs of text, as bytes or as
 *     UTF-16, are judged by the rules, and what goes is starred out. */
#include "minidump.h"

#include <stdatomic.h>

enum {
    HEADER = 32,
    ENTRY = 12,
    THREADS = 3,
    MODULES = 4,
    MEMORY = 5,
    SYSTEM = 7,
    MEMORY64 = 9,
    COMMENT_A = 10,
    COMMENT_W = 11,
    LINUX_CMDLINE = 0x47670006,
    LINUX_ENVIRON = 0x47670007,
    THREAD_BYTES = 48,
    MODULE_BYTES = 108,
    MAX_RANGES = 4096,
    MIN_RUN = 6, /* characters of text worth judging */
    MAX_RUN = 4096
};

struct range {
    uint64_t from, to; /* addresses of the crashed process */
};

struct dump {
    struct weir_scrubber *s;
    const uint8_t *in; /* as it came: what is overwritten may be the directory */
    uint8_t *p;
    size_t n;
    unsigned word; /* bytes of an address */
    struct range *keep;
    size_t n_keep;
};

static atomic_size_t reserved;

bool weir_minidump_reserve(size_t has, size_t n)
{
    if (n > WEIR_DUMP_BYTES || has > WEIR_DUMP_BYTES - n)
        return false;
    if (atomic_fetch_add_explicit(&reserved, n, memory_order_relaxed) + n <= WEIR_DUMPS_BYTES)
        return true;
    weir_minidump_release(n);
    return false;
}

void weir_minidump_release(size_t n)
{
    atomic_fetch_sub_explicit(&reserved, n, memory_order_relaxed);
}

static uint64_t get(const struct dump *d, size_t at, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = bytes; i-- > 0;)
        v = v << 8 | d->in[at + i];
    return v;
}

static bool inside(const struct dump *d, uint64_t at, uint64_t n)
{
    return at <= d->n && n <= d->n - at;
}

/* The stream `type`: its place and size; false: none. WEIR_EUNSUPPORTED ones
 * were refused before. */
static bool stream(const struct dump *d, uint32_t type, size_t *ret_at, size_t *ret_n)
{
    uint64_t count = get(d, 8, 4), dir = get(d, 12, 4);

    for (uint64_t i = 0; i < count; i++) {
        size_t e = (size_t)(dir + i * ENTRY);

        if (get(d, e, 4) == type) {
            *ret_n = (size_t)get(d, e + 4, 4);
            *ret_at = (size_t)get(d, e + 8, 4);
            return true;
        }
    }
    return false;
}

static bool directory_fits(const struct dump *d)
{
    uint64_t count, dir;

    if (d->n < HEADER)
        return false;
    count = get(d, 8, 4);
    dir = get(d, 12, 4);
    if (count > 4096 || !inside(d, dir, count * ENTRY))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        size_t e = (size_t)(dir + i * ENTRY);

        if (!inside(d, get(d, e + 8, 4), get(d, e + 4, 4)))
            return false;
    }
    return true;
}

static void keep(struct dump *d, uint64_t from, uint64_t n)
{
    if (d->n_keep < MAX_RANGES && n > 0)
        d->keep[d->n_keep++] = (struct range){from, from + n};
}

static bool kept(const struct dump *d, uint64_t address)
{
    for (size_t i = 0; i < d->n_keep; i++)
        if (address >= d->keep[i].from && address < d->keep[i].to)
            return true;
    return false;
}

static void blank(struct dump *d, uint64_t at, uint64_t n, int with)
{
    if (inside(d, at, n))
        memset(d->p + at, with, (size_t)n);
}

/* Calls `each` with address, size and offset of every stack. */
static bool stacks(struct dump *d, void (*each)(struct dump *, uint64_t, uint64_t, uint64_t))
{
    size_t at, n;

    if (!stream(d, THREADS, &at, &n) || n < 4)
        return true;
    for (uint64_t i = 0, count = get(d, at, 4); i < count; i++) {
        size_t t = at + 4 + (size_t)i * THREAD_BYTES;

        if (!inside(d, t, THREAD_BYTES) || t + THREAD_BYTES > at + n)
            return false;
        each(d, get(d, t + 24, 8), get(d, t + 32, 4), get(d, t + 36, 4));
    }
    return true;
}

static void keep_stack(struct dump *d, uint64_t address, uint64_t n, uint64_t at)
{
    (void)at;
    keep(d, address, n);
}

static void clear_stack(struct dump *d, uint64_t address, uint64_t n, uint64_t at)
{
    (void)address;
    if (!inside(d, at, n))
        return;
    for (uint64_t i = 0; i < n; i += d->word) {
        unsigned bytes = (unsigned)(n - i < d->word ? n - i : d->word);

        if (bytes < d->word || !kept(d, get(d, (size_t)(at + i), d->word)))
            memset(d->p + at + i, 0, bytes);
    }
}

static bool read_modules(struct dump *d)
{
    size_t at, n;

    if (!stream(d, MODULES, &at, &n) || n < 4)
        return true;
    for (uint64_t i = 0, count = get(d, at, 4); i < count; i++) {
        size_t m = at + 4 + (size_t)i * MODULE_BYTES;

        if (!inside(d, m, MODULE_BYTES) || m + MODULE_BYTES > at + n)
            return false;
        keep(d, get(d, m, 8), get(d, m + 8, 4));
    }
    return true;
}

static void read_system(struct dump *d)
{
    size_t at, n;

    d->word = 8;
    if (stream(d, SYSTEM, &at, &n) && n >= 2) {
        uint64_t arch = get(d, at, 2);

        if (arch == 0 || arch == 1 || arch == 5) /* x86, MIPS, ARM */
            d->word = 4;
    }
}

/* Is that range of the file one of the stacks? They are listed as memory,
 * too, and have been cleared word by word. */
static bool is_stack(struct dump *d, uint64_t at, uint64_t n)
{
    size_t list, size;

    if (!stream(d, THREADS, &list, &size) || size < 4)
        return false;
    for (uint64_t i = 0, count = get(d, list, 4); i < count; i++) {
        size_t t = list + 4 + (size_t)i * THREAD_BYTES;

        if (t + THREAD_BYTES > list + size)
            break;
        if (get(d, t + 36, 4) == at && get(d, t + 32, 4) == n)
            return true;
    }
    return false;
}

static bool clear_memory(struct dump *d)
{
    size_t at, n;

    if (stream(d, MEMORY, &at, &n) && n >= 4)
        for (uint64_t i = 0, count = get(d, at, 4); i < count; i++) {
            size_t m = at + 4 + (size_t)i * 16;
            uint64_t bytes, rva;

            if (!inside(d, m, 16) || m + 16 > at + n)
                return false;
            bytes = get(d, m + 8, 4);
            rva = get(d, m + 12, 4);
            if (!inside(d, rva, bytes))
                return false;
            if (!is_stack(d, rva, bytes))
                blank(d, rva, bytes, 0);
        }
    if (stream(d, MEMORY64, &at, &n) && n >= 16) {
        uint64_t count = get(d, at, 8), rva = get(d, at + 8, 8);

        for (uint64_t i = 0; i < count; i++) {
            size_t m = at + 16 + (size_t)i * 16;
            uint64_t bytes;

            if (i >= d->n || !inside(d, m, 16) || m + 16 > at + n)
                return false;
            bytes = get(d, m + 8, 8);
            if (!inside(d, rva, bytes))
                return false;
            blank(d, rva, bytes, 0);
            rva += bytes;
        }
    }
    return true;
}

static void clear_texts(struct dump *d)
{
    static const struct {
        uint32_t type;
        int with;
    } texts[] = {{LINUX_CMDLINE, ' '}, {LINUX_ENVIRON, ' '}, {COMMENT_A, ' '}, {COMMENT_W, 0}};
    size_t at, n;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (stream(d, texts[i].type, &at, &n))
            blank(d, at, n, texts[i].with);
}

/* One run of text, `step` bytes a character: what the rules take is starred
 * out. */
static int judge_run(struct dump *d, size_t at, size_t chars, size_t step)
{
    char text[MAX_RUN];
    const struct weir_menu *menu;
    int32_t state;
    int rc;

    for (size_t i = 0; i < chars; i++)
        text[i] = (char)d->p[at + i * step];
    rc = weir_scrub_attachment_state(d->s, WEIR_S(""), WEIR_T_STRING | WEIR_T_MINIDUMP, &state);
    if (rc != 0)
        return rc;
    menu = weir_scrubber_menu(d->s, state, WEIR_CLASS_TEXT);
    if (menu == NULL)
        return WEIR_ENOMEM;
    rc = weir_judge_run(d->s, menu, (struct weir_str){text, chars}, weir_prefilter(text, chars),
                        false);
    for (size_t h = 0; rc == 0 && h < d->s->n_hits; h++) {
        weir_scrubber_count(d->s, d->s->hits[h].slot);
        for (size_t i = d->s->hits[h].start; i < d->s->hits[h].end; i++)
            d->p[at + i * step] = '*';
    }
    return rc;
}

static bool printable(uint8_t c)
{
    return (c >= 0x20 && c < 0x7F) || c == '\t' || c == '\n' || c == '\r' || c >= 0x80;
}

/* Runs of text in the whole file, as bytes (step 1) or UTF-16 (2, at even
 * or odd offsets). A long run is judged in pieces that overlap by half. */
static int judge_texts(struct dump *d, size_t first, size_t step)
{
    for (size_t i = first; i + step <= d->n;) {
        size_t chars = 0;
        int rc;

        while (chars < MAX_RUN && i + (chars + 1) * step <= d->n &&
               printable(d->p[i + chars * step]) &&
               (step == 1 || (d->p[i + chars * step] < 0x80 && d->p[i + chars * step + 1] == 0)))
            chars++;
        if (chars < MIN_RUN) {
            i += (chars + 1) * step;
            continue;
        }
        rc = judge_run(d, i, chars, step);
        if (rc != 0)
            return rc;
        i += (chars == MAX_RUN ? MAX_RUN / 2 : chars) * step;
    }
    return 0;
}

int weir_minidump_scrub(struct weir_scrubber *s, struct weir_arena *a, struct weir_str in,
                        struct weir_str *ret_out)
{
    struct dump d = {.s = s, .in = (const uint8_t *)in.p, .n = in.n};
    int rc = 0;

    d.p = weir_arena_alloc(a, in.n);
    d.keep = weir_arena_alloc(a, MAX_RANGES * sizeof *d.keep);
    if (d.p == NULL || d.keep == NULL)
        return WEIR_ENOMEM;
    memcpy(d.p, in.p, in.n);
    if (!directory_fits(&d))
        return WEIR_EUNSUPPORTED;
    read_system(&d);
    if (!read_modules(&d) || !stacks(&d, keep_stack) || !stacks(&d, clear_stack) ||
        !clear_memory(&d))
        return WEIR_EUNSUPPORTED;
    clear_texts(&d);
    rc = judge_texts(&d, 0, 1);
    if (rc == 0)
        rc = judge_texts(&d, 0, 2);
    if (rc == 0)
        rc = judge_texts(&d, 1, 2);
    if (rc != 0)
        return rc;
    weir_scrubber_flush(s, in.n);
    *ret_out = (struct weir_str){(const char *)d.p, d.n};
    return 0;
}
