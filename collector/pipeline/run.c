/* run.c - which members of an event go into the hash. */
#include "run.h"

#include "weir/scan.h"

enum { MOST_FRAMES = 256, HEX_WORD = 8 };

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return h ^ h >> 31;
}

static uint64_t add(uint64_t h, struct weir_str s)
{
    return mix(mix(h, s.n), weir_str_hash(s));
}

/* ---- messages ------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool in_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_hex_letter(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Does the word tell one occurrence from another? */
static bool is_particular(struct weir_str word)
{
    size_t hex = 0;

    for (size_t i = 0; i < word.n; i++) {
        if (is_digit(word.p[i]))
            return true;
        hex += is_hex_letter(word.p[i]);
    }
    return word.n >= HEX_WORD && hex == word.n;
}

static uint64_t add_message(uint64_t h, struct weir_str s)
{
    for (size_t i = 0, end; i < s.n; i = end) {
        struct weir_str word;

        for (end = i + 1; in_word(s.p[i]) && end < s.n && in_word(s.p[end]);)
            end++;
        word = weir_str_sub(s, i, end - i);
        h = add(h, is_particular(word) ? WEIR_S("0") : word);
    }
    return mix(h, 1);
}

/* ---- exceptions ------------------------------------------------------------------ */

static uint64_t add_frame(uint64_t h, struct weir_str frame)
{
    struct weir_str module = weir_scan_get(frame, WEIR_S("module"));

    if (module.n == 0)
        module = weir_scan_get(frame, WEIR_S("filename"));
    h = add(h, module);
    h = add(h, weir_scan_get(frame, WEIR_S("function")));
    return add(h, weir_scan_get(frame, WEIR_S("lineno")));
}

static uint64_t add_exception(uint64_t h, struct weir_str exception)
{
    static const char *const frames[] = {"stacktrace", "frames", NULL};
    struct weir_str key, frame;
    struct weir_scan s;

    h = add(h, weir_scan_get(exception, WEIR_S("type")));
    if (weir_scan_begin(&s, weir_scan_path(exception, frames)) && !s.object)
        for (size_t n = 0; n < MOST_FRAMES && weir_scan_next(&s, &key, &frame); n++)
            h = add_frame(h, frame);
    return add_message(h, weir_scan_get(exception, WEIR_S("value")));
}

/* False: there is none. */
static bool add_exceptions(uint64_t *h, struct weir_str event)
{
    struct weir_str list = weir_scan_get(event, WEIR_S("exception")), key, exception;
    struct weir_scan s;
    bool any = false;

    if (list.n > 0 && list.p[0] == '{' && weir_scan_get(list, WEIR_S("values")).n > 0)
        list = weir_scan_get(list, WEIR_S("values"));
    else if (list.n > 0 && list.p[0] == '{') {
        *h = add_exception(*h, list);
        return true;
    }
    if (!weir_scan_begin(&s, list) || s.object)
        return false;
    while (weir_scan_next(&s, &key, &exception)) {
        *h = add_exception(*h, exception);
        any = true;
    }
    return any;
}

/* ---- all ---------------------------------------------------------------------------- */

/* What the sender says that it groups by. */
static struct weir_str fingerprint_of(struct weir_str event)
{
    struct weir_str list = weir_scan_get(event, WEIR_S("fingerprint")), key, only;
    struct weir_scan s;

    if (!weir_scan_begin(&s, list) || s.object || !weir_scan_next(&s, &key, &only))
        return (struct weir_str){NULL, 0};
    if (!weir_scan_next(&s, &key, &key) && (weir_str_eq(only, WEIR_S("\"{{ default }}\"")) ||
                                            weir_str_eq(only, WEIR_S("\"{{default}}\""))))
        return (struct weir_str){NULL, 0};
    return list;
}

static struct weir_str message_of(struct weir_str event)
{
    static const char *const template[] = {"logentry", "message", NULL};
    static const char *const formatted[] = {"logentry", "formatted", NULL};
    struct weir_str m = weir_scan_path(event, template);

    if (m.n == 0)
        m = weir_scan_path(event, formatted);
    return m.n > 0 ? m : weir_scan_get(event, WEIR_S("message"));
}

uint64_t weir_run_hash(struct weir_str event, uint64_t seed)
{
    static const char *const always[] = {"level", "release", "environment", "platform", NULL};
    struct weir_str fingerprint = fingerprint_of(event);
    uint64_t h = mix(seed, 0x9e3779b97f4a7c15u);

    for (size_t i = 0; always[i] != NULL; i++)
        h = add(h, weir_scan_get(event, weir_str_of(always[i])));
    if (fingerprint.n > 0)
        h = add(h, fingerprint);
    /* One that has the default among others adds to it. */
    if ((fingerprint.n == 0 || weir_str_find(fingerprint, WEIR_S("default")) != SIZE_MAX) &&
        !add_exceptions(&h, event))
        h = add_message(h, message_of(event));
    return h != 0 ? h : 1;
}

bool weir_run_is_error(struct weir_str event)
{
    static const char *const lesser[] = {"\"info\"", "\"debug\"", "\"warning\"", "\"log\"", NULL};
    struct weir_str level = weir_scan_get(event, WEIR_S("level"));

    for (size_t i = 0; lesser[i] != NULL; i++)
        if (weir_str_eq(level, weir_str_of(lesser[i])))
            return false;
    return true;
}
