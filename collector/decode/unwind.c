/* unwind.c - keeping frames within bounds, and reading lines of traces. */
#include "unwind.h"

enum { HALF = WEIR_FRAMES_MAX / 2, FIRST_FRAMES = 16, MOST_DIGITS = 9 };

bool weir_unwind_line(struct weir_unwind *u, struct weir_str *ret_line)
{
    struct weir_str rest = weir_str_sub(u->text, u->at, u->text.n), tail;

    if (rest.n == 0)
        return false;
    weir_str_cut(rest, '\n', ret_line, &tail);
    u->at += ret_line->n + 1;
    if (ret_line->n > 0 && ret_line->p[ret_line->n - 1] == '\r')
        ret_line->n--;
    return true;
}

struct weir_thrown *weir_unwind_throw(struct weir_unwind *u, struct weir_str type,
                                      struct weir_str value)
{
    struct weir_thrown *t = u->n < WEIR_UNWIND_ROOM ? &u->thrown[u->n++] : &u->spare;
    struct weir_frame *frames = t == &u->spare ? t->frames : NULL;

    *t = (struct weir_thrown){.type = type, .value = value, .frames = frames, .parent = -1};
    return t;
}

int32_t weir_unwind_number(const struct weir_unwind *u, const struct weir_thrown *t)
{
    return t == NULL || t == &u->spare ? -1 : (int32_t)(t - u->thrown);
}

/* Room doubles up to the most; n_frames is a power of two times FIRST_FRAMES
 * exactly when the room is used up. */
static bool grow(struct weir_unwind *u, struct weir_thrown *t)
{
    size_t room = t->n_frames == 0 ? FIRST_FRAMES : t->n_frames * 2;
    struct weir_frame *more;

    if (t->n_frames % FIRST_FRAMES != 0 || (t->n_frames & (t->n_frames - 1)) != 0 ||
        (t->n_frames == 0 && t->frames != NULL)) /* a reader began anew */
        return true;
    more = weir_arena_grow(u->arena, t->frames, t->n_frames * sizeof *more, room * sizeof *more);
    if (more == NULL) {
        u->no_memory = true;
        return false;
    }
    t->frames = more;
    return true;
}

void weir_unwind_frame(struct weir_unwind *u, struct weir_thrown *t, const struct weir_frame *f)
{
    if (t == &u->spare)
        return;
    if (t->n_frames == WEIR_FRAMES_MAX) {
        t->frames[HALF + t->omitted++ % (WEIR_FRAMES_MAX - HALF)] = *f;
        return;
    }
    if (grow(u, t))
        t->frames[t->n_frames++] = *f;
}

struct weir_frame *weir_unwind_at(struct weir_thrown *t, size_t i)
{
    if (i >= HALF)
        i = HALF + (i - HALF + t->omitted) % (WEIR_FRAMES_MAX - HALF);
    return &t->frames[i];
}

struct weir_frame *weir_unwind_last(struct weir_thrown *t)
{
    return t->n_frames > 0 ? weir_unwind_at(t, t->n_frames - 1) : NULL;
}

static void reverse(struct weir_frame *f, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct weir_frame other = f[i];

        f[i] = f[n - 1 - i];
        f[n - 1 - i] = other;
    }
}

/* A ring is put in order by three reversals. */
void weir_unwind_settle(struct weir_thrown *t)
{
    const size_t ring = WEIR_FRAMES_MAX - HALF;
    size_t start = t->omitted % ring;

    if (t->omitted == 0 || start == 0)
        return;
    reverse(t->frames + HALF, start);
    reverse(t->frames + HALF + start, ring - start);
    reverse(t->frames + HALF, ring);
}

/* ---- small readers of text --------------------------------------------- */

size_t weir_text_indent(struct weir_str line)
{
    size_t width = 0;

    for (size_t i = 0; i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'); i++)
        width += line.p[i] == '\t' ? 4 : 1;
    return width;
}

uint32_t weir_text_number(struct weir_str s, size_t *ret_digits)
{
    uint32_t value = 0;
    size_t n = 0;

    for (; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
        if (n < MOST_DIGITS)
            value = value * 10 + (uint32_t)(s.p[n] - '0');
    *ret_digits = n;
    return n <= MOST_DIGITS ? value : 0;
}

bool weir_text_cut_number(struct weir_str *s, uint32_t *ret_number)
{
    size_t at = s->n, digits;
    uint32_t value;

    while (at > 0 && s->p[at - 1] >= '0' && s->p[at - 1] <= '9')
        at--;
    if (at == s->n || at == 0 || s->p[at - 1] != ':')
        return false;
    value = weir_text_number(weir_str_sub(*s, at, s->n), &digits);
    s->n = at - 1;
    *ret_number = value;
    return true;
}

size_t weir_text_last(struct weir_str s, char c)
{
    const char *at = s.n > 0 ? memrchr(s.p, c, s.n) : NULL;

    return at != NULL ? (size_t)(at - s.p) : SIZE_MAX;
}

struct weir_str weir_text_span(const char *from, const char *to)
{
    return (struct weir_str){from, (size_t)(to - from)};
}

struct weir_str weir_text_basename(struct weir_str path)
{
    size_t slash = weir_text_last(path, '/');

    if (slash == SIZE_MAX)
        slash = weir_text_last(path, '\\');
    return slash == SIZE_MAX ? path : weir_str_sub(path, slash + 1, path.n);
}

bool weir_text_starts_any(struct weir_str s, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++)
        if (weir_str_starts(s, weir_str_of(*prefixes)))
            return true;
    return false;
}

bool weir_text_has_any(struct weir_str s, const char *const *needles)
{
    for (; *needles != NULL; needles++)
        if (weir_str_find(s, weir_str_of(*needles)) != SIZE_MAX)
            return true;
    return false;
}

struct weir_str weir_text_below_app(struct weir_str path)
{
    static const char *const roots[] = {
        "/usr/src/app/",  "/app/",       "/code/", "/srv/app/", "/var/task/",
        "/var/www/html/", "/workspace/", "/src/",  "/opt/app/", NULL};

    for (size_t i = 0; roots[i] != NULL; i++)
        if (weir_str_starts(path, weir_str_of(roots[i])))
            return weir_str_sub(path, strlen(roots[i]), path.n);
    return (struct weir_str){NULL, 0};
}
