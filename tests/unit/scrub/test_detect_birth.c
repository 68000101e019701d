/* test_detect_birth.c - dates of birth by key and context; other dates stay. */
#include "scrub/templates.h"

static const char *const dates[] = {"1984-03-12",
                                    "1984/03/12",
                                    "12.03.1984",
                                    "1.3.1984",
                                    "12/03/1984",
                                    "03/12/1984",
                                    "12-03-1984",
                                    "19840312",
                                    "12 March 1984",
                                    "12th of March 1984",
                                    "March 12, 1984",
                                    "Mar 12th, 1984",
                                    "12-Mar-1984",
                                    "12. März 1984",
                                    "12 mars 1984",
                                    "1er janvier 1990",
                                    "12 de marzo de 1984",
                                    "12 marzo 1984",
                                    "12 maart 1984",
                                    "12 марта 1984",
                                    "12 de março de 1984",
                                    "12.03.84",
                                    "1984年3月12日",
                                    "August 1, 2001",
                                    "31.12.1999",
                                    "2 lutego 1971",
                                    "5 Okt. 1966",
                                    "7 août 1959",
                                    NULL};

static void behind_words_and_keys(void **state)
{
    static const char *const templates[] = {"dob=% invalid",
                                            "DOB: %",
                                            "date of birth % is wrong",
                                            "born % in Rome",
                                            "She was born on % there",
                                            "Geburtsdatum: %, Berlin",
                                            "geboren am % in Wien",
                                            "né le % à Lyon",
                                            "fecha de nacimiento: %",
                                            "nato il % a Roma",
                                            "geboortedatum % ongeldig",
                                            "{\"birth_date\":\"%\",\"a\":1}",
                                            "birthday=%&next=1",
                                            "{'dateOfBirth': '%'}",
                                            "{\\\"dob\\\":\\\"%\\\"}",
                                            "生年月日：%",
                                            "datum narození: %",
                                            "tanggal lahir %",
                                            "született %",
                                            "data nașterii: %",
                                            "ngày sinh: %",
                                            "생년월일: %",
                                            "วันเกิด: %",
                                            "PID|1||47^^^H||DOE^JANE||%|F",
                                            "data de nascimento %",
                                            "<dob>%</dob>",
                                            NULL};
    const struct made_up m = {"@dateofbirth", "[dob]", templates, dates, false};

    (void)state;
    assert_true(run_templates(&m) >= 200);
}

static void values_of_keys(void **state)
{
    static const char *const keys[] = {
        "dob",          "date_of_birth",    "dateOfBirth",    "birthDate", "BIRTHDAY",
        "geburtsdatum", "fecha_nacimiento", "date-naissance", "生年月日",  NULL};
    static const char *const moments[] = {"1984-03-12T00:00:00Z", "1984-03-12 13:45:00",
                                          "1984-03-12T00:00:00+02:00", "447724800", NULL};
    const struct made_up plain = {"@dateofbirth", "[dob]", keys, dates, false};
    const struct made_up times = {"@dateofbirth", "[dob]", keys, moments, false};

    (void)state;
    assert_true(run_keys(&plain) + run_keys(&times) >= 200);
}

static void other_dates_stay(void **state)
{
    static const char *const templates[] = {"started %",      "created_at=%",  "{\"date\":\"%\"}",
                                            "expires % soon", "due date: %",   "[%] INFO ready",
                                            "released on %",  "% backup done", "from % on",
                                            "exp=%",          "rebirthed %",   NULL};
    const struct made_up m = {"@dateofbirth", NULL, templates, dates, true};

    (void)state;
    assert_true(run_templates(&m) >= 200);
}

static void what_is_no_date_stays(void **state)
{
    static const char *const templates[] = {"born %", "dob=%", "birthday: %", "birth % x", NULL};
    static const char *const values[] = {
        "in Rome", "invalid",         "yesterday",   "99.99.1984", "31.31.1984", "1984-13-40",
        "12.03",   "1.2.3.4",         "0.0.1",       "12/34/5678", "required",   "null",
        "March",   "12 bananas 1984", "2001:db8::1", "10:20:30",   "3000-01-01", "12 Martian 84x",
        NULL};
    static const char *const moments[] = {"Birth: 2023-05-01 10:11:12.123",
                                          "inode birth 2024-01-02T03:04:05Z",
                                          "born 2026-05-01 17:00:01 pid 4", NULL};
    static const char *const one[] = {"", NULL};
    const struct made_up m = {"@dateofbirth", NULL, templates, values, true};
    const struct made_up t = {"@dateofbirth", NULL, moments, one, true};

    (void)state;
    run_templates(&m);
    run_templates(&t);
}

static void numbers_under_keys(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, "applications: {'**': ['@dateofbirth']}");
    assert_string_equal(
        bench_json(&b, WEIR_SCRUB_EVENT, "{\"extra\":{\"dob\":19840312,\"day\":19840312}}", false),
        "{\"extra\":{\"dob\":null,\"day\":19840312}}");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_words_and_keys), cmocka_unit_test(values_of_keys),
        cmocka_unit_test(other_dates_stay),      cmocka_unit_test(what_is_no_date_stays),
        cmocka_unit_test(numbers_under_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
