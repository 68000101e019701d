/* national_types.h - the numbers by which states know persons: one line each,
 * from which rule types, detectors and built-in rules are made (private to
 * scrubbers/).
 *
 * X(enum, name in rule sets, text in its place). What the number looks like is
 * in national_table.c, whether it is right in national_eu.c and
 * national_world.c. */
#ifndef WEIR_SCRUB_NATIONAL_TYPES_H
#define WEIR_SCRUB_NATIONAL_TYPES_H

#define WEIR_NATIONAL_TYPES(X)                         \
    X(UK_NINO, uk_nino, "[uk-nino]")                   \
    X(UK_NHS, uk_nhs, "[uk-nhs]")                      \
    X(DE_TAX_ID, de_tax_id, "[de-tax-id]")             \
    X(DE_SVNR, de_svnr, "[de-svnr]")                   \
    X(FR_NIR, fr_nir, "[fr-nir]")                      \
    X(ES_DNI, es_dni, "[es-dni]")                      \
    X(ES_NIE, es_nie, "[es-nie]")                      \
    X(IT_CODICE_FISCALE, it_codice_fiscale, "[it-cf]") \
    X(NL_BSN, nl_bsn, "[nl-bsn]")                      \
    X(PL_PESEL, pl_pesel, "[pl-pesel]")                \
    X(BE_NN, be_nn, "[be-nn]")                         \
    X(SE_PERSONNUMMER, se_personnummer, "[se-pnr]")    \
    X(FI_HETU, fi_hetu, "[fi-hetu]")                   \
    X(DK_CPR, dk_cpr, "[dk-cpr]")                      \
    X(NO_FNR, no_fnr, "[no-fnr]")                      \
    X(PT_NIF, pt_nif, "[pt-nif]")                      \
    X(CH_AHV, ch_ahv, "[ch-ahv]")                      \
    X(AT_SVNR, at_svnr, "[at-svnr]")                   \
    X(IE_PPS, ie_pps, "[ie-pps]")                      \
    X(CZ_RODNE_CISLO, cz_rodne_cislo, "[cz-rc]")       \
    X(RO_CNP, ro_cnp, "[ro-cnp]")                      \
    X(BG_EGN, bg_egn, "[bg-egn]")                      \
    X(HR_OIB, hr_oib, "[hr-oib]")                      \
    X(EE_ISIKUKOOD, ee_isikukood, "[ee-ik]")           \
    X(RU_SNILS, ru_snils, "[ru-snils]")                \
    X(TR_KIMLIK, tr_kimlik, "[tr-kimlik]")             \
    X(BR_CPF, br_cpf, "[br-cpf]")                      \
    X(CA_SIN, ca_sin, "[ca-sin]")                      \
    X(US_ITIN, us_itin, "[us-itin]")                   \
    X(US_EIN, us_ein, "[us-ein]")                      \
    X(US_MBI, us_mbi, "[us-mbi]")                      \
    X(MX_CURP, mx_curp, "[mx-curp]")                   \
    X(CL_RUT, cl_rut, "[cl-rut]")                      \
    X(AR_CUIL, ar_cuil, "[ar-cuil]")                   \
    X(IN_AADHAAR, in_aadhaar, "[in-aadhaar]")          \
    X(IN_PAN, in_pan, "[in-pan]")                      \
    X(CN_ID, cn_id, "[cn-id]")                         \
    X(KR_RRN, kr_rrn, "[kr-rrn]")                      \
    X(JP_MY_NUMBER, jp_my_number, "[jp-my-number]")    \
    X(TW_ID, tw_id, "[tw-id]")                         \
    X(HK_ID, hk_id, "[hk-id]")                         \
    X(SG_NRIC, sg_nric, "[sg-nric]")                   \
    X(TH_ID, th_id, "[th-id]")                         \
    X(AE_EID, ae_eid, "[ae-eid]")                      \
    X(IL_ID, il_id, "[il-id]")                         \
    X(ZA_ID, za_id, "[za-id]")                         \
    X(AU_TFN, au_tfn, "[au-tfn]")                      \
    X(AU_MEDICARE, au_medicare, "[au-medicare]")       \
    X(NZ_IRD, nz_ird, "[nz-ird]")

#endif
