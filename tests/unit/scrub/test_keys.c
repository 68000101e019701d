/* test_keys.c - keys match word by word. */
#include "scrub/helper.h"
#include "scrubbers/keys.h"

static const struct weir_str terms[] = {{"token", 5}, {"*password*", 10}, {"api key", 7},
                                        {"auth", 4},  {"*sessid", 7},     {"csrf*", 5}};
static const struct weir_str unless[] = {{"count", 5}, {"type", 4}};
static const struct weir_str except[] = {{"PWD", 3}, {"Auth-Kind", 9}};
static const struct weir_words words = {terms, 6, unless, 2, except, 2};

static void a_key_is_split_into_words(void **state)
{
    static const struct {
        const char *key, *words;
    } cases[] = {
        {"authToken", "auth|Token"},
        {"auth_token", "auth|token"},
        {"AUTH-TOKEN", "AUTH|TOKEN"},
        {"HTTPServerName", "HTTP|Server|Name"},
        {"http.auth.token", "http|auth|token"},
        {"password2", "password"},
        {"userIDs", "user|IDs"},
        {"x", "x"},
        {"", ""},
        {"42", ""},
        {"größeMax", "größe|Max"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct weir_word w[8];
        struct weir_str key = weir_str_of(cases[i].key);
        char got[128] = "";
        size_t n = weir_split_words(key, w, 8);

        for (size_t k = 0; k < n; k++)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s", k > 0 ? "|" : "",
                     (int)w[k].n, key.p + w[k].at);
        assert_string_equal(got, cases[i].words);
    }
}

static void sensitive_keys_match_in_every_spelling(void **state)
{
    static const struct {
        const char *key;
        bool matches;
    } cases[] = {
        {"authToken", true},
        {"auth_token", true},
        {"AUTH-TOKEN", true},
        {"author", false},
        {"x.auth.id", true},
        {"Password", true},
        {"userpassword2", true},
        {"apiKey", true},
        {"apikey", true},
        {"API_KEY_ID", true},
        {"api", false},
        {"keyApi", false},
        {"token_count", false},
        {"tokenType", false},
        {"tokens", false},
        {"PHPSESSID", true},
        {"csrfmiddleware", true},
        {"PWD", false},
        {"Auth-Kind", false},
        {"auth-kind", true},
        {"token_count_token", true},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (weir_words_match(&words, weir_str_of(cases[i].key), false) != cases[i].matches)
            fail_msg("%s", cases[i].key);
}

static void in_running_text_only_terms_that_end_the_phrase_count(void **state)
{
    (void)state;
    assert_true(weir_words_match(&words, WEIR_S("the api key"), true));
    assert_false(weir_words_match(&words, WEIR_S("api key rotation"), true));
    assert_false(weir_words_match(&words, WEIR_S("invalid token"), true));
}

static unsigned asked;

static void ask(void *self, struct weir_str key, bool phrase, struct weir_key *ret_key)
{
    (void)self, (void)phrase;
    asked++;
    ret_key->rules = key.n;
}

static void the_ring_asks_once_for_each_key(void **state)
{
    struct weir_keyring *r = weir_keyring_new(ask, NULL);
    char longer[100];

    (void)state;
    memset(longer, 'x', sizeof longer);
    asked = 0;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(weir_keyring_get(r, WEIR_S("abc"), false)->rules, 3);
        assert_int_equal(weir_keyring_get(r, WEIR_S(""), false)->rules, 0);
    }
    assert_int_equal(asked, 2);
    assert_int_equal(weir_keyring_get(r, WEIR_S("abc"), true)->rules, 3);
    assert_int_equal(asked, 3); /* a phrase is another question */
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(
            weir_keyring_get(r, (struct weir_str){longer, sizeof longer}, false)->rules, 100);
    assert_int_equal(asked, 5); /* too long to keep */
    weir_keyring_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_split_into_words),
        cmocka_unit_test(sensitive_keys_match_in_every_spelling),
        cmocka_unit_test(in_running_text_only_terms_that_end_the_phrase_count),
        cmocka_unit_test(the_ring_asks_once_for_each_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
