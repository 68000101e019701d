/* hint.c - the table behind hint.h, by first byte. */
#include "hint.h"

#include "chars.h"

#include <stdlib.h>

struct word {
    char text[WEIR_HINT_LONGEST]; /* lower-case; here and not elsewhere, since it is compared for
                                     every word */
    uint8_t hint;
};

#define P WEIR_HINT_PERSON
#define T WEIR_HINT_TITLE
#define G WEIR_HINT_GREETING
#define F WEIR_HINT_PHONE
#define B WEIR_HINT_BIRTH
#define S WEIR_HINT_SESSION
#define K WEIR_HINT_SECRET
#define A WEIR_HINT_ADDRESSEE
#define END   \
    {         \
        "", 0 \
    }

/* clang-format off */
static const struct word a[] = {{"api key", K}, {"apikey", K}, {"access token", K}, {"auth token", K}, {"access key", K}, 
    {"account holder", P}, {"applicant", P}, {"approved by", P}, {"assigned to", P},
    {"attn", P}, {"anruf", F}, {"assignee", P}, {"attending", P}, {"authored by", P}, 
    {"accountant", P}, {"appelez", F}, {"appel", F}, {"ansprechpartner", P}, {"ansprechpartnerin", P}, {"antragsteller", P}, {"acheteur", P}, {"apelido", P}, END};
static const struct word b[] = {
    {"birthdate", B}, {"birthday", B}, {"birth date", B}, {"birth", B}, {"born", B}, {"bday", B},
    {"beneficiary", P}, {"billed to", P}, {"booked by", P}, {"borrower", P}, {"buyer", P},
    {"bonjour", G}, {"bill to", P}, 
    {"bewohner", P}, {"besteller", P}, {"bel", F}, {"birth dt", B}, {"b-day", B}, {"befizető", P}, 
    {"benim adım", P}, {"bcc", A}, {"beste", G}, END};
static const struct word c[] = {{"curl", K}, {"clave", K}, {"contraseña", K}, 
    {"customer", P}, {"client", P}, {"cliente", P}, {"contact", P | F}, {"cardholder", P},
    {"card holder", P}, {"caller", P | F}, {"call", F}, {"called", F}, {"calling", F},
    {"callback", F}, {"cell", F}, {"cellphone", F}, {"cellulare", F}, {"celular", F},
    {"cher", G}, {"ciao", G}, {"created by", P}, {"candidate", P}, {"claimant", P},
    {"caro", G}, {"cara", G}, {"contact person", P}, 
    {"cell phone", F}, {"client name", P}, {"customer name", P}, {"contacto", P}, {"cognome", P}, {"chiamare", F}, {"chiama", F}, {"citizen", P}, {"cliënt", P}, {"cep telefonu", F}, {"cep", F}, 
    {"cc", A}, {"code sent to", F}, {"code to", F}, END};
static const struct word d[] = {{"docker login", K}, 
    {"dob", B}, {"date of birth", B}, {"data di nascita", B}, {"date de naissance", B},
    {"data de nascimento", B}, {"data urodzenia", B}, {"d.o.b", B}, {"dear", G}, {"dr", T},
    {"dott", T}, {"dottor", T}, {"dottoressa", T}, {"doctor", P}, {"dialed", F}, {"dial", F},
    {"dialing", F}, {"dhr", T}, {"don", T}, {"donor", P}, {"delivered to", P}, {"dra", T}, 
    {"driver", P}, {"destinataire", P}, {"destinatario", P}, {"destinatário", P}, {"debtor", P}, {"declarant", P}, {"doğum tarihi", B}, {"doğum", B}, END};
static const struct word e[] = {
    {"employee", P}, {"empfaenger", P}, {"empfänger", P}, {"estimado", G}, {"estimada", G},
    {"egregio", G}, {"emergency contact", P | F}, 
    {"empleado", P}, {"emergency", F}, END};
static const struct word f[] = {
    {"full name", P}, {"fax", F}, {"fecha de nacimiento", B}, {"frau", T}, {"fru", T},
    {"född", B}, {"født", B}, {"fødselsdato", B}, {"födelsedatum", B}, 
    {"fullname", P}, {"faks", F}, 
    {"from", A}, END};
static const struct word g[] = {
    {"geboren", B}, {"geburtsdatum", B}, {"geburtstag", B}, {"geb", B}, {"geboortedatum", B},
    {"guest", P}, {"gsm", F}, {"guardian", P}, {"geehrter", G}, {"geehrte", G}, {"gentile", G},
    
    {"gast", P}, {"geburtsname", P}, {"gsm no", F}, {"gentilissimo", G}, 
    {"geachte", G}, {"geachte heer", G}, {"geachte mevrouw", G}, END};
static const struct word h[] = {
    {"herr", T}, {"herrn", T}, {"handy", F}, {"handynummer", F}, {"hello", G}, {"hi", G},
    {"hallo", G}, {"hola", G}, {"holder", P}, {"hej", G}, 
    {"heer", T}, END};
static const struct word i[] = {{"identified by", K}, {"identified with", K}, {"insert into", K}, {"issued to", P}, {"insured", P}, {"invoiced to", P}, 
    {"inhaber", P}, {"inhaberin", P}, {"intestatario", P}, {"impiegato", P}, 
    {"ich heiße", P}, {"ich bin", P}, {"i am", P}, {"imię i nazwisko", P}, {"imie i nazwisko", P}, {"ik ben", P}, END};
static const struct word j[] = {
    {"je m'appelle", P}, {"je suis", P}, {"jag heter", P}, {"jestem", P}, END};
static const struct word k[] = {{"kennwort", K}, 
    {"kunde", P}, {"kundin", P}, {"klant", P}, {"kund", P}, {"klient", P}, 
    {"kontoinhaber", P}, {"karteninhaber", P}, {"komórka", F}, {"kontaktperson", P}, {"käufer", P}, {"kontaktnummer", F}, END};
static const struct word l[] = {
    {"liebe", G}, {"lieber", G}, {"landline", F}, {"lead", P}, 
    {"ligar", F}, {"llamar", F}, {"llame", F}, {"llamada", F}, {"locataire", P}, END};
static const struct word m[] = {{"mysql", K}, {"mysqldump", K}, {"mysqladmin", K}, {"mysqlimport", K}, {"mariadb", K}, {"mot de passe", K}, 
    {"mr", T}, {"m.", T}, {"mrs", T}, {"ms", T}, {"miss", T}, {"mx", T}, {"monsieur", T}, {"madame", T},
    {"mme", T}, {"mlle", T}, {"mevrouw", T}, {"mevr", T}, {"meneer", T}, {"mobile", F},
    {"mobil", F}, {"mobilnummer", F}, {"mobiltelefon", F}, {"msisdn", F}, {"móvil", F},
    {"movil", F}, {"member", P}, {"mitarbeiter", P}, {"mitarbeiterin", P}, 
    {"müşteri", P}, {"mieter", P}, {"mobiele", F}, {"mobilní", F}, 
    {"mi chiamo", P}, {"me llamo", P}, {"me chamo", P}, {"mijn naam is", P}, {"mein name ist", P}, {"mitt namn är", P}, {"mi nombre es", P}, {"meu nome é", P}, {"mon nom est", P}, {"my name is", P}, END};
static const struct word n[] = {
    {"nurse", P}, {"né le", B}, {"née le", B}, {"né(e) le", B}, {"nacido", B},
    {"nacida", B}, {"nato il", B}, {"nata il", B}, {"nato", B}, {"nata", B}, {"nascido", B},
    {"nascida", B}, {"naissance", B}, {"nascita", B}, {"nacimiento", B},
    {"next of kin", P}, 
    {"name is", P}, {"named", P}, {"numer telefonu", F}, {"numéro de téléphone", F}, {"número de teléfono", F}, {"numero di telefono", F}, {"né", B}, {"née", B}, {"nom complet", P}, {"nombre completo", P}, {"nome completo", P}, 
    {"nazywam się", P}, END};
static const struct word o[] = {{"otp", K}, {"on behalf of", P}, {"ordered by", P}, {"owner", P}, 
    {"odbiorca", P}, {"occupant", P}, {"otp sent to", F}, {"otp to", F}, END};
static const struct word p[] = {{"password", K}, {"passwd", K}, {"passphrase", K}, {"passwort", K}, {"pass", K}, {"pwd", K}, {"passcode", K}, {"pin", K}, 
    {"phone", F}, {"ph", F}, {"patient", P}, {"patientin", P}, {"paciente", P}, {"paziente", P},
    {"passenger", P}, {"payee", P}, {"paid by", P}, {"payer", P}, {"prof", T}, {"professor", T},
    {"pani", T}, {"portable", F}, {"placed by", P}, {"policyholder", P}, 
    {"phone number", F}, {"person", P}, {"pasajero", P}, {"passager", P}, {"pracownik", P}, {"pacjent", P}, {"paciënt", P}, {"patiënt", P}, {"phoned", F}, {"puhelin", F}, {"puhelinnumero", F}, END};
static const struct word r[] = {{"redis-cli", K}, 
    {"recipient", P}, {"receiver", P}, {"requested by", P}, {"reviewed by", P}, {"reporter", P},
    {"ring", F}, {"rang", F}, {"rufnummer", F}, {"registered to", P}, {"resident", P},
    {"reported by", P}, {"refunded to", P}, 
    {"rückruf", F}, {"rappel", F}, {"rappeler", F}, {"rappelez", F}, {"renter", P}, 
    {"reply-to", A}, END};
static const struct word s[] = {{"secret", K}, {"sshpass", K}, {"smbclient", K}, 
    {"session", S}, {"sessionid", S}, {"sess", S}, {"sid", S}, {"sitzung", S}, {"sesión", S},
    {"sesion", S}, {"sessione", S}, {"sessie", S}, {"sms", F}, {"signed by", P},
    {"submitted by", P}, {"sent by", P}, {"student", P}, {"subscriber", P}, {"sender", P | A},
    {"shipped to", P}, {"ship to", P}, {"señor", T}, {"señora", T}, {"senhor", T},
    {"senhora", T}, {"signor", T}, {"signora", T}, {"sig", T}, {"sr", T}, {"sra", T},
    {"srta", T}, {"sir", T}, {"seller", P}, {"spouse", P}, {"sold to", P}, 
    {"sms to", F}, {"sms delivery to", F}, {"sms message to", F}, {"sms an", F}, {"sms sent to", F}, {"surname", P}, {"syntymäaika", B}, 
    {"sayın", T}, {"szanowny panie", G}, {"szanowna pani", G}, {"sessão", S}, {"sesja", S}, {"seans", S}, END};
static const struct word t[] = {{"token", K}, 
    {"tel", F}, {"telephone", F}, {"telefon", F}, {"telefono", F}, {"teléfono", F},
    {"téléphone", F}, {"telefone", F}, {"telefoon", F}, {"telefonnummer", F}, {"texted", F},
    {"text", F}, {"tlf", F}, {"teacher", P}, {"traveller", P}, {"traveler", P}, 
    {"telefonu", F}, {"telefonnr", F}, {"telefonicznie", F}, {"telefonisch", F}, {"telefoonnummer", F}, {"tenant name", P}, {"titular", P}, {"titolare", P}, {"titulaire", P}, {"telef", F}, {"text message to", F}, {"text to", F}, {"tél", F}, 
    {"to", A}, END};
static const struct word u[] = {{"user", P}, {"updated by", P}, 
    {"ubezpieczony", P}, {"urodzony", B}, {"urodzona", B}, END};
static const struct word v[] = {{"visitor", P}, {"viber", F}, {"voicemail", F}, 
    {"vendor contact", P}, {"versicherter", P}, {"verzekerde", P}, {"volledige naam", P}, {"vorname", P}, {"verification code to", F}, END};
static const struct word w[] = {{"wget", K}, {"whatsapp", F}, {"witness", P}, 
    {"whatsapp number", F}, {"whatsapp message to", F}, {"whatsapp to", F}, END};
static const struct word dash[] = {{"--", K}, END};
/* letters of two and three bytes, by their first byte */
static const struct word d0[] = {
    {"дата рождения", B}, {"Дата рождения", B}, {"клиент", P}, {"Клиент", P}, {"пациент", P},
    {"Пациент", P}, {"моб", F}, {"меня зовут", P}, {"Меня зовут", P}, {"г-н", T}, {"г-жа", T}, {"господин", T}, {"госпожа", T}, {"звонок", F}, END};
static const struct word d1[] = {{"уважаемый", G}, {"уважаемая", G}, {"телефон", F}, {"тел", F}, {"сессия", S}, {"Сессия", S}, {"сеанс", S}, END};
static const struct word e5[] = {{"出生日期", B}, {"客户", P}, {"客戶", P}, {"姓名", P}, END};
static const struct word e6[] = {{"手机", F}, {"手機", F}, {"携帯", F}, {"患者", P}, {"氏名", P}, END};
static const struct word e7[] = {{"生年月日", B}, {"生日", B}, {"电话", F}, END};
static const struct word e9[] = {{"電話", F}, {"顧客", P}, END};

static const struct word *const by_first[256] = {
    ['-'] = dash, ['a'] = a, ['b'] = b, ['c'] = c, ['d'] = d, ['e'] = e, ['f'] = f, ['g'] = g, ['h'] = h,
    ['i'] = i, ['j'] = j, ['k'] = k, ['l'] = l, ['m'] = m, ['n'] = n, ['o'] = o, ['p'] = p, ['r'] = r,
    ['s'] = s, ['t'] = t, ['u'] = u, ['v'] = v, ['w'] = w, [0xD0] = d0, [0xD1] = d1,
    [0xE5] = e5, [0xE6] = e6, [0xE7] = e7, [0xE9] = e9};
/* clang-format on */

/* Words by what they begin with: the lower five bits of their first two bytes
 * say where in `listed` they stand, in the order of the tables; and a bit for
 * each third one, by which nearly all of a text is dismissed in one look.
 * Filled before main(), read only since. */
enum { HEADS = 1 << 10, WORDS = 1000 };

static struct listed {
    const char *text;
    uint8_t n, hint;
} listed[WORDS];
static struct head {
    uint32_t thirds;
    uint16_t first, n;
} heads[HEADS];

static inline size_t head_of(const char *text)
{
    return (size_t)(text[0] & 31) << 5 | (size_t)(text[1] & 31);
}

static void each_word(void (*take)(const struct word *word))
{
    for (size_t first = 0; first < sizeof by_first / sizeof *by_first; first++)
        for (const struct word *word = by_first[first]; word != NULL && word->text[0] != '\0';
             word++)
            take(word);
}

static void count(const struct word *word)
{
    struct head *head = &heads[head_of(word->text)];

    head->n++;
    head->thirds |= word->text[2] == '\0' ? UINT32_MAX : UINT32_C(1) << (word->text[2] & 31);
}

static void place(const struct word *word)
{
    struct head *head = &heads[head_of(word->text)];

    listed[head->first + head->n++] =
        (struct listed){word->text, (uint8_t)strlen(word->text), word->hint};
}

__attribute__((constructor)) static void fill_heads(void)
{
    size_t total = 0;

    each_word(count);
    for (size_t at = 0; at < HEADS; at++) {
        heads[at].first = (uint16_t)total;
        total += heads[at].n;
        heads[at].n = 0;
    }
    if (total > WORDS)
        abort();
    each_word(place);
}

/* The words that may begin at `at`; NULL: none does. */
static inline const struct head *head_at(struct weir_str text, size_t at)
{
    const char *begin = text.p + at;
    const struct head *head = &heads[at + 1 < text.n ? head_of(begin) : 0];

    return at + 1 < text.n && (head->thirds >> (at + 2 < text.n ? begin[2] & 31 : 0) & 1) != 0
               ? head
               : NULL;
}

/* Does something stand before `at` that makes it the middle of a name of
 * code, a path, an address? */
static bool joined_before(struct weir_str text, size_t at)
{
    char before = at > 0 ? text.p[at - 1] : ' ';

    if (weir_is(before, WEIR_C_ALNUM) || before == '_' || before == '$' || before == '@')
        return true;
    return before == '/' || (before == '.' && at > 1 && weir_is(text.p[at - 2], WEIR_C_ALNUM));
}

static bool joined_after(struct weir_str text, size_t end)
{
    return end < text.n && (weir_is(text.p[end], WEIR_C_ALNUM) || text.p[end] == '_');
}

/* Does the word stand at `at`, alone? */
static bool stands(struct weir_str text, size_t at, const struct listed *word)
{
    return weir_starts_nocase(text.p + at, text.n - at, word->text) &&
           (!weir_is(word->text[0], WEIR_C_ALPHA) || !joined_after(text, at + word->n)) &&
           ((word->hint & WEIR_HINT_TITLE) == 0 || weir_is(text.p[at], WEIR_C_UPPER));
}

uint32_t weir_hint_at(struct weir_str text, size_t at, size_t *ret_end)
{
    const struct head *head = head_at(text, at);
    size_t longest = 0;
    uint32_t hint = 0;

    if (head == NULL || joined_before(text, at))
        return 0;
    for (const struct listed *word = listed + head->first; word < listed + head->first + head->n;
         word++)
        if (word->n > longest && stands(text, at, word)) {
            longest = word->n;
            hint = word->hint;
        }
    *ret_end = at + longest;
    return hint;
}
