/* test_detect_phone.c - telephone numbers of several countries, published for
 * fiction (NANP 555-01xx, Ofcom 020 7946 0xxx and 07700 900xxx, ARCEP
 * 01 99 00 xx xx, Bundesnetzagentur 030 23125 xxx) or made up. */
#include "scrub/templates.h"

static const char *const anywhere[] = {"+1 415-555-0132",
                                       "+14155550132",
                                       "+44 20 7946 0958",
                                       "+442079460958",
                                       "+33 1 99 00 12 34",
                                       "+49 (0)30 23125 012",
                                       "+49 30 23125012",
                                       "+34 912 345 678",
                                       "+39 06 1234 5678",
                                       "+31 20 123 4567",
                                       "+55 (11) 91234-5678",
                                       "+91 98765 43210",
                                       "+86 138 0013 8000",
                                       "+81 3-1234-5678",
                                       "+61 2 5550 1234",
                                       "+7 (495) 123-45-67",
                                       "+41 44 123 45 67",
                                       "(415) 555-0132",
                                       "415-555-0132",
                                       "415.555.0132",
                                       "1-415-555-0132",
                                       "(415)555-0132",
                                       "555-010-1234",
                                       "(555) 010-1234",
                                       "020 7946 0958",
                                       "07700 900123",
                                       "01 99 00 12 34",
                                       "030/23125012",
                                       "030 23125012",
                                       "0171-1234567",
                                       "0161 496 0123",
                                       "0049 30 23125012",
                                       "01.99.00.12.34",
                                       "415-555-0132 ext. 12",
                                       "+1 415-555-0132 x99",
                                       "(030) 23125 012",
                                       "+44\xC2\xA0"
                                       "20\xC2\xA0"
                                       "7946\xC2\xA0"
                                       "0958",
                                       "415\xE2\x80\x93"
                                       "555\xE2\x80\x93"
                                       "0132",
                                       NULL};

static void known_forms_anywhere(void **state)
{
    static const char *const all[] = {
        "%",        "sms to % bounced",      "(see %)", "{\"n\":\"%\"}",  "customer said %, twice",
        "from <%>", "line one\\n% line two", "tel:%",   "reach us at %.", NULL};
    const struct made_up forms = {"@phone", "[phone]", all, anywhere, false};

    (void)state;
    assert_true(run_templates(&forms) >= 200);
}

static void other_forms_with_context(void **state)
{
    static const char *const templates[] = {"call % now",
                                            "Tel.: %",
                                            "phone=%&x=1",
                                            "phone number is %",
                                            "Telefon % besetzt",
                                            "téléphone : %",
                                            "teléfono %",
                                            "fax: %",
                                            "SMS to % failed",
                                            "WhatsApp %",
                                            "mobile \"%\"",
                                            "{\"phone\":\"%\"}",
                                            "{'mobile_number': '%'}",
                                            "cellulare: %",
                                            "telefone do cliente: %",
                                            "Telefon numarası % yok",
                                            "전화번호 % 인증 실패",
                                            "手机号 % 已被注册",
                                            "nomor telepon % tidak valid",
                                            "telefonní číslo %",
                                            "số điện thoại: %",
                                            "מספר טלפון: %",
                                            "номер телефона %",
                                            NULL};
    static const char *const local[] = {
        "4155550132",    "415 555 0132",  "555-0132",    "5550132",
        "555 01 32",     "7946 0958",     "23125012",    "0199001234",
        "912 345 678",   "06 12345678",   "98765 43210", "138 0013 8000",
        "11 91234-5678", "044 123 45 67", "123 456",     NULL};
    const struct made_up m = {"@phone", "[phone]", templates, local, false};
    const struct made_up known = {"@phone", "[phone]", templates, anywhere, false};

    (void)state;
    assert_true(run_templates(&m) + run_templates(&known) >= 400);
}

static void values_of_keys(void **state)
{
    static const char *const keys[] = {"phone",     "phoneNumber", "mobile", "home_phone",
                                       "tel",       "fax",         "msisdn", "telefon",
                                       "téléphone", "電話番号",    NULL};
    static const char *const local[] = {"5550132",           "555-0132",   "0199001234",
                                        "(030) 23125-12",    "4155550132", "23125",
                                        "+1 (415) 555-0132", NULL};
    const struct made_up m = {"@phone", "[phone]", keys, local, false};
    struct bench b;

    (void)state;
    run_keys(&m);
    bench_open(&b, "applications: {'**': ['@phone']}");
    assert_string_equal(
        bench_json(&b, WEIR_SCRUB_EVENT,
                   "{\"extra\":{\"phone\":4155550132,\"count\":4155550132,\"phones\":[23125012]}}",
                   false),
        "{\"extra\":{\"phone\":null,\"count\":4155550132,\"phones\":[null]}}");
    bench_close(&b);
}

static void numbers_of_other_kinds_stay(void **state)
{
    static const char *const templates[] = {
        "%", "got % here", "value=%", "order % shipped", "{\"n\":\"%\"}", "(%)", "id: %", NULL};
    static const char *const values[] = {"1.2.3.4",
                                         "192.0.2.17:8080",
                                         "10.35.12.927",
                                         "2026-11-21",
                                         "2026-11-21 10:20:30",
                                         "21.11.2026 10.15",
                                         "1775796131",
                                         "1753282944000000005",
                                         "3.239e+02",
                                         "2924.999439",
                                         "978-3-16-148410-0",
                                         "0-306-40615-2",
                                         "6355175527470340",
                                         "99100-9219",
                                         "000-68-0166",
                                         "123-45-6789",
                                         "$1,234,567.89",
                                         "1 234 567 890",
                                         "12:34:56.789",
                                         "0x1234567890",
                                         "501fdf60dbd3",
                                         "21592f11ef0acd93f2786f7660522793",
                                         "100-200-3000",
                                         "015-123-4567-890",
                                         "111245, 442310, 503530863",
                                         "02110-1301",
                                         "52:36:42",
                                         "28/55/18",
                                         "v13.87.878.1",
                                         "1.2.840.113549",
                                         "00-a6577f5e2d7670548041e4fcc23ed57c-c679fd8fcdf5ac18-01",
                                         "5 + 12345678",
                                         "00 01 02 03 04",
                                         "0123456789abcdef",
                                         "4111 1111 1111 1111",
                                         "8-12345678",
                                         NULL};
    const struct made_up m = {"@phone", NULL, templates, values, true};

    (void)state;
    assert_true(run_templates(&m) >= 200);
}

static void words_of_other_numbers_say_so(void **state)
{
    static const char *const templates[] = {"order 415-555-0132 shipped",
                                            "invoice no. 030 23125012",
                                            "ref 415.555.0132",
                                            "sku=415-555-0132",
                                            "call stack 12 of 40000",
                                            "called 3 times in 20000 ms",
                                            "phone_type=12345678",
                                            "recall 12345678",
                                            "callId=12345678",
                                            "microphone 44100",
                                            "dial timeout 30000 ms",
                                            "text length 1234567",
                                            "mobile web 2026-11-21",
                                            "port 5550132",
                                            "call(0x7ffe1234567)",
                                            "tel",
                                            "cell B12:C45",
                                            NULL};
    static const char *const one[] = {"", NULL};
    const struct made_up m = {"@phone", NULL, templates, one, true};

    (void)state;
    run_templates(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_forms_anywhere),
        cmocka_unit_test(other_forms_with_context),
        cmocka_unit_test(values_of_keys),
        cmocka_unit_test(numbers_of_other_kinds_stay),
        cmocka_unit_test(words_of_other_numbers_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
