/* test_detect_person.c - names of persons: under keys, behind words and
 * titles, in several languages and scripts; and what only looks like one. */
#include "scrub/templates.h"

static const char *const names[] = {"Jane Doe",
                                    "John A. Smith",
                                    "Götz Werner",
                                    "Ingela Håkansson",
                                    "María del Carmen Núñez",
                                    "Jean-Luc Picard",
                                    "Seán O'Brien",
                                    "Ludwig van der Berg",
                                    "José de la Cruz",
                                    "Ana da Silva",
                                    "J. R. Hartley",
                                    "Nguyễn Văn Nam",
                                    "Łukasz Żółkiewski",
                                    "Søren Kierkegaard",
                                    "Zoë McDonald",
                                    "Иван Петров",
                                    "Αλέξης Παπάς",
                                    "Ayşe Yılmaz",
                                    "Björk Guðmundsdóttir",
                                    "Karel Čapek",
                                    "Friedrich von Hayek",
                                    "Anne-Marie Le Goff",
                                    "D'Arcy Wentworth",
                                    "Kofi Mensah",
                                    "Li Wei",
                                    "Tullio Caironi",
                                    "Marie Curie",
                                    "Mehmet Öz",
                                    "Gülarə Əlibəyli",
                                    "Jose\xCC\x81 Nun\xCC\x83"
                                    "ez",
                                    NULL};

static void full_names_behind_words_that_tell(void **state)
{
    static const char *const templates[] = {
        "customer % not found",          "2026-06-05T15:58:46.959Z WARN customer % not found",
        "patient: % was admitted",       "signed by %",
        "contact % for access",          "user '%' logged in",
        "refund for recipient % failed", "Dear %,\nyour order",
        "invoice sent, bill to %, due",  "on behalf of % (admin)",
        "Kunde % wurde gesperrt",        "cliente % no encontrado",
        "le client % est introuvable",   "cardholder \"%\" declined",
        "assigned to % yesterday",       "Hi %, thanks",
        "Employee: %; shift 4",          NULL};
    const struct made_up m = {"@personname", "[name]", templates, names, false};

    (void)state;
    assert_true(run_templates(&m) >= 200);
}

static void one_name_behind_a_title(void **state)
{
    static const char *const templates[] = {"Dear Mr % please",
                                            "Dear Mr. %, your",
                                            "met Mrs % today",
                                            "Dr. % signed",
                                            "Herr % hat angerufen",
                                            "Sehr geehrte Frau %,",
                                            "Mme % est absente",
                                            "Sra. % no responde",
                                            "asked Prof. Dr. % about it",
                                            NULL};
    static const char *const family[] = {"Smith",  "Müller",         "O'Neill", "van der Meer",
                                         "García", "Lefèvre-Dupont", "Åberg",   "McKenzie",
                                         "Doe",    "de la Vega",     NULL};
    const struct made_up one = {"@personname", "[name]", templates, family, false};
    const struct made_up full = {"@personname", "[name]", templates, names, false};

    (void)state;
    assert_true(run_templates(&one) + run_templates(&full) >= 200);
}

static void values_of_keys_that_tell(void **state)
{
    static const char *const keys[] = {"full_name",
                                       "fullName",
                                       "customer-name",
                                       "cardholder",
                                       "patient",
                                       "recipient",
                                       "billing.name",
                                       "account_holder",
                                       "nombre_completo",
                                       "nom",
                                       "Vorname",
                                       "signedBy",
                                       NULL};
    static const char *const parts[] = {"jane",
                                        "Jane",
                                        "DOE",
                                        "Doe, Jane",
                                        "van der Berg",
                                        "Dr. Jane Doe",
                                        "O’Hara",
                                        "José",
                                        "山田太郎",
                                        "王小明",
                                        "김민수",
                                        "Анна",
                                        "mary ann",
                                        "Müller-Lüdenscheidt",
                                        "أحمد علي",
                                        "ジョン・スミス",
                                        NULL};
    const struct made_up full = {"@personname", "[name]", keys, names, false};
    const struct made_up part = {"@personname", "[name]", keys, parts, false};

    (void)state;
    assert_true(run_keys(&full) + run_keys(&part) >= 200);
}

static void pairs_in_text(void **state)
{
    static const char *const templates[] = {"full_name=\"%\" age=4",
                                            "{\"lastName\":\"%\",\"n\":1}",
                                            "{'customer_name': \"%\", 'x': 2}",
                                            "{\\\"firstName\\\":\\\"%\\\"}",
                                            "full name: %",
                                            "patient_name=%; ward=7",
                                            "Person{fullName=%, age=7}",
                                            NULL};
    const struct made_up m = {"@personname", "[name]", templates, names, false};
    static const char *const wide[] = {"氏名：%", "姓名: %", "患者: %", NULL};
    static const char *const han[] = {"山田太郎", "王小明", "佐藤 花子", NULL};
    const struct made_up cjk = {"@personname", "[name]", wide, han, false};

    (void)state;
    assert_true(run_templates(&m) >= 150);
    run_templates(&cjk);
}

static void titles_and_turned_names_behind_words(void **state)
{
    static const char *const templates[] = {"customer % not found",     "ticket opened by %",
                                            "customer_name: %",         "passenger \"%\" boarded",
                                            "booking for % is waiting", "uživatel % byl odhlášen",
                                            "khách hàng % bị khóa",     "asiakas: %",
                                            "Author: % <x@y>",          NULL};
    static const char *const values[] = {
        "Prof. Catarina Kaiser", "Sr. Jesús Madera",   "Univ.Prof. Severin Schön",
        "Dr. Ana da Silva",      "Lic. Jacobo Ybarra", "Av. Çıdal Kısakürek",
        "Kalvaitis, Jolanta",    "Др. Золтан Кърков",  NULL};
    const struct made_up m = {"@personname", "[name]", templates, values, false};

    (void)state;
    assert_true(run_templates(&m) >= 70);
}

static void names_beside_keys_of_persons(void **state)
{
    static const char *const templates[] = {
        "\"name\" => \"%\", \"email\" => \"x\"", "{\"name\":\"%\",\"age\":33}",
        "phone=5550100&name=%&x=1", "{\\\"name\\\":\\\"%\\\",\\\"birthDate\\\":1}", NULL};
    static const char *const full[] = {"Jane Doe", "Isabel van de Klashorst", "Иван Петров", NULL};
    const struct made_up m = {"@personname", "[name]", templates, full, false};
    static const char *const directory[] = {"CN=%,OU=Staff,DC=corp,DC=local",
                                            "bind cn=%,dc=x failed", NULL};
    const struct made_up ldap = {"@personname", "[name]", directory, full, false};
    static const char *const forms[] = {"recipient=%&zip=4124", "{'full_name':'%'}",
                                        "customer %, gone", NULL};
    static const char *const spellings[] = {"P%C3%A9ter+Attila", "Jos\\u00e9 Nu\\u00f1ez",
                                            "%C3%89va%20Nagy", "Nguy%E1%BB%85n+Nam", NULL};
    const struct made_up spelled = {"@personname", "[name]", forms, spellings, false};
    static const char *const segment[] = {"PID|1||4711^^^H||%||1984|F", NULL};
    static const char *const parts[] = {"DOE^JANE^^", "VŨ^Jane", NULL};
    const struct made_up hl7 = {"@personname", "[name]", segment, parts, false};
    static const char *const things[] = {"{\"name\":\"%\",\"version\":2}",
                                         "name=% emails sent",
                                         "{\"name\":\"%\",\"to\":\"mail\"}",
                                         "CN=%,O=Some Inc,C=US",
                                         "pid %",
                                         "font-family: %, age 3",
                                         "name % not found, email=x",
                                         NULL};
    const struct made_up stays = {"@personname", NULL, things, full, true};

    (void)state;
    run_templates(&m);
    run_templates(&hl7);
    run_templates(&ldap);
    run_templates(&spelled);
    run_templates(&stays);
}

static void scripts_without_case_behind_words(void **state)
{
    static const char *const templates[] = {"ลูกค้า: %", "ग्राहक: %",  "לקוח: %", "العميل: %",
                                            "이름: %", "お客様：%", NULL};
    static const char *const values[] = {"สมชาย ใจดี", "राम कुमार", "דוד כהן", "محمد علي",
                                         "김민수",    "山田太郎", NULL};
    const struct made_up m = {"@personname", "[name]", templates, values, false};

    (void)state;
    assert_true(run_templates(&m) >= 36);
}

static void other_words_behind_them_stay(void **state)
{
    static const char *const templates[] = {"customer % failed", "user % is gone",    "client: %",
                                            "contact %",         "member % rejected", "owner %",
                                            "patient %",         "recipient=%",       NULL};
    static const char *const words[] = {"not found",
                                        "Service",
                                        "Order Service",
                                        "Support Team",
                                        "Account Control",
                                        "id 42",
                                        "ID",
                                        "portal",
                                        "OrderService.create()",
                                        "com.example.Main",
                                        "Data Record",
                                        "Premium Plan",
                                        "login failed",
                                        "12345",
                                        "is blocked",
                                        "Request Failed",
                                        "API Gateway",
                                        "Error: timeout",
                                        "null",
                                        "None",
                                        "[Filtered]",
                                        "Success Manager",
                                        "Lookup",
                                        "admin",
                                        "Foo::Bar",
                                        "/var/log/x",
                                        "Database Error",
                                        "agent",
                                        "Credit Card",
                                        "Session Expired",
                                        "Timeout, Retrying",
                                        NULL};
    const struct made_up m = {"@personname", NULL, templates, words, true};

    (void)state;
    assert_true(run_templates(&m) >= 200);
}

static void keys_that_name_things_stay(void **state)
{
    static const char *const keys[] = {
        "name",       "hostname",     "filename",    "className",     "username",
        "table_name", "server_name",  "customer_id", "patient_count", "first_name_required",
        "nominal",    "contacts_url", "eventName",   "product_name",  "authorName2Hash",
        NULL};
    static const char *const values[] = {"Jane Doe",          "orders", "Main", "Karl Schmidt",
                                         "web-1.example.com", NULL};
    static const char *const telling[] = {"customer", "recipient", "full_name", "patient", NULL};
    static const char *const things[] = {"42",
                                         "c-1234",
                                         "Order Service",
                                         "support",
                                         "unknown",
                                         "orders_queue",
                                         "https://x.io/1",
                                         "OrderService",
                                         "null",
                                         "3 of 4",
                                         "a@b",
                                         "",
                                         "Premium Plan",
                                         "{{name}}",
                                         "%s",
                                         NULL};
    const struct made_up names_of_things = {"@personname", NULL, keys, values, true};
    const struct made_up other = {"@personname", NULL, telling, things, true};

    (void)state;
    run_keys(&names_of_things);
    run_keys(&other);
}

static void prose_stays(void **state)
{
    static const char *const texts[] = {"National Mrs item low century",
                                        "Own consider south Mr.",
                                        "cache miss Foo Bar",
                                        "took 5 ms Total time",
                                        "Hello World!",
                                        "Dear Customer,",
                                        "Dear Sir or Madam,",
                                        "Dear All,",
                                        "contact Customer Care",
                                        "User Account Control denied",
                                        "the author wrote it",
                                        "Dr.",
                                        "created by OrderFactory",
                                        "assigned to Queue Worker",
                                        "keyboard monkey compass",
                                        "passenger list empty",
                                        "client TLS Alert",
                                        "owner: Platform Team",
                                        "submitted by CI",
                                        "Main Street Station",
                                        "New York Times",
                                        "HTTP Client Error",
                                        "The Quick Brown Fox",
                                        "customer Jane",
                                        "member of Group",
                                        "class Customer extends Base Entity",
                                        "Pan Am Flight",
                                        "On MS-DOS this may",
                                        "equal to C<die> or",
                                        "default from I<zero> to I<n>",
                                        "Sr. Software Engineer opening in Server Team",
                                        NULL};
    static const char *const one[] = {"", NULL};
    const struct made_up m = {"@personname", NULL, texts, one, true};

    (void)state;
    run_templates(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_names_behind_words_that_tell),
        cmocka_unit_test(one_name_behind_a_title),
        cmocka_unit_test(values_of_keys_that_tell),
        cmocka_unit_test(pairs_in_text),
        cmocka_unit_test(titles_and_turned_names_behind_words),
        cmocka_unit_test(names_beside_keys_of_persons),
        cmocka_unit_test(scripts_without_case_behind_words),
        cmocka_unit_test(other_words_behind_them_stay),
        cmocka_unit_test(keys_that_name_things_stay),
        cmocka_unit_test(prose_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
