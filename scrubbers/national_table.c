/* national_table.c - what the numbers of national_types.h look like, and which
 * words tell of them. Rows stand by what a shape begins with, so that a token
 * is held against a handful of them. */
#include "national.h"

#define ASK WEIR_ID_ASK
#define ALONE WEIR_ID_ALONE
#define SMALL WEIR_ID_ALONE_SMALL
#define ROW(type, tells, shape)        \
    {                                  \
        WEIR_RULE_##type, tells, shape \
    }

/* ---- beginning with digits ------------------------------------------------------- */

static const struct weir_id_row digits_1[] = {
    ROW(FR_NIR, ALONE, "9_99_99_99_999_999_99"), ROW(FR_NIR, ALONE, "9_99_99_9A_999_999_99"),
    ROW(CL_RUT, SMALL, "9.999.999-X"),           ROW(TH_ID, ALONE, "9_9999_99999_99_9"),
    ROW(US_MBI, ALONE, "9AX9-AX9-AA99"),         ROW(US_MBI, ASK, "9AX9AX9AA99"),
};
static const struct weir_id_row digits_2[] = {
    ROW(DE_TAX_ID, ALONE, "99_999_999_999"), ROW(DE_TAX_ID, ASK, "99 999999999"),
    ROW(DE_SVNR, ALONE, "99_999999_A_999"),  ROW(BE_NN, ALONE, "99.99.99-999.99"),
    ROW(BE_NN, ALONE, "99.99.99-999-99"),    ROW(BE_NN, ALONE, "99_99_99_999_99"),
    ROW(ES_DNI, ALONE, "99.999.999-A"),      ROW(ES_DNI, ALONE, "99.999.999A"),
    ROW(ES_DNI, ASK, "99_999_999_A"),        ROW(CL_RUT, SMALL, "99.999.999-X"),
    ROW(AR_CUIL, ALONE, "99-99999999-9"),    ROW(US_EIN, ASK, "99-9999999"),
    ROW(NZ_IRD, ASK, "99_999_999"),
};
static const struct weir_id_row digits_3[] = {
    ROW(BR_CPF, ALONE, "999.999.999-99"),     ROW(RU_SNILS, ALONE, "999-999-999 99"),
    ROW(RU_SNILS, ALONE, "999-999-999-99"),   ROW(CH_AHV, ALONE, "999_9999_9999_99"),
    ROW(AE_EID, ALONE, "999_9999_9999999_9"), ROW(US_ITIN, ALONE, "999-99-9999"),
    ROW(US_ITIN, ASK, "999 99 9999"),         ROW(UK_NHS, ASK, "999_999_9999"),
    ROW(CA_SIN, ASK, "999_999_999"),          ROW(AU_TFN, ASK, "999_999_999"),
    ROW(NL_BSN, ASK, "999_999_999"),          ROW(PT_NIF, ASK, "999_999_999"),
    ROW(NZ_IRD, ASK, "999_999_999"),          ROW(TR_KIMLIK, ASK, "999_999_999_99"),
    ROW(BR_CPF, ASK, "999_999_999_99"),
};
static const struct weir_id_row digits_4[] = {
    ROW(IN_AADHAAR, ALONE, "9999 9999 9999"), ROW(IN_AADHAAR, ASK, "9999_9999_9999"),
    ROW(NL_BSN, ALONE, "9999.99.999"),        ROW(NL_BSN, ASK, "9999_99_999"),
    ROW(AU_MEDICARE, ALONE, "9999 99999 9"),  ROW(AU_MEDICARE, ASK, "9999_99999_9"),
    ROW(AT_SVNR, ASK, "9999_999999"),         ROW(JP_MY_NUMBER, ASK, "9999_9999_9999"),
};
static const struct weir_id_row digits_6[] = {
    ROW(SE_PERSONNUMMER, ALONE, "999999-9999"),
    ROW(SE_PERSONNUMMER, ALONE, "999999+9999"),
    ROW(FI_HETU, ALONE, "999999-999X"),
    ROW(FI_HETU, ALONE, "999999+999X"),
    ROW(FI_HETU, ALONE, "999999A999X"),
    ROW(NO_FNR, ALONE, "999999 99999"),
    ROW(CZ_RODNE_CISLO, ALONE, "999999/9999"),
    ROW(KR_RRN, ALONE, "999999-9999999"),
    ROW(BE_NN, ALONE, "999999-999-99"),
    ROW(BE_NN, ASK, "999999_999_99"),
    ROW(DK_CPR, ASK, "999999_9999"),
    ROW(FR_NIR, ALONE, "999999A99999999"),
};
static const struct weir_id_row digits_7[] = {
    ROW(IE_PPS, ASK, "9999999A"),
    ROW(IE_PPS, ASK, "9999999AA"),
    ROW(CL_RUT, ASK, "9999999-X"),
};
static const struct weir_id_row digits_8[] = {
    ROW(ES_DNI, ALONE, "99999999A"),
    ROW(ES_DNI, ALONE, "99999999-A"),
    ROW(ES_DNI, ASK, "99999999 A"),
    ROW(DE_SVNR, ALONE, "99999999A999"),
    ROW(CL_RUT, ASK, "99999999-X"),
    ROW(CL_RUT, ASK, "99999999X"),
    ROW(SE_PERSONNUMMER, ALONE, "99999999-9999"),
    ROW(NL_BSN, ASK, "99999999"),
    ROW(AU_TFN, ASK, "99999999"),
    ROW(NZ_IRD, ASK, "99999999"),
    ROW(IL_ID, ASK, "99999999-9"),
};
static const struct weir_id_row digits_9[] = {
    ROW(BR_CPF, ALONE, "999999999-99"), ROW(NL_BSN, ASK, "999999999"),
    ROW(CA_SIN, ASK, "999999999"),      ROW(AU_TFN, ASK, "999999999"),
    ROW(PT_NIF, ASK, "999999999"),      ROW(NZ_IRD, ASK, "999999999"),
    ROW(IL_ID, ASK, "999999999"),       ROW(CL_RUT, ASK, "999999999"),
    ROW(US_ITIN, ASK, "999999999"),     ROW(US_EIN, ASK, "999999999"),
};
static const struct weir_id_row digits_10[] = {
    ROW(UK_NHS, ASK, "9999999999"),         ROW(SE_PERSONNUMMER, ASK, "9999999999"),
    ROW(AT_SVNR, ASK, "9999999999"),        ROW(DK_CPR, ASK, "9999999999"),
    ROW(CZ_RODNE_CISLO, ASK, "9999999999"), ROW(BG_EGN, ASK, "9999999999"),
    ROW(AU_MEDICARE, ASK, "9999999999"),
};
static const struct weir_id_row digits_11[] = {
    ROW(NO_FNR, ALONE, "99999999999"),     ROW(DE_TAX_ID, ASK, "99999999999"),
    ROW(PL_PESEL, ASK, "99999999999"),     ROW(BR_CPF, ASK, "99999999999"),
    ROW(BE_NN, ASK, "99999999999"),        ROW(HR_OIB, ASK, "99999999999"),
    ROW(EE_ISIKUKOOD, ASK, "99999999999"), ROW(RU_SNILS, ASK, "99999999999"),
    ROW(TR_KIMLIK, ASK, "99999999999"),    ROW(AR_CUIL, ASK, "99999999999"),
    ROW(AU_MEDICARE, ASK, "99999999999"),
};
static const struct weir_id_row digits_12[] = {
    ROW(IN_AADHAAR, ASK, "999999999999"),
    ROW(JP_MY_NUMBER, ASK, "999999999999"),
    ROW(SE_PERSONNUMMER, ASK, "999999999999"),
};
static const struct weir_id_row digits_13[] = {
    ROW(CH_AHV, ALONE, "9999999999999"), ROW(RO_CNP, ASK, "9999999999999"),
    ROW(ZA_ID, ASK, "9999999999999"),    ROW(TH_ID, ASK, "9999999999999"),
    ROW(KR_RRN, ASK, "9999999999999"),
};
static const struct weir_id_row digits_15[] = {
    ROW(FR_NIR, ALONE, "999999999999999"),
    ROW(AE_EID, ALONE, "999999999999999"),
};
static const struct weir_id_row digits_17[] = {
    ROW(CN_ID, SMALL, "99999999999999999X"),
};
static const struct weir_id_row digits_18[] = {
    ROW(CN_ID, ALONE, "999999999999999999"),
};

#define ROWS(array)                              \
    {                                            \
        (array), sizeof(array) / sizeof *(array) \
    }

const struct weir_id_rows weir_id_by_digits[WEIR_ID_DIGITS] = {
    [1] = ROWS(digits_1),   [2] = ROWS(digits_2),   [3] = ROWS(digits_3),   [4] = ROWS(digits_4),
    [6] = ROWS(digits_6),   [7] = ROWS(digits_7),   [8] = ROWS(digits_8),   [9] = ROWS(digits_9),
    [10] = ROWS(digits_10), [11] = ROWS(digits_11), [12] = ROWS(digits_12), [13] = ROWS(digits_13),
    [15] = ROWS(digits_15), [17] = ROWS(digits_17), [18] = ROWS(digits_18),
};

/* ---- beginning with letters ------------------------------------------------------- */

static const struct weir_id_row letters_1[] = {
    ROW(ES_NIE, ALONE, "A9999999A"),  ROW(ES_NIE, ALONE, "A-9999999-A"),
    ROW(ES_NIE, ALONE, "A9999999-A"), ROW(SG_NRIC, ALONE, "A9999999A"),
    ROW(HK_ID, ALONE, "A999999(X)"),  ROW(HK_ID, ASK, "A999999X"),
    ROW(TW_ID, ASK, "A999999999"),
};
static const struct weir_id_row letters_2[] = {
    ROW(UK_NINO, ALONE, "AA999999A"),   ROW(UK_NINO, ALONE, "AA_99_99_99_A"),
    ROW(UK_NINO, ALONE, "AA 999999 A"), ROW(UK_NINO, ALONE, "AA999999 A"),
    ROW(HK_ID, ALONE, "AA999999(X)"),
};
static const struct weir_id_row letters_4[] = {
    ROW(MX_CURP, ALONE, "AAAA999999AAAAAAX9"),
};
static const struct weir_id_row letters_5[] = {
    ROW(IN_PAN, ALONE, "AAAAA9999A"),
};
static const struct weir_id_row letters_6[] = {
    ROW(IT_CODICE_FISCALE, ALONE, "AAAAAAXXAXXAXXXA"),
    ROW(IT_CODICE_FISCALE, ASK, "AAAAAA_XXAXX_AXXXA"),
};

const struct weir_id_rows weir_id_by_letters[WEIR_ID_LETTERS] = {
    [1] = ROWS(letters_1), [2] = ROWS(letters_2), [4] = ROWS(letters_4),
    [5] = ROWS(letters_5), [6] = ROWS(letters_6),
};

/* ---- words ---------------------------------------------------------------------------- */

#define W WEIR_STR
#define WORDS_OF(terms)                                            \
    {                                                              \
        (terms), sizeof(terms) / sizeof *(terms), NULL, 0, NULL, 0 \
    }
#define WORDS(name, ...)                                         \
    static const struct weir_str terms_##name[] = {__VA_ARGS__}; \
    static const struct weir_words words_##name = WORDS_OF(terms_##name);

/* clang-format off */
static const struct weir_str terms[] = {
    W("national id"), W("national identity"), W("national number"), W("national insurance"),
    W("identity number"), W("identity card"), W("identification number"), W("identity no"),
    W("id number"), W("id no"), W("id card"), W("id document"), W("government id"),
    W("citizen*"), W("personal number"), W("personal id"), W("personal code"),
    W("personal identification*"), W("social security"), W("social insurance"), W("ssn"),
    W("tax id"), W("tax number"), W("tax no"), W("taxid"), W("tax payer"), W("taxpayer*"),
    W("tax identification"), W("tin"), W("nationalid*"), W("nid"), W("personnummer"),
    W("personalnummer"), W("persönliche"), W("ausweis*"), W("personalausweis*"),
    W("numéro national"), W("numero nacional"), W("documento identidad"), W("documento"),
    W("identidad"), W("identidade"), W("identité"), W("identificación"), W("identificacion"),
    W("identificação"), W("identificativo"),
};
const struct weir_words weir_id_words = WORDS_OF(terms);

WORDS(uk_nino, W("nino"), W("ni number"), W("ni no"), W("national insurance"), W("hmrc"))
WORDS(uk_nhs, W("nhs*"), W("patient*"), W("health*"), W("hospital"), W("medical"), W("gp"))
WORDS(de_tax_id, W("steuer*"), W("id nr"), W("tax id"), W("*identifikationsnummer"), W("stid*"))
WORDS(de_svnr, W("sozialversicherung*"), W("versicherung*"), W("rentenversicherung*"), W("svnr"),
      W("sv nummer"), W("rvnr"))
WORDS(fr_nir, W("nir"), W("sécurité sociale"), W("securite sociale"), W("sécu"), W("insee"),
      W("numéro sécu"))
WORDS(es_dni, W("dni*"), W("nif*"), W("identidad"))
WORDS(es_nie, W("nie*"), W("extranjero"), W("nif"))
WORDS(it_codice_fiscale, W("codice fiscale"), W("cod fisc*"), W("cf"), W("fiscale"), W("fiscal"))
WORDS(nl_bsn, W("bsn*"), W("burgerservice*"), W("sofi*"), W("burger service*"))
WORDS(pl_pesel, W("pesel*"))
WORDS(be_nn, W("rijksregister*"), W("registre national"), W("insz"), W("niss"), W("rrn"),
      W("nationaal nummer"), W("national register"), W("nationalregister*"), W("inss"))
WORDS(se_personnummer, W("personnummer*"), W("personnr"), W("pnr"), W("samordningsnummer"),
      W("person nr"))
WORDS(fi_hetu, W("hetu*"), W("henkilötunnus"), W("henkilotunnus"), W("sotu"))
WORDS(dk_cpr, W("cpr*"), W("personnummer"))
WORDS(no_fnr, W("fødselsnummer*"), W("fodselsnummer*"), W("fnr"), W("personnummer"))
WORDS(pt_nif, W("nif*"), W("contribuinte*"), W("fiscal"))
WORDS(ch_ahv, W("ahv*"), W("avs"), W("oasi"), W("sozialversicherung*"))
WORDS(at_svnr, W("svnr*"), W("sozialversicherung*"), W("sv nummer"), W("sv nr"),
      W("versicherungsnummer"), W("svn"))
WORDS(ie_pps, W("pps*"))
WORDS(cz_rodne_cislo, W("rodné"), W("rodne"), W("rodného"), W("rodneho"), W("rodnecislo"), W("rc"),
      W("birth number"))
WORDS(ro_cnp, W("cnp*"), W("numeric personal"))
WORDS(bg_egn, W("egn*"), W("егн"), W("ЕГН"), W("ucn"))
WORDS(hr_oib, W("oib*"))
WORDS(ee_isikukood, W("isikukood*"), W("asmens*"), W("personal code"), W("ik"))
WORDS(ru_snils, W("snils"), W("снилс"), W("СНИЛС"))
WORDS(tr_kimlik, W("kimlik*"), W("tckn"), W("tc no"), W("tc kimlik"), W("tckimlik*"), W("tcno"),
      W("vatandaş*"))
WORDS(br_cpf, W("cpf*"), W("contribuinte"), W("pessoa física"), W("pessoa fisica"))
WORDS(ca_sin, W("sin"), W("nas"), W("assurance sociale"), W("sin number"))
WORDS(us_itin, W("itin*"), W("irs"))
WORDS(us_ein, W("ein"), W("fein"), W("employer identification"), W("employer id"), W("irs"))
WORDS(us_mbi, W("mbi"), W("medicare*"), W("beneficiary"))
WORDS(mx_curp, W("curp*"))
WORDS(cl_rut, W("rut"), W("run"), W("rol único"), W("rol unico"))
WORDS(ar_cuil, W("cuil*"), W("cuit*"))
WORDS(in_aadhaar, W("aadhaar*"), W("aadhar*"), W("adhaar*"), W("uidai"), W("uid number"),
      W("आधार"))
WORDS(in_pan, W("pan*"), W("permanent account"), W("income tax"))
WORDS(cn_id, W("身份证*"), W("sfz*"), W("shenfenzheng"), W("resident id"))
WORDS(kr_rrn, W("rrn"), W("resident registration"), W("주민등록번호"), W("주민번호"), W("jumin"))
WORDS(jp_my_number, W("mynumber"), W("my number"), W("individual number"), W("*マイナンバー*"),
      W("*個人番号*"))
WORDS(tw_id, W("身分證*"), W("*身分證*"), W("taiwan id"), W("roc id"))
WORDS(hk_id, W("hkid*"), W("hong kong id"), W("身份證*"))
WORDS(sg_nric, W("nric*"), W("fin"))
WORDS(th_id, W("thai id"), W("*บัตรประชาชน*"), W("thai national"))
WORDS(ae_eid, W("emirates*"), W("eid"))
WORDS(il_id, W("teudat*"), W("zehut"), W("*תעודת*"), W("*זהות*"), W("israeli id"), W("israel id"))
WORDS(za_id, W("rsa id"), W("sa id"), W("south african"), W("said"))
WORDS(au_tfn, W("tfn*"), W("tax file*"), W("taxfile*"))
WORDS(au_medicare, W("medicare*"))
WORDS(nz_ird, W("ird*"), W("inland revenue"))
/* clang-format on */

static const struct weir_id_kind kinds[] = {
#define KIND(type, name, text) {weir_valid_##name, &words_##name},
    WEIR_NATIONAL_TYPES(KIND)
#undef KIND
};

const struct weir_id_kind *weir_id_kind(enum weir_rule_type type)
{
    return &kinds[type - (WEIR_RULE_NATIONAL_ID + 1)];
}

bool weir_id_key(struct weir_str key)
{
    struct weir_word words[WEIR_KEY_WORDS];
    size_t n = weir_split_words(key, words, WEIR_KEY_WORDS);

    if (weir_words_match_split(&weir_id_words, key, words, n, false))
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (weir_words_match_split(kinds[i].words, key, words, n, false))
            return true;
    return false;
}
