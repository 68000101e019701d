/* test_detect_place.c - coordinates in the ways in which they are written, and
 * tokens of high entropy. */
#include "scrub/ids.h"

/* ---- coordinates ---------------------------------------------------------------------- */

struct point {
    double lat, lon;
};

static struct point point(struct rng *r)
{
    struct point p;

    do {
        p.lat = (double)rng_below(r, 1799999) / 10000 - 90;
        p.lon = (double)rng_below(r, 3599999) / 10000 - 180;
    } while ((p.lat < 1.5 && p.lat > -1.5) || (p.lon < 1.5 && p.lon > -1.5));
    return p;
}

static void degrees(double v, const char *axis, unsigned form, char *out)
{
    double a = v < 0 ? -v : v;
    int d = (int)a, m = (int)((a - d) * 60);
    double s = (a - d - m / 60.0) * 3600;
    char side = axis[v < 0];

    if (s < 0)
        s = 0;
    if (form == 0)
        sprintf(out, "%d\xC2\xB0%02d'%04.1f\"%c", d, m, s, side);
    else if (form == 1)
        sprintf(out, "%d\xC2\xB0 %d\xE2\x80\xB2 %d\xE2\x80\xB3 %c", d, m, (int)s, side);
    else
        sprintf(out, "%.4f\xC2\xB0 %c", a, side);
}

static void write_point(struct rng *r, unsigned form, char *out)
{
    struct point p = point(r);
    char a[64], b[64];

    switch (form) {
    case 0:
        sprintf(out, "%.4f, %.4f", p.lat, p.lon);
        break;
    case 1:
        sprintf(out, "%.6f,%.6f", p.lat, p.lon);
        break;
    case 2:
        sprintf(out, "%.5f;%.5f", p.lat, p.lon);
        break;
    case 3:
        sprintf(out, "%.4f%%2C%.4f", p.lat, p.lon);
        break;
    default:
        degrees(p.lat, "NS", form % 3, a);
        degrees(p.lon, "EW", form % 3, b);
        sprintf(out, "%s%s%s", a, form < 8 ? ", " : " ", b);
    }
}

static void places_that_tell_by_themselves(void **state)
{
    struct ids_run run;
    struct rng r = {41};

    (void)state;
    ids_open(&run, "@coordinates", "[coordinates]");
    for (unsigned i = 0; i < 400; i++) {
        char value[IDS_VALUE];
        const char *line = PICK(&r, silent);

        write_point(&r, i % 12, value);
        /* within a list of numbers a pair is none */
        if (strncmp(line, "a, ", 3) == 0)
            line = "at $V!";
        ids_check(&run, line, "", value, true);
    }
    ids_close(&run);
}

static void places_that_a_word_tells(void **state)
{
    static const char *const lines[] = {
        "location $V",
        "gps=$V",
        "POINT($V)",
        "{\"position\": \"$V\"}",
        "near geo point $V seen",
        "?ll=$V&z=3",
        "Standort: $V",
    };
    struct ids_run run;
    struct rng r = {42};

    (void)state;
    ids_open(&run, "@coordinates", "[coordinates]");
    for (unsigned i = 0; i < 210; i++) {
        struct point p = point(&r);
        const char *line = PICK(&r, lines);
        char value[IDS_VALUE];

        sprintf(value, i % 2 == 0 || strchr(line, '?') != NULL ? "%.2f,%.2f" : "%.3f %.3f", p.lat,
                p.lon);
        ids_check(&run, line, "", value, true);
        ids_check(&run, "took $V ms", "", value, false);
        ids_check(&run, "sizes [$V]", "", value, false);
    }
    ids_close(&run);
}

static void one_number_under_its_key(void **state)
{
    static const char *const lines[] = {"lat=$V",     "latitude: $V",          "{\"lng\": $V}",
                                        "lon=\"$V\"", "user_longitude=$V&x=1", "{\\\"lat\\\":$V}",
                                        "geoLat=$V"};
    static const char *const silent_lines[] = {"latency=$V", "long running: $V", "flat=$V",
                                               "ratio $V",   "duration_ms=$V",   "x=$V",
                                               "lat_ms=$V"};
    struct ids_run run;
    struct rng r = {43};

    (void)state;
    ids_open(&run, "@coordinates", "[coordinates]");
    for (unsigned i = 0; i < 210; i++) {
        char value[IDS_VALUE];

        sprintf(value, i % 2 == 0 ? "%.4f" : "%.6f", point(&r).lat);
        ids_check(&run, PICK(&r, lines), "", value, true);
        ids_check(&run, PICK(&r, silent_lines), "", value, false);
    }
    ids_close(&run);
}

static void what_is_no_place(void **state)
{
    static const char *const alike[] = {
        "[0.1234, 0.5678]",
        "0.99991, 0.99992",
        "1.1234, 2.2345, 3.3456",
        "-12.5, 3.25",
        "91.0000, 12.0000",
        "12.0000, 181.0000",
        "1.2.3.4, 5.6.7.8",
        "v12.3456, v45.6789",
        "12.3456",
        "20.5\xC2\xB0",
        "37\xC2\xB0",
        "52\xC2\xB0 C",
        "12:34:56.7890, 12:34:57.1234",
        "load 0.52, 0.58, 0.59",
        "10.5200ms, 13.4050ms",
        "1,234.5678",
        "3.14159, then 2.71828",
        "geo:",
        "lat=unknown",
        "52.5200",
        "1234.5678, 13.4050",
        "took 52.5200 13.4050 s",
    };
    struct ids_run run;
    struct rng r = {44};

    (void)state;
    ids_open(&run, "@coordinates", "[coordinates]");
    for (unsigned i = 0; i < COUNT_OF(alike) * 4; i++) {
        const char *line = PICK(&r, silent);

        ids_check(&run, strncmp(line, "a, ", 3) == 0 ? "$V" : line, "", alike[i % COUNT_OF(alike)],
                  false);
    }
    for (unsigned i = 0; i < 210; i++) {
        static const char *const patterns[] = {"0.####, 0.####", "+##.####, +##.####, +##.####",
                                               "+####.##",       "##.##.##.##",
                                               "+#.# +#.#",      "+#.#,+#.#",
                                               "1##.##ms",       "9#.## %"};
        char value[IDS_VALUE];

        rng_fill(&r, PICK(&r, patterns), value);
        ids_check(&run, "x $V y", "", value, false);
    }
    ids_close(&run);
}

static void places_whole_and_in_json(void **state)
{
    static const char *const cases[][2] = {
        {"geo:37.786971,-122.399677;u=35", "geo:[coordinates];u=35"},
        {"https://maps.example/@52.5200066,13.404954,17z",
         "https://maps.example/@[coordinates],17z"},
        {"52\xC2\xB0"
         "31'12.0\"N 13\xC2\xB0"
         "24'18.0\"E",
         "[coordinates]"},
        {"-33.8688, 151.2093", "[coordinates]"},
        {"from 48.8566,2.3522 to 52.5200,13.4050", "from [coordinates] to [coordinates]"},
    };
    static const char *const json[][2] = {
        {"{\"extra\":{\"lat\":52.52,\"lng\":-13.405,\"n\":52.52}}",
         "{\"extra\":{\"lat\":null,\"lng\":null,\"n\":52.52}}"},
        {"{\"extra\":{\"geometry\":{\"coordinates\":[13.405,52.52]}}}",
         "{\"extra\":{\"geometry\":{\"coordinates\":[null,null]}}}"},
        {"{\"extra\":{\"latitude\":\"52.5200\"}}", "{\"extra\":{\"latitude\":\"[coordinates]\"}}"},
        {"{\"extra\":{\"lat_ms\":52.52,\"elapsed\":13.405,\"lat\":5252}}", NULL},
    };
    struct bench b;

    (void)state;
    bench_open(&b, "applications: {'**': ['@coordinates']}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(bench_text(&b, cases[i][0]), cases[i][1]);
    for (size_t i = 0; i < sizeof json / sizeof *json; i++)
        assert_string_equal(bench_json(&b, WEIR_SCRUB_EVENT, json[i][0], false),
                            json[i][1] != NULL ? json[i][1] : json[i][0]);
    bench_close(&b);
}

/* ---- entropy ------------------------------------------------------------------------------ */

static void random_tokens_are_secrets(void **state)
{
    static const char *const patterns[] = {
        "zzzzzzzzzzzzzzzzzzzzzzzz",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "zzzzzzzzzz/zzzzzzzzzzz+zzzzzzzzzz/zzzzzzz==",
        "zzzzzzzzzz-zzzzzzzzzzz_zzzzzzzzzz",
        "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
        "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
    };
    struct ids_run run;
    struct rng r = {51};
    unsigned missed = 0, n = 0;

    (void)state;
    ids_open(&run, "@highentropy", "[secret]");
    for (unsigned i = 0; i < 700; i++) {
        char value[IDS_VALUE], line[IDS_LINE];
        const char *out;

        rng_fill(&r, patterns[i % COUNT_OF(patterns)], value);
        say(PICK(&r, silent), "", value, line);
        out = bench_text(&run.b, line);
        n++;
        missed += strstr(out, "[secret]") == NULL || strstr(out, value) != NULL;
    }
    fprintf(stderr, "missed %u of %u\n", missed, n);
    assert_true(missed * 100 <= n * 3); /* chance makes some of them look like words */
    ids_close(&run);
}

static void what_is_random_and_public_stays(void **state)
{
    static const char *const alike[] = {
        "c0920793-7b54-4457-9a73-3f8f6a1a5193",
        "sha256:2a29bacd4a0042cd6b4fc6d2d2911cda17767f79bdc086685bbb40a10ec0f67b",
        "commit 4ab027a49f9c0562a28d64afa9701586a7dd46fe",
        "etag \"17bef95209b1f57e85c1be6e867de039\"",
        "trace_id=21592f11ef0acd93f2786f7660522793 span_id=d72c683298fb3e01",
        "traceparent: 00-21592f11ef0acd93f2786f7660522793-d72c683298fb3e01-01",
        "integrity sha512-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU47DEQpj8HBSa==",
        "com.example.service.AbstractSingletonProxyFactoryBean2Impl",
        "AbstractSingletonProxyFactoryBean2",
        "/usr/lib/python3.11/site-packages/even/race3.py",
        "ERR_CONNECTION_RESET_BY_PEER_1234567",
        "this-is-a-slug-of-an-article-from-2026-04-10",
        "2026-04-10T05:34:17.397Z",
        "00000000000000000000000000000000",
        "123456789012345678901234567890",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1A1",
        "node_modules/@sentry/node@16.14.7/build/esm/index.js",
        "webpack:///./src/beat/down.tsx:550:24",
        "Mozilla/5.0 AppleWebKit/537.36 Chrome/120.0.0.0",
        "app-7d9f8b6c5d-x2x9z",
        "k8s_POD_frontend-5f4d7c9b8-abcde_default",
        "request_id: c629695ca2540b8f23c8",
        "fingerprint 5538b771299755a9f2e3c0ad5538b771",
        "libstdc++.so.6.0.30.GLIBCXX_3.4.29",
        "UserServiceImpl$$EnhancerBySpringCGLIB$$5a1b2c3d",
    };
    struct ids_run run;
    struct rng r = {52};

    (void)state;
    ids_open(&run, "@highentropy", "[secret]");
    for (unsigned i = 0; i < COUNT_OF(alike) * 3; i++)
        ids_check(&run, silent[rng_below(&r, COUNT_OF(silent) - 1)], "", alike[i % COUNT_OF(alike)],
                  false);
    for (unsigned i = 0; i < 210; i++) {
        static const char *const lines[] = {"commit $V",
                                            "sha=$V dirty",
                                            "etag: \"$V\"",
                                            "digest $V",
                                            "{\"checksum\": \"$V\"}",
                                            "md5 $V ok",
                                            "trace_id=$V",
                                            "x-request-id $V",
                                            "{\"event_id\":\"$V\"}",
                                            "pulled nginx@sha256:$V"};
        char value[IDS_VALUE];

        rng_fill(&r,
                 i % 2 == 0 ? "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"
                            : "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
                 value);
        ids_check(&run, PICK(&r, lines), "", value, false);
    }
    ids_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_that_tell_by_themselves),
        cmocka_unit_test(places_that_a_word_tells),
        cmocka_unit_test(one_number_under_its_key),
        cmocka_unit_test(what_is_no_place),
        cmocka_unit_test(places_whole_and_in_json),
        cmocka_unit_test(random_tokens_are_secrets),
        cmocka_unit_test(what_is_random_and_public_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
