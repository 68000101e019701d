/* bench_hostile.c - what the worst input costs: near-matches of everything
 * that is looked for, again and again, under every built-in set, under all of
 * them together with patterns of users, and under each detector alone.
 *
 * Texts are built of pieces that some detector takes interest in: one piece
 * repeated, two in turn, one many times and then the other, and as many mixes
 * by chance as the first argument says (default 100; the second is the seed,
 * the third names the one set or detector to look at).
 * Each stands once as a text, once as a value of an event, and the worst is
 * printed: milliseconds a KB, and with which pieces. Above 1 is a defect. */
#include "weir/config.h"
#include "weir/metrics.h"
#include "weir/scrub.h"
#include "weir/text.h"

#include "scrubbers/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BYTES = 16 * 1024 };

static const char *const pieces[] = {
    /* runs */
    "1",
    "12 ",
    "1-",
    "1.",
    "12:",
    "0",
    " ",
    "a",
    "A",
    "x9",
    "aB3",
    "-",
    "_",
    ".",
    ":",
    "=",
    "@",
    "%",
    "%20",
    "%3D",
    "%40",
    "%25",
    "%22",
    "&",
    "&#64;",
    "&amp;",
    "/",
    "\\",
    "\\\"",
    "\"",
    "'",
    "`",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    "\n",
    "\t",
    "+",
    ",",
    ";",
    "|",
    "\xC3\xA9",
    "\xE4\xB8\xAD",
    "\xFF",
    "a.a.",
    "key=key=",
    "\\\\\"",
    "{\"a\":\"{\\\"b\\\":",
    "%2525",
    "%253D",
    "&amp;#64;",
    "&quot;",
    "&lt;",
    "&#x40;",
    "\xEF\xBC\x9A",             /* : of full width */
    "\xE5\xAE\xA2\xE6\x88\xB7", /* customer */
    "\xE5\xA7\x93\xE5\x90\x8D\xEF\xBC\x9A\xE7\x8E\x8B",
    "\xE2\x80\xAF",
    /* pairs and keys */
    "password=",
    "password:",
    "password=\"",
    "password='x",
    "\"password\":",
    "token%3D",
    "token=a&",
    "secret 'x' ",
    "api key: ",
    "cookie: a1b2c3d4=",
    "cookie:",
    "a=b;",
    "a:b ",
    "\\\"token\\\":\\\"",
    "Authorization: ",
    "user ",
    "user name ",
    "login as ",
    "--password ",
    "key=value ",
    "a==",
    "=>",
    "k[",
    "]=",
    /* addresses */
    "a@",
    "a.b@c.",
    "@a.b",
    "user@example.org ",
    "a@b@c",
    "\"a b\"@",
    "1.2.3.",
    "1.2.3.4 ",
    "255.255.255.25",
    "::",
    "fe80::1:",
    "2001:db8:",
    "a:b:c:d:e:f:0:",
    "00:11:22:33:44:",
    "https://",
    "https://a:b@",
    "://",
    "http://a:",
    "http://a@b:c@",
    "/home/",
    "C:\\Users\\",
    "/Users/a/",
    /* numbers with checksums */
    "4111 1111 1111 111",
    "4539148803436467",
    "4-",
    "DE89 3704 0044 0532 0130 0",
    "GB82WEST",
    "123-45-678",
    "123-45-6789",
    "+49 170 12",
    "(555) 123-",
    "0049 ",
    "490154203237518",
    "1HGCM82633A00435",
    "AB123456",
    "1990-01-0",
    "born 1990-",
    "dob: 01/02/",
    "52.52000, 13.40",
    "-0.12345,",
    "550e8400-e29b-41d4-a716-44665544000",
    "0x",
    "bc1q",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf",
    "0x52908400098527886E0F7030069857D2E4169EE",
    "lat=52.5&lon=13.4&",
    "AB 12 34 56 C ",
    "X-1234567-L",
    "99.99.99-999.99",
    "800414-3321",
    "RSSMRA85T10A562S",
    /* secrets */
    "eyJ",
    "eyJhbGciOiJIUzI1NiJ9.",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.",
    "Bearer ",
    "bearer a",
    "Basic ",
    "Basic YTpi",
    "YWxhZGRpbjpvcGVu",
    "AKIA",
    "AKIAIOSFODNN7EXAMPL",
    "ghp_",
    "sk_live_",
    "xoxb-",
    "AIza",
    "SG.",
    "glpat-",
    "-----BEGIN ",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END ",
    "-----",
    "session ",
    "session_id=",
    "PHPSESSID=",
    "Dear Mr. Smith ",
    "Name: ",
    "Dr. ",
    "Mary Ann ",
    "customer Jane ",
    "phone ",
    "tel. ",
    "passport P<UTO",
    "<<<",
    "IBAN ",
    "SSN ",
    "id ",
};
enum { PIECES = sizeof pieces / sizeof *pieces };

static uint64_t seed = 1;
static const char *only; /* NULL: all */

static uint32_t pick(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

/* ---- texts ------------------------------------------------------------------------ */

struct text {
    char p[BYTES + 64];
    size_t n;
    char name[160];
};

static void put(struct text *t, const char *piece)
{
    size_t n = strlen(piece);

    if (t->n + n > BYTES)
        n = BYTES - t->n;
    memcpy(t->p + t->n, piece, n);
    t->n += n;
}

static void make_two(struct text *t, const char *a, const char *b, bool in_turn)
{
    t->n = 0;
    while (t->n < BYTES) {
        put(t, in_turn || t->n < BYTES / 2 ? a : b);
        if (in_turn)
            put(t, b);
    }
    (void)snprintf(t->name, sizeof t->name, "%s '%s' '%s'", in_turn ? "in turn" : "half and half",
                   a, b);
}

/* A few pieces, a few times each, again and again. */
static void make_mix(struct text *t)
{
    char unit[512] = "";
    size_t n = 0;

    for (uint32_t i = 0, m = 2 + pick(4); i < m; i++) {
        const char *piece = pieces[pick(PIECES)];

        for (uint32_t k = 0, times = pick(3) == 0 ? 1 + pick(20) : 1; k < times; k++)
            if (n + strlen(piece) < sizeof unit) {
                memcpy(unit + n, piece, strlen(piece) + 1);
                n += strlen(piece);
            }
    }
    t->n = 0;
    while (t->n < BYTES)
        put(t, unit);
    (void)snprintf(t->name, sizeof t->name, "again '%.140s'", unit);
}

/* The i-th text; false: there are no more. */
static bool make(struct text *t, size_t i, size_t mixes)
{
    if (i < PIECES) {
        make_two(t, pieces[i], pieces[i], true);
    } else if (i < (size_t)PIECES * 3) {
        make_two(t, pieces[i % PIECES], pieces[pick(PIECES)], i < (size_t)PIECES * 2);
    } else {
        make_mix(t);
    }
    return i < (size_t)PIECES * 3 + mixes;
}

/* ---- costs ------------------------------------------------------------------------- */

struct worst {
    double ms;
    char name[192];
};

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void note(struct worst *w, double ms, const char *how, const char *name)
{
    ms = ms * 1024 / BYTES;
    if (ms <= w->ms)
        return;
    w->ms = ms;
    (void)snprintf(w->name, sizeof w->name, "%s, %.160s", how, name);
}

/* The text as JSON; bytes that are no UTF-8 are mended. */
static struct weir_str document(struct weir_arena *a, const struct text *t, bool as_key)
{
    struct weir_buf b;
    struct weir_str s;

    weir_buf_init(&b, a, 1 << 24);
    weir_buf_text(&b, "{\"extra\":{");
    if (as_key) {
        for (size_t i = 0; i + 64 <= t->n; i += 64) {
            weir_buf_text(&b, i > 0 ? "," : "");
            weir_buf_json(&b, (struct weir_str){t->p + i, 60});
            weir_buf_text(&b, ":\"x\"");
        }
    } else {
        weir_buf_text(&b, "\"a\":");
        weir_buf_json(&b, (struct weir_str){t->p, t->n});
    }
    weir_buf_text(&b, "}}");
    if (weir_buf_str(&b, &s) != 0)
        abort();
    return s;
}

static double run_json(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                       struct weir_arena *a, const struct text *t, bool as_key)
{
    struct weir_str body = document(a, t, as_key), out;
    struct weir_json_doc doc;
    double from = cpu_ms();

    if (weir_scrub_json(s, plan, WEIR_SCRUB_EVENT, a, body, &doc) == 0 &&
        (weir_scrub_finish(s, &doc) != 0 || weir_json_doc_write(&doc, a, 1 << 26, &out) != 0))
        abort();
    return cpu_ms() - from;
}

static void run(const char *name, const struct weir_scrub_plan *plan, size_t mixes)
{
    static struct text t;
    struct weir_scrubber *s = weir_scrubber_new();
    struct worst worst = {0};
    struct weir_arena a;
    uint64_t kept = seed;

    if (s == NULL)
        abort();
    weir_arena_init(&a, (size_t)256 << 20);
    for (size_t i = 0; make(&t, i, mixes); i++) {
        struct weir_str out;
        double from = cpu_ms();

        if (weir_scrub_text(s, plan, &a, (struct weir_str){t.p, t.n}, &out) != 0)
            abort();
        note(&worst, cpu_ms() - from, "text", t.name);
        note(&worst, run_json(s, plan, &a, &t, false), "value", t.name);
        note(&worst, run_json(s, plan, &a, &t, true), "keys", t.name);
        weir_arena_reset(&a);
    }
    for (char *c = worst.name; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
    printf("hostile %-20s ms/KB=%-7.3f %s\n", name, worst.ms, worst.name);
    (void)fflush(stdout);
    seed = kept;
    weir_scrubber_free(s);
    weir_arena_destroy(&a);
}

static void run_sets(const char *name, struct weir_ruleset *const *sets, size_t n, size_t mixes)
{
    struct weir_scrub_plan *plan;

    if (only != NULL && strcmp(only, name) != 0)
        return;
    if (weir_scrub_plan_new((const struct weir_ruleset *const *)sets, n, NULL, 0, WEIR_S("key"),
                            &plan) != 0)
        abort();
    run(name, plan, mixes);
    weir_scrub_plan_free(plan);
}

static struct weir_ruleset *parse(const char *yaml)
{
    struct weir_arena a;
    struct weir_errors errors;
    struct weir_ruleset *set = NULL;

    weir_arena_init(&a, 1 << 20);
    weir_errors_init(&errors, &a);
    if (weir_ruleset_parse(WEIR_S("hostile"), weir_str_of(yaml), WEIR_S("hostile.yaml"), &errors,
                           &set) != 0)
        set = NULL;
    weir_arena_destroy(&a);
    return set;
}

/* Patterns as users write them, the careless ones too. */
static const char patterns[] = "rules:\n"
                               "  a: {type: pattern, pattern: 'ORD-([0-9]+)'}\n"
                               "  b: {type: pattern, pattern: '(a+)+$'}\n"
                               "  c: {type: pattern, pattern: '(.*)(.*)(.*)z9z'}\n"
                               "  d: {type: pattern, pattern: '([a-z0-9._-]+)+@x'}\n"
                               "  e: {type: pattern, pattern: '\\b\\d{3}-?\\d{2}-?\\d{4}\\b'}\n"
                               "  f: {type: redact_pair, keyPattern: '(a|aa)+$'}\n"
                               "applications: {'**': [a, b, c, d, e, f]}\n";

int main(int argc, char **argv)
{
    size_t mixes = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    struct weir_ruleset *sets[16];
    size_t n = 0;

    seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    only = argc > 3 ? argv[3] : NULL;
    if (weir_metrics_init(1000, NULL, 0) != 0)
        return 1;
    weir_metrics_thread();
    for (const char *const *name = weir_ruleset_names(); *name != NULL && n < 15; name++, n++) {
        if (weir_ruleset_builtin(weir_str_of(*name), &sets[n]) != 0)
            return 1;
        run_sets(*name, &sets[n], 1, mixes);
    }
    sets[n++] = parse(patterns);
    run_sets("patterns of users", &sets[n - 1], 1, mixes);
    run_sets("all together", sets, n, mixes);
    for (size_t i = 0; i < n; i++)
        weir_ruleset_free(sets[i]);
    for (size_t type = 0; type < WEIR_RULE_TYPES; type++) {
        char yaml[256];

        (void)snprintf(yaml, sizeof yaml, "rules: {x: {type: %s}}\napplications: {'**': [x]}\n",
                       weir_detectors[type].name);
        sets[0] = parse(yaml);
        if (sets[0] != NULL)
            run_sets(weir_detectors[type].name, sets, 1, mixes / 4);
        weir_ruleset_free(sets[0]);
    }
    weir_metrics_destroy();
    return 0;
}
