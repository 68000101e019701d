/* test_detect_session.c - session ids by key and context. */
#include "scrub/templates.h"

static const char *const ids[] = {"CuWhl6PRuArrTnuO",
                                  "8A7B6C5D4E3F2A1B0C9D8E7F6A5B4C3D",
                                  "x7Kd93jfLa2",
                                  "emex15cV9o7GLpQFF0DYswXfwvg2tDzp",
                                  "s%3AvG3kq9_4sXn2.k3J1pA7bQ2xZ",
                                  "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
                                  "node0abc123def456ghi",
                                  "062f2ce2-85df-4c71-a58c-0acedd9297a3",
                                  "rtWlXXlwwNmhUzhRaJMErHgDGY",
                                  "q1w2e3r4t5y6",
                                  "ZxCvBn12345",
                                  "5f4dcc3b5aa765d61d83",
                                  "AAAA1111bbbb2222",
                                  "MTIzNDU2Nzg5MGFiY2RlZg",
                                  NULL};

static void under_keys_in_text(void **state)
{
    static const char *const templates[] = {"Cookie: sessionid=%; theme=dark",
                                            "Set-Cookie: JSESSIONID=%; Path=/; HttpOnly",
                                            "Cookie: a=b; PHPSESSID=%",
                                            "ASP.NET_SessionId=%; path=/",
                                            "connect.sid=%; x=1",
                                            "GET /cart;jsessionid=%?item=4",
                                            "POST /a?sid=%&x=1",
                                            "session_id=% ok",
                                            "{\"sessionId\":\"%\"}",
                                            "{'session': '%', 'a': 1}",
                                            "{\\\"session_key\\\":\\\"%\\\"}",
                                            "session id: %",
                                            "ASPSESSIONIDQQRTSABC=%",
                                            "sid=%, user=4",
                                            NULL};
    const struct made_up m = {"@session", "[session]", templates, ids, false};

    (void)state;
    assert_true(run_templates(&m) >= 180);
}

static void behind_the_word(void **state)
{
    static const char *const templates[] = {"session % expired",       "Session '%' not found",
                                            "invalid session id %",    "session ID is %.",
                                            "closing session=%",       "(session %)",
                                            "session token % revoked", "Sitzung % beendet",
                                            "unknown session: %\n",    NULL};
    const struct made_up m = {"@session", "[session]", templates, ids, false};

    (void)state;
    assert_true(run_templates(&m) >= 120);
}

static void values_of_keys(void **state)
{
    static const char *const keys[] = {"session_id", "sessionId", "SESSION-ID",  "sid", "session",
                                       "JSESSIONID", "PHPSESSID", "connect.sid", NULL};
    const struct made_up m = {"@session", "[session]", keys, ids, false};

    (void)state;
    assert_true(run_keys(&m) >= 100);
}

static void words_behind_it_stay(void **state)
{
    static const char *const templates[] = {
        "session % now",    "session: %",          "session=%", "sid %",
        "the session id %", "{\"session\":\"%\"}", NULL};
    static const char *const words[] = {"expired",
                                        "expired-2",
                                        "timeout",
                                        "not found",
                                        "is invalid",
                                        "pool",
                                        "store",
                                        "started at 10:20:30",
                                        "2026-11-21T05:30:00.123Z",
                                        "2026-11-21",
                                        "count 12",
                                        "factory",
                                        "1234",
                                        "true",
                                        "null",
                                        "abandoned",
                                        "initializing",
                                        "management",
                                        "authenticated",
                                        "42 closed",
                                        "for user",
                                        "v2",
                                        "12.5s",
                                        "active",
                                        "[session]",
                                        "[Filtered]",
                                        "SessionFactory",
                                        "terminated",
                                        "closed",
                                        "replayed",
                                        "0",
                                        "a-b-c-d",
                                        "org.hibernate.Session",
                                        "{id}",
                                        "%s",
                                        NULL};
    const struct made_up m = {"@session", NULL, templates, words, true};

    (void)state;
    assert_true(run_templates(&m) >= 200);
}

static void other_keys_stay(void **state)
{
    static const char *const templates[] = {"request_id=%",
                                            "trace %",
                                            "commit %",
                                            "{\"obsession\":\"%\"}",
                                            "side=%",
                                            "sidecar %",
                                            "session_timeout=300 etag=\"%\"",
                                            "build %",
                                            "professional %",
                                            "possession %",
                                            "{\"session_count\":\"%\"}",
                                            "inside %",
                                            "residence=%",
                                            "hash=%",
                                            "GET /a;v=%?x",
                                            NULL};
    const struct made_up m = {"@session", NULL, templates, ids, true};

    (void)state;
    assert_true(run_templates(&m) >= 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_keys_in_text), cmocka_unit_test(behind_the_word),
        cmocka_unit_test(values_of_keys),     cmocka_unit_test(words_behind_it_stay),
        cmocka_unit_test(other_keys_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
