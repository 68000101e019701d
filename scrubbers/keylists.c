/* keylists.c - keys that the built-in rules know, by type of rule. How they
 * are compared is said in keys.h. */
#include "builtin.h"

#define N(list) (sizeof(list) / sizeof *(list))
#define W(text)                \
    {                          \
        text, sizeof(text) - 1 \
    }

/* clang-format off */

/* Kept in step with rulesets/default.yaml, which says why. */
static const struct weir_str secret_terms[] = {
    W("*password*"), W("*passwd*"), W("*passphrase*"), W("pwd"), W("*secret"), W("*token"),
    W("api key"), W("private key"), W("access key"), W("auth"), W("*authorization"),
    W("*credential"), W("*credentials"), W("cookie"), W("cookies"), W("csrf*"), W("xsrf*"),
    W("jwt"), W("session id"), W("*sessid"),
};
static const struct weir_str secret_unless[] = {
    W("count"), W("type"), W("length"), W("limit"), W("size"), W("expires"),
};

static const struct weir_str session_terms[] = {
    W("session"), W("session id"), W("session key"), W("session cookie"), W("session token"),
    W("session uuid"), W("session handle"), W("session hash"), W("*sessionid"), W("*sessid"),
    W("sess"), W("sess id"), W("sid"), W("connect sid"), W("aspsessionid*"), W("cfid"),
    W("cftoken"), W("sitzungs id"), W("id sesion"), W("id session"),
};
static const struct weir_str session_unless[] = {
    W("age"), W("at"), W("count"), W("duration"), W("end"), W("errors"), W("expires"),
    W("expired"), W("length"), W("limit"), W("max"), W("name"), W("path"), W("policy"),
    W("sample"), W("size"), W("start"), W("started"), W("state"), W("status"), W("store"),
    W("timeout"), W("ttl"), W("type"), W("update"), W("version"), W("factory"), W("class"),
};

static const struct weir_str birth_terms[] = {
    W("dob"), W("d o b"), W("date of birth"), W("birth date"), W("birthdate"), W("birthday"),
    W("birth day"), W("bday"), W("born"), W("born on"), W("birth dt"), W("*geburtsdatum"),
    W("geburtstag"), W("geb datum"), W("geboren"), W("geboren am"), W("geboortedatum"),
    W("fecha nacimiento"), W("fecha de nacimiento"), W("fecha nac"), W("nacimiento"),
    W("date de naissance"), W("date naissance"), W("naissance"), W("ddn"), W("data di nascita"),
    W("data nascita"), W("nascita"), W("data nascimento"), W("data de nascimento"),
    W("nascimento"), W("data urodzenia"), W("dataurodzenia"), W("fødselsdato"), W("fodselsdato"),
    W("födelsedatum"), W("fodelsedatum"), W("syntymäaika"), W("дата рождения"), W("生年月日"),
    W("出生日期"), W("生日"), W("생년월일"), W("تاريخ الميلاد"), W("doğum tarihi"), W("ngày sinh"), W("ημερομηνία γέννησης"),
    W("datum narození"), W("datum narozeni"), W("dátum narodenia"), W("születési dátum"), W("születési idő"),
    W("data nașterii"), W("data nasterii"), W("tanggal lahir"), W("tgl lahir"), W("datum rođenja"), W("datum rojstva"),
    W("дата народження"), W("дата на раждане"), W("день рождения"), W("födelsedag"), W("fødselsdag"), W("doğum günü"),
    W("dogum tarihi"), W("วันเกิด"), W("תאריך לידה"), W("जन्म तिथि"), W("जन्मतिथि"), W("생일"),
};
static const struct weir_str birth_unless[] = {
    W("format"), W("required"), W("valid"), W("place"), W("country"), W("city"), W("name"),
    W("field"), W("error"), W("label"),
};

static const struct weir_str person_terms[] = {
    W("first name"), W("last name"), W("full name"), W("given name"), W("family name"),
    W("middle name"), W("maiden name"), W("second name"), W("surname"), W("forename"),
    W("christian name"), W("legal name"), W("real name"), W("person name"), W("birth name"),
    W("customer name"), W("client name"), W("patient name"), W("contact name"),
    W("employee name"), W("member name"), W("guest name"), W("student name"),
    W("passenger name"), W("recipient name"), W("receiver name"), W("sender name"),
    W("buyer name"), W("seller name"), W("payer name"), W("payee name"), W("billing name"),
    W("shipping name"), W("account holder"), W("account holder name"), W("card holder"),
    W("cardholder"), W("cardholder name"), W("card holder name"), W("name on card"),
    W("holder name"), W("beneficiary"), W("beneficiary name"), W("spouse name"), W("parent name"),
    W("mother name"), W("father name"), W("next of kin"), W("emergency contact"), W("contact person"),
    W("customer"), W("patient"), W("passenger"), W("recipient"), W("payee"), W("guest"),
    W("signed by"), W("signatory"), W("fname"), W("lname"), W("fullname"), W("fio"),
    W("doctor"), W("physician"), W("doctor name"), W("nurse"), W("policyholder"),
    W("vorname"), W("nachname"), W("familienname"), W("vollname"), W("voller name"),
    W("kundenname"), W("empfänger"), W("karteninhaber"), W("kontoinhaber"), W("ansprechpartner"),
    W("nom"), W("prenom"), W("prénom"), W("nom complet"), W("nom client"), W("nom de famille"),
    W("apellido"), W("apellidos"), W("nombre"), W("nombres"), W("nombre completo"), W("titular"),
    W("nome"), W("cognome"), W("nome completo"), W("intestatario"), W("sobrenome"),
    W("voornaam"), W("achternaam"), W("imie"), W("imię"), W("nazwisko"), W("fornavn"),
    W("etternavn"), W("förnamn"), W("efternamn"), W("efternavn"),
    W("фамилия"), W("имя"), W("отчество"), W("фио"), W("клиент"), W("пациент"),
    W("姓名"), W("氏名"), W("名前"), W("患者"), W("顧客名"), W("客户姓名"), W("이름"), W("성명"),
    W("jméno"), W("jmeno"), W("příjmení"), W("prijmeni"), W("meno"), W("priezvisko"), W("vezetéknév"),
    W("keresztnév"), W("teljes név"), W("nume"), W("prenume"), W("nume complet"), W("ad soyad"), W("soyad"),
    W("soyadı"), W("nama lengkap"), W("nama depan"), W("họ tên"), W("họ và tên"), W("etunimi"), W("sukunimi"),
    W("ime i prezime"), W("prezime"), W("imię i nazwisko"), W("nombre y apellidos"), W("nome e cognome"),
    W("прізвище"), W("имя фамилия"), W("име"), W("ονοματεπώνυμο"), W("ชื่อ"), W("नाम"), W("שם מלא"), W("الاسم"),
    W("お名前"), W("고객명"), W("客户名"), W("opened by"), W("reported by"), W("ordered by"), W("attendee name"),
    W("applicant name"), W("owner name"), W("subscriber name"), W("debtor name"),
    W("creditor name"), W("traveler name"), W("traveller name"), W("insured name"), W("caller name"),};
static const struct weir_str person_unless[] = {
    W("id"), W("type"), W("count"), W("field"), W("length"), W("required"), W("label"),
    W("column"), W("format"), W("valid"), W("error"), W("status"), W("group"), W("service"),
    W("plan"), W("tier"), W("segment"), W("email"), W("phone"), W("role"), W("url"), W("key"),
    W("host"), W("file"), W("class"), W("table"), W("space"), W("address"), W("list"),
    W("portal"), W("support"), W("number"), W("no"), W("code"), W("since"), W("at"),
    W("server"), W("queue"), W("topic"), W("domain"), W("country"), W("city"), W("language"),
    W("state"), W("machine"), W("application"), W("app"), W("project"), W("product"),
};

static const struct weir_str phone_terms[] = {
    W("*phone"), W("*phones"), W("*phone number"), W("*phonenumber"), W("phone no"), W("phone nr"),
    W("phone num"), W("mobile"), W("mobile number"), W("mobile no"), W("cell"), W("cell number"),
    W("tel"), W("tel no"), W("telnr"), W("*telefon"), W("telefono"), W("teléfono"),
    W("téléphone"), W("telefone"), W("telefoon"), W("telefoonnummer"), W("*telefonnummer"),
    W("fax"), W("fax number"), W("telefax"), W("msisdn"), W("whatsapp"), W("viber"), W("handy"),
    W("handynummer"), W("celular"), W("movil"), W("móvil"), W("cellulare"), W("mobil"),
    W("mobilnummer"), W("mobiel"), W("portable"), W("gsm"), W("rufnummer"), W("caller id"),
    W("caller number"), W("contact number"), W("sms to"), W("sms number"), W("landline"),
    W("телефон"), W("тел"), W("电话"), W("電話"), W("電話番号"), W("电话号码"), W("手机"),
    W("手机号"), W("携帯"), W("전화"), W("전화번호"), W("휴대폰"),
    W("هاتف"), W("الهاتف"), W("جوال"), W("*puhelin"), W("puhelinnumero"), W("telefonszám"), W("τηλέφωνο"), W("κινητό"),
    W("điện thoại"), W("telepon"), W("nomor hp"), W("टेलीफोन"), W("फ़ोन"), W("טלפון"), W("โทรศัพท์"), W("phne nb"), W("mob nb"), W("fax nb"),
    W("telefon numarası"), W("telefon numarasi"), W("cep telefonu"), W("gsm no"), W("telefonní číslo"), W("telefonne cislo"),
    W("număr de telefon"), W("numar de telefon"), W("nomor telepon"), W("no hp"), W("số điện thoại"), W("sđt"),
    W("broj telefona"), W("mobitel"), W("telemóvel"), W("telemovel"), W("matkapuhelin"), W("номер телефона"),
    W("手机号码"), W("電話號碼"), W("携帯電話"), W("携帯番号"), W("휴대전화"), W("핸드폰"), W("연락처"),
    W("رقم الهاتف"), W("מספר טלפון"), W("נייד"), W("เบอร์โทร"), W("เบอร์โทรศัพท์"), W("मोबाइल"), W("फोन"), W("contact no"),
};
static const struct weir_str phone_unless[] = {
    W("type"), W("model"), W("os"), W("version"), W("verified"), W("country"), W("code"),
    W("id"), W("count"), W("length"), W("format"), W("valid"), W("required"), W("field"),
    W("network"), W("carrier"), W("size"), W("width"), W("height"), W("index"), W("ts"), W("time"),
};

/* Cookies that carry a session: who has them is the user. */
static const struct weir_str cookie_terms[] = {
    W("*session*"), W("*sess"), W("*sessid"), W("sid"), W("su"), W("sudo"), W("symfony"),
    W("csrf*"), W("xsrf*"), W("*csrf"), W("*xsrf"), W("jwt"), W("*token"), W("auth"),
};
const struct weir_words weir_builtin_cookies = {cookie_terms, N(cookie_terms), secret_unless,
                                                N(secret_unless), NULL, 0};

static const struct weir_words lists[WEIR_RULE_TYPES] = {
    [WEIR_RULE_PASSWORD] = {secret_terms, N(secret_terms), secret_unless, N(secret_unless),
                            NULL, 0},
    [WEIR_RULE_SESSION] = {session_terms, N(session_terms), session_unless, N(session_unless),
                           NULL, 0},
    [WEIR_RULE_DATE_OF_BIRTH] = {birth_terms, N(birth_terms), birth_unless, N(birth_unless),
                                 NULL, 0},
    [WEIR_RULE_PERSON_NAME] = {person_terms, N(person_terms), person_unless, N(person_unless),
                               NULL, 0},
    [WEIR_RULE_PHONE] = {phone_terms, N(phone_terms), phone_unless, N(phone_unless), NULL, 0},
};
/* clang-format on */

const struct weir_words *weir_builtin_keys(enum weir_rule_type type)
{
    return lists[type].n_terms > 0 ? &lists[type] : NULL;
}
