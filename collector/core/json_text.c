/* json_text.c - what a string of JSON says, and how a broken one is mended. */
#include "json_reader.h"
#include "utf8.h"

static struct weir_str between_quotes(struct weir_str window, size_t base,
                                      const struct weir_json_token *t)
{
    return (struct weir_str){window.p + (t->start - base) + 1, t->end - t->start - 2};
}

/* A byte that is no UTF-8 becomes three; all else shrinks. */
static size_t most_bytes(const struct weir_json_token *t, size_t raw)
{
    return t->mend & WEIR_MEND_UTF8 ? 3 * raw : raw;
}

int weir_json_text(struct weir_arena *a, struct weir_str window, size_t base,
                   const struct weir_json_token *t, struct weir_str *ret_text)
{
    struct weir_str raw = between_quotes(window, base, t);
    char *out;

    if (!t->escaped && !(t->mend & WEIR_MEND_UTF8)) {
        *ret_text = raw;
        return 0;
    }
    out = weir_arena_alloc(a, most_bytes(t, raw.n));
    if (out == NULL)
        return WEIR_ENOMEM;
    *ret_text = (struct weir_str){out, weir_json_unescape(raw, out)};
    return 0;
}

/* Is the backslash at `p` the begin of a lone surrogate? `ret_n` is the
 * length of the escape (that of the pair, for a pair). */
static bool lone_surrogate(const char *p, const char *end, size_t *ret_n)
{
    char out[4];
    struct weir_str one = {p, 6};

    *ret_n = 2;
    if (p[1] != 'u')
        return false;
    *ret_n = 6;
    if ((p[2] | 0x20) != 'd' || p[3] < '8')
        return false;
    if (end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
        /* A pair is the one case in which twelve bytes become four. */
        char pair[8];

        if (weir_json_unescape((struct weir_str){p, 12}, pair) == 4 && (uint8_t)pair[0] >= 0xF0) {
            *ret_n = 12;
            return false;
        }
    }
    return weir_json_unescape(one, out) == 3 && memcmp(out, WEIR_UTF8_REPLACEMENT, 3) == 0;
}

/* `raw` with its broken parts replaced; escapes stay as the sender wrote
 * them. */
static size_t mend_raw(struct weir_str raw, char *out)
{
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t n = 0;

    while (p < end) {
        size_t step = 1;
        bool broken = false;

        if (*p == '\\') {
            broken = lone_surrogate(p, end, &step);
        } else if ((signed char)*p < 0) {
            struct weir_utf8_step s = weir_utf8_step((const uint8_t *)p, (size_t)(end - p));

            step = s.n;
            broken = !s.ok;
        }
        if (broken) {
            memcpy(out + n, WEIR_UTF8_REPLACEMENT, 3);
            n += 3;
        } else {
            memcpy(out + n, p, step);
            n += step;
        }
        p += step;
    }
    return n;
}

void weir_json_mend_string(struct weir_edits *e, struct weir_str window, size_t base,
                           const struct weir_json_token *t)
{
    struct weir_str raw = between_quotes(window, base, t);
    char *out;
    size_t n;

    if (!(t->mend & (WEIR_MEND_UTF8 | WEIR_MEND_SURROGATE)))
        return;
    out = weir_arena_alloc(e->arena, most_bytes(t, raw.n) + 2);
    if (out == NULL) {
        e->failed = true;
        return;
    }
    out[0] = '"';
    n = mend_raw(raw, out + 1);
    out[n + 1] = '"';
    weir_edits_add(e, t->start, t->end, (struct weir_str){out, n + 2});
}
