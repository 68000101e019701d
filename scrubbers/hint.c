/* hint.c - the table behind hint.h, and its index by what words begin with. */
#include "hint.h"

#include "chars.h"

struct word {
    char text[WEIR_HINT_LONGEST]; /* lower-case */
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

/* In the order of their first bytes; of two of one length the first wins. */
/* clang-format off */
static const struct word words[] = {
    {"--", K},
    {"api key", K}, {"apikey", K}, {"access token", K}, {"auth token", K}, {"access key", K},
    {"account holder", P}, {"applicant", P}, {"approved by", P}, {"assigned to", P}, {"attn", P},
    {"anruf", F}, {"assignee", P}, {"attending", P}, {"authored by", P}, {"accountant", P},
    {"appelez", F}, {"appel", F}, {"ansprechpartner", P}, {"ansprechpartnerin", P},
    {"antragsteller", P}, {"acheteur", P}, {"apelido", P}, {"author", A}, {"acked-by", A},
    {"appointment for", P}, {"användare", P}, {"använderen", P}, {"anställd", P}, {"asiakas", P},
    {"alıcı", P}, {"ahoj", G}, {"appel au", F}, {"anruf von", F}, {"anrufer", F}, {"auth", K},
    {"adgangskode", K},
    {"birthdate", B}, {"birthday", B}, {"birth date", B}, {"birth", B}, {"born", B}, {"bday", B},
    {"beneficiary", P}, {"billed to", P}, {"booked by", P}, {"borrower", P}, {"buyer", P},
    {"bonjour", G}, {"bill to", P}, {"bewohner", P}, {"besteller", P}, {"bel", F}, {"birth dt", B},
    {"b-day", B}, {"befizető", P}, {"benim adım", P}, {"bcc", A}, {"beste", G}, {"booking for", P},
    {"beteg", P}, {"benutzer", P}, {"bruker", P}, {"bruger", P}, {"bệnh nhân", P}, {"bästa", G},
    {"broj telefona", F}, {"broj mobitela", F},
    {"curl", K}, {"cn", A}, {"clave", K}, {"contraseña", K}, {"customer", P}, {"client", P},
    {"cliente", P}, {"contact", P | F}, {"cardholder", P}, {"card holder", P}, {"caller", P | F},
    {"call", F}, {"called", F}, {"calling", F}, {"callback", F}, {"cell", F}, {"cellphone", F},
    {"cellulare", F}, {"celular", F}, {"cher", G}, {"ciao", G}, {"created by", P},
    {"candidate", P}, {"claimant", P}, {"caro", G}, {"cara", G}, {"contact person", P},
    {"cell phone", F}, {"client name", P}, {"customer name", P}, {"contacto", P}, {"cognome", P},
    {"chiamare", F}, {"chiama", F}, {"citizen", P}, {"cliënt", P}, {"cep telefonu", F}, {"cep", F},
    {"cc", A}, {"code sent to", F}, {"code to", F}, {"committer", A}, {"co-authored-by", A},
    {"closed by", P}, {"changed by", P}, {"cancelled by", P}, {"canceled by", P},
    {"complaint from", P}, {"clientul", P}, {"clienta", P}, {"chère", G}, {"carissimo", G},
    {"call from", F}, {"call to", F}, {"calls to", F},
    {"docker login", K}, {"dob", B}, {"date of birth", B}, {"data di nascita", B},
    {"date de naissance", B}, {"data de nascimento", B}, {"data urodzenia", B}, {"d.o.b", B},
    {"dear", G}, {"dr", T}, {"dott", T}, {"dottor", T}, {"dottoressa", T}, {"doctor", P},
    {"dialed", F}, {"dial", F}, {"dialing", F}, {"dhr", T}, {"don", T}, {"donor", P},
    {"delivered to", P}, {"dra", T}, {"driver", P}, {"destinataire", P}, {"destinatario", P},
    {"destinatário", P}, {"debtor", P}, {"declarant", P}, {"doğum tarihi", B}, {"doğum", B},
    {"deleted by", P}, {"dragă", G}, {"drogi", G}, {"droga", G}, {"datum narození", B},
    {"dátum narodenia", B}, {"data nașterii", B}, {"data nasterii", B}, {"datum rođenja", B},
    {"datum rodenja", B}, {"dzimšanas datums", B}, {"doğum günü", B}, {"datum rojstva", B},
    {"employee", P}, {"empfaenger", P}, {"empfänger", P}, {"estimado", G}, {"estimada", G},
    {"egregio", G}, {"emergency contact", P | F}, {"empleado", P}, {"emergency", F},
    {"edited by", P}, {"escalated by", P}, {"empregado", P}, {"echo", K},
    {"family", A}, {"full name", P}, {"fax", F}, {"fecha de nacimiento", B}, {"frau", T},
    {"fru", T}, {"född", B}, {"født", B}, {"fødselsdato", B}, {"födelsedatum", B}, {"fullname", P},
    {"faks", F}, {"from", A}, {"filed by", P}, {"funcionário", P}, {"födelsedag", B},
    {"fødselsdag", B}, {"fødd", B}, {"f. nac", B}, {"fec. nac", B}, {"fecha nac", B},
    {"given", A}, {"geboren", B}, {"geburtsdatum", B}, {"geburtstag", B}, {"geb", B},
    {"geboortedatum", B}, {"guest", P}, {"gsm", F}, {"guardian", P}, {"geehrter", G},
    {"geehrte", G}, {"gentile", G}, {"gast", P}, {"geburtsname", P}, {"gsm no", F},
    {"gentilissimo", G}, {"geachte", G}, {"geachte heer", G}, {"geachte mevrouw", G},
    {"gebruiker", P}, {"geboren op", B}, {"gimimo data", B},
    {"herr", T}, {"herrn", T}, {"handy", F}, {"handynummer", F}, {"hello", G}, {"hi", G},
    {"hallo", G}, {"hola", G}, {"holder", P}, {"hej", G}, {"heer", T}, {"huésped", P}, {"hyvä", G},
    {"halo", G}, {"hotline", F}, {"helpline", F}, {"heslo", K}, {"hasło", K}, {"haslo", K},
    {"identified by", K}, {"identified with", K}, {"insert into", K}, {"issued to", P},
    {"insured", P}, {"invoiced to", P}, {"inhaber", P}, {"inhaberin", P}, {"intestatario", P},
    {"impiegato", P}, {"ich heiße", P}, {"ich bin", P}, {"i am", P}, {"imię i nazwisko", P},
    {"imie i nazwisko", P}, {"ik ben", P}, {"invited by", P},
    {"je m'appelle", P}, {"je suis", P}, {"jag heter", P}, {"jestem", P}, {"jmenuji se", P},
    {"jméno", P}, {"jelszó", K}, {"jelszo", K},
    {"kennwort", K}, {"kunde", P}, {"kundin", P}, {"klant", P}, {"kund", P}, {"klient", P},
    {"kontoinhaber", P}, {"karteninhaber", P}, {"komórka", F}, {"kontaktperson", P}, {"käufer", P},
    {"kontaktnummer", F}, {"kunden", P}, {"käyttäjä", P}, {"klientka", P}, {"kullanıcı", P},
    {"khách hàng", P}, {"korisnik", P}, {"kupac", P}, {"kære", G}, {"kjære", G}, {"kedves", G},
    {"liebe", G}, {"lieber", G}, {"landline", F}, {"lead", P}, {"ligar", F}, {"llamar", F},
    {"llame", F}, {"llamada", F}, {"locataire", P}, {"lahir", B}, {"ligação para", F},
    {"llamada a", F}, {"lösenord", K}, {"losenord", K},
    {"mysql", K}, {"mysqldump", K}, {"mysqladmin", K}, {"mysqlimport", K}, {"mariadb", K},
    {"mot de passe", K}, {"mr", T}, {"m.", T}, {"mrs", T}, {"ms", T}, {"miss", T}, {"mx", T},
    {"monsieur", T}, {"madame", T}, {"mme", T}, {"mlle", T}, {"mevrouw", T}, {"mevr", T},
    {"meneer", T}, {"mobile", F}, {"mobil", F}, {"mobilnummer", F}, {"mobiltelefon", F},
    {"msisdn", F}, {"móvil", F}, {"movil", F}, {"member", P}, {"mitarbeiter", P},
    {"mitarbeiterin", P}, {"müşteri", P}, {"mieter", P}, {"mobiele", F}, {"mobilní", F},
    {"mi chiamo", P}, {"me llamo", P}, {"me chamo", P}, {"mijn naam is", P}, {"mein name ist", P},
    {"mitt namn är", P}, {"mi nombre es", P}, {"meu nome é", P}, {"mon nom est", P},
    {"my name is", P}, {"maintainer", A}, {"modified by", P}, {"message from", P}, {"mitglied", P},
    {"milý", G}, {"merhaba", G}, {"mobilní telefon", F}, {"mobitel", F}, {"mobiel", F},
    {"mobiel nummer", F}, {"mobilenummer", F}, {"mobilnr", F}, {"matkapuhelin", F},
    {"message to", F},
    {"nurse", P}, {"né le", B}, {"née le", B}, {"né(e) le", B}, {"nacido", B}, {"nacida", B},
    {"nato il", B}, {"nata il", B}, {"nato", B}, {"nata", B}, {"nascido", B}, {"nascida", B},
    {"naissance", B}, {"nascita", B}, {"nacimiento", B}, {"next of kin", P}, {"name", A},
    {"name is", P}, {"named", P}, {"numer telefonu", F}, {"numéro de téléphone", F},
    {"número de teléfono", F}, {"numero di telefono", F}, {"né", B}, {"née", B},
    {"nom complet", P}, {"nombre completo", P}, {"nome completo", P}, {"nazywam się", P},
    {"nutzer", P}, {"người dùng", P}, {"narozen", B}, {"narozena", B}, {"narozen dne", B},
    {"narodený", B}, {"născut", B}, {"născută", B}, {"nascut", B}, {"ngày sinh", B},
    {"nacido el", B}, {"nacida el", B}, {"nacimiento el", B}, {"nascido em", B}, {"nascida em", B},
    {"număr de telefon", F}, {"numar de telefon", F}, {"număr telefon", F}, {"nomor telepon", F},
    {"nomor hp", F}, {"no hp", F}, {"no. hp", F}, {"nr telefonu", F}, {"número de celular", F},
    {"número de telefone", F}, {"numero di cellulare", F}, {"numéro de portable", F},
    {"numéro de mobile", F},
    {"otp", K}, {"on behalf of", P}, {"ordered by", P}, {"owner", P}, {"odbiorca", P},
    {"occupant", P}, {"otp sent to", F}, {"otp to", F}, {"opened by", P}, {"order for", P},
    {"ospite", P}, {"olá", G}, {"ola", G},
    {"password", K}, {"passwd", K}, {"passphrase", K}, {"passwort", K}, {"pass", K}, {"pwd", K},
    {"passcode", K}, {"pin", K}, {"phone", F}, {"ph", F}, {"patient", P}, {"patientin", P},
    {"paciente", P}, {"paziente", P}, {"passenger", P}, {"payee", P}, {"paid by", P}, {"payer", P},
    {"prof", T}, {"professor", T}, {"pani", T}, {"portable", F}, {"placed by", P},
    {"policyholder", P}, {"phone number", F}, {"person", P}, {"pasajero", P}, {"passager", P},
    {"pracownik", P}, {"pacjent", P}, {"paciënt", P}, {"patiënt", P}, {"phoned", F},
    {"puhelin", F}, {"puhelinnumero", F}, {"para", A}, {"posted by", P}, {"purchased by", P},
    {"prescribed by", P}, {"prescription for", P}, {"parcel for", P}, {"package for", P},
    {"pacienta", P}, {"páciens", P}, {"pacient", P}, {"pacientul", P}, {"patienten", P},
    {"potilas", P}, {"pacjentka", P}, {"pelanggan", P}, {"pasien", P}, {"pengguna", P},
    {"penerima", P}, {"pacijent", P}, {"patiente", P}, {"prezado", G}, {"prezada", G},
    {"poštovani", G}, {"pager", F}, {"pid", A | B}, {"printf", K}, {"passord", K}, {"parola", K},
    {"querido", G}, {"querida", G},
    {"redis-cli", K}, {"recipient", P}, {"receiver", P}, {"requested by", P}, {"reviewed by", P},
    {"reporter", P}, {"ring", F}, {"rang", F}, {"rufnummer", F}, {"registered to", P},
    {"resident", P}, {"reported by", P}, {"refunded to", P}, {"rückruf", F}, {"rappel", F},
    {"rappeler", F}, {"rappelez", F}, {"renter", P}, {"reply-to", A}, {"reviewed-by", A},
    {"reported-by", A}, {"resolved by", P}, {"referred by", P}, {"reserved by", P},
    {"rejected by", P}, {"raised by", P}, {"reservation for", P}, {"rođen", B}, {"rođena", B},
    {"rückrufnummer", F},
    {"secret", K}, {"sshpass", K}, {"smbclient", K}, {"session", S}, {"sessionid", S}, {"sess", S},
    {"sid", S}, {"sitzung", S}, {"sesión", S}, {"sesion", S}, {"sessione", S}, {"sessie", S},
    {"sms", F}, {"signed by", P}, {"submitted by", P}, {"sent by", P}, {"student", P},
    {"subscriber", P}, {"sender", P | A}, {"shipped to", P}, {"ship to", P}, {"señor", T},
    {"señora", T}, {"senhor", T}, {"senhora", T}, {"signor", T}, {"signora", T}, {"sig", T},
    {"sr", T}, {"sra", T}, {"srta", T}, {"sir", T}, {"seller", P}, {"spouse", P}, {"sold to", P},
    {"sms to", F}, {"sms delivery to", F}, {"sms message to", F}, {"sms an", F},
    {"sms sent to", F}, {"surname", P}, {"syntymäaika", B}, {"sayın", T}, {"szanowny panie", G},
    {"szanowna pani", G}, {"sessão", S}, {"sesja", S}, {"seans", S}, {"signed-off-by", A},
    {"stimate", G}, {"stimată", G}, {"sevgili", G}, {"salut", G}, {"született", B},
    {"születési idő", B}, {"születési dátum", B}, {"sinh ngày", B}, {"syntynyt", B},
    {"sünniaeg", B}, {"số điện thoại", F}, {"sđt", F}, {"số đt", F}, {"sms from", F},
    {"switchboard", F}, {"senha", K}, {"salasana", K},
    {"token", K}, {"tel", F}, {"telephone", F}, {"telefon", F}, {"telefono", F}, {"teléfono", F},
    {"téléphone", F}, {"telefone", F}, {"telefoon", F}, {"telefonnummer", F}, {"texted", F},
    {"text", F}, {"tlf", F}, {"teacher", P}, {"traveller", P}, {"traveler", P}, {"telefonu", F},
    {"telefonnr", F}, {"telefonicznie", F}, {"telefonisch", F}, {"telefoonnummer", F},
    {"tenant name", P}, {"titular", P}, {"titolare", P}, {"titulaire", P}, {"telef", F},
    {"text message to", F}, {"text to", F}, {"tél", F}, {"to", A}, {"tested-by", A},
    {"titulaire du compte", P}, {"tisztelt", G}, {"tanggal lahir", B}, {"tgl lahir", B},
    {"telefone do cliente", F}, {"telefon numarası", F}, {"telefon numaranız", F},
    {"telefonszám", F}, {"telefonní číslo", F}, {"telefónne číslo", F}, {"telefonul", F},
    {"telepon", F}, {"telefoonnr", F}, {"telefon komórkowy", F}, {"telemóvel", F},
    {"telefono cellulare", F}, {"texting", F}, {"tālrunis", F}, {"telefonas", F},
    {"user", P}, {"updated by", P}, {"ubezpieczony", P}, {"urodzony", B}, {"urodzona", B},
    {"uploaded by", P}, {"uživatel", P}, {"utilizator", P}, {"utilisateur", P},
    {"utilisatrice", P}, {"usuario", P}, {"usuária", P}, {"usuário", P}, {"utente", P},
    {"użytkownik", P}, {"urodziny", B},
    {"visitor", P}, {"viber", F}, {"voicemail", F}, {"vendor contact", P}, {"versicherter", P},
    {"verzekerde", P}, {"volledige naam", P}, {"vorname", P}, {"verification code to", F},
    {"von", A}, {"voicemail from", P}, {"vásárló", P}, {"vážený", G}, {"vážená", G},
    {"wget", K}, {"whatsapp", F}, {"witness", P}, {"whatsapp number", F},
    {"whatsapp message to", F}, {"whatsapp to", F}, {"witnessed by", P}, {"wachtwoord", K},
    {"yth", G},
    {"zákazník", P}, {"zákaznice", P}, {"zákazníka", P},
    {"ügyfél", P},
    {"điện thoại", F},
    {"κινητό", F}, {"ασθενής", P},
    {"τηλέφωνο", F}, {"πελάτης", P},
    {"дата рождения", B}, {"Дата рождения", B}, {"клиент", P}, {"Клиент", P}, {"пациент", P},
    {"Пациент", P}, {"моб", F}, {"меня зовут", P}, {"Меня зовут", P}, {"г-н", T}, {"г-жа", T},
    {"господин", T}, {"госпожа", T}, {"звонок", F}, {"номер телефона", F}, {"Номер телефона", F},
    {"мобильный", F}, {"Мобильный", F}, {"мобилен", F}, {"замовник", P}, {"заказчик", P},
    {"Заказчик", P}, {"дата народження", B}, {"Дата народження", B}, {"дата на раждане", B},
    {"Дата на раждане", B}, {"день рождения", B}, {"День рождения", B}, {"позвоните", F},
    {"уважаемый", G}, {"уважаемая", G}, {"телефон", F}, {"тел", F}, {"сессия", S}, {"Сессия", S},
    {"сеанс", S}, {"сотрудник", P}, {"телефонен номер", F}, {"телефона", F}, {"телефону", F},
    {"родился", B}, {"родилась", B},
    {"טלפון", F}, {"נייד", F}, {"מספר טלפון", F}, {"לקוח", P}, {"תאריך לידה", B}, {"שם מלא", P},
    {"رقم الهاتف", F}, {"الهاتف", F}, {"جوال", F}, {"رقم الجوال", F}, {"العميل", P}, {"المريض", P},
    {"الاسم", P}, {"تاريخ الميلاد", B},
    {"هاتف", F}, {"ولد في", B},
    {"วันเกิด", B}, {"เกิดวันที่", B}, {"โทรศัพท์", F}, {"เบอร์โทร", F}, {"โทร", F}, {"ลูกค้า", P},
    {"ผู้ป่วย", P}, {"ชื่อ", P}, {"ग्राहक", P}, {"नाम", P}, {"मरीज़", P}, {"फ़ोन", F}, {"फोन", F},
    {"मोबाइल", F}, {"जन्म तिथि", B}, {"जन्मतिथि", B},
    {"お客様", P}, {"お名前", P},
    {"出生日期", B}, {"客户", P}, {"客戶", P}, {"姓名", P}, {"客户姓名", P}, {"客户名", P}, {"出生", B}, {"名前", P},
    {"手机", F}, {"手機", F}, {"携帯", F}, {"患者", P}, {"氏名", P}, {"手机号", F}, {"手机号码", F}, {"手機號碼", F},
    {"携帯電話", F}, {"携帯番号", F},
    {"生年月日", B}, {"生日", B}, {"电话", F}, {"电话号码", F}, {"电话号", F}, {"用户", P}, {"用戶", P},
    {"電話", F}, {"顧客", P}, {"電話番号", F}, {"電話號碼", F},
    {"전화번호", F}, {"전화", F}, {"연락처", F}, {"생년월일", B}, {"생일", B}, {"이름", P}, {"성명", P},
    {"휴대폰", F}, {"휴대전화", F}, {"핸드폰", F}, {"환자", P},
};
/* clang-format on */

/* Words by what they begin with: the lower five bits of their first two bytes
 * say where in `listed` they stand, in the order of `words`; and a bit for
 * each third one, by which nearly all of a text is dismissed in one look.
 * Filled before main(), read only since. */
enum { HEADS = 1 << 10, WORDS = sizeof words / sizeof *words };

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

    for (size_t i = 0; i < WORDS; i++)
        count(&words[i]);
    for (size_t at = 0; at < HEADS; at++) {
        heads[at].first = (uint16_t)total;
        total += heads[at].n;
        heads[at].n = 0;
    }
    for (size_t i = 0; i < WORDS; i++)
        place(&words[i]);
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
