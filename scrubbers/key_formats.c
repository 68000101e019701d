/* key_formats.c - the table of key_formats.h, by first character: what vendors
 * publish of their formats, or what their keys have in common. Lengths leave a
 * little room where vendors have changed them before. */
#include "key_formats.h"

#define F(prefix, min, max, alphabet)                       \
    {                                                       \
        prefix, min, max, WEIR_KEY_##alphabet, false, false \
    }
#define CHECKED(prefix, min, max, alphabet)                \
    {                                                      \
        prefix, min, max, WEIR_KEY_##alphabet, true, false \
    }
#define TAIL(prefix, min, max, alphabet)                   \
    {                                                      \
        prefix, min, max, WEIR_KEY_##alphabet, false, true \
    }

static const struct weir_key_format digit_1[] = {
    F("1//0", 30, 120, WORD),
};
static const struct weir_key_format upper_a[] = {
    F("AGE-SECRET-KEY-1", 50, 70, UPPER),
    F("AIza", 30, 45, WORD),
    F("AKIA", 16, 16, UPPER),
    F("ASIA", 16, 16, UPPER),
    F("ABIA", 16, 16, UPPER),
    F("ACCA", 16, 16, UPPER),
    F("AROA", 16, 17, UPPER),
    F("AIDA", 16, 17, UPPER),
    F("AC", 32, 32, HEX),
    F("AKCp", 60, 75, ALNUM),
    F("AKID", 32, 32, ALNUM),
    F("APKA", 16, 16, UPPER),
    F("AQVN", 35, 40, WORD),
    F("ATATT3", 60, 250, BASE64),
    F("ATCTT3", 60, 250, BASE64),
    F("ATBB", 28, 40, WORD),
    F("ATTA", 64, 76, HEX),
    TAIL("AccountKey=", 80, 100, BASE64),
    F("AAAAAAAAAAAAAAAAAAA", 60, 150, BASE64),
};
static const struct weir_key_format upper_c[] = {
    F("CCIPAT_", 30, 80, WORD),
    F("CCIPRJ_", 30, 80, WORD),
    F("CFPAT-", 40, 50, WORD),
    F("CLOJARS_", 50, 64, LOWER),
};
static const struct weir_key_format upper_e[] = {
    F("EAACEdEose0cBA", 10, 250, WORD), F("EAAA", 56, 70, WORD),  F("EAA", 80, 300, ALNUM),
    F("EZAK", 50, 60, ALNUM),           F("EZTK", 50, 60, ALNUM),
};
static const struct weir_key_format upper_f[] = {
    F("FLWSECK_TEST-", 20, 60, WORD),
    F("FLWSECK-", 20, 60, WORD),
};
static const struct weir_key_format upper_g[] = {
    F("GOCSPX-", 20, 40, WORD),
    F("GR1348941", 20, 30, WORD),
};
static const struct weir_key_format upper_h[] = {
    F("HRKU-", 30, 64, WORD),
};
static const struct weir_key_format upper_l[] = {
    F("LTAI", 12, 24, ALNUM),
};
static const struct weir_key_format upper_n[] = {
    F("NRAK-", 20, 40, UPPER),
    F("NRII-", 20, 40, WORD),
    F("NRJS-", 16, 24, HEX),
    F("NRRA-", 30, 48, WORD),
};
static const struct weir_key_format upper_p[] = {
    F("PMAK-", 40, 80, WORD),
    F("PMAT-", 20, 40, UPPER),
};
static const struct weir_key_format upper_s[] = {
    F("SG.", 40, 90, DOTTED),
    F("SK", 32, 32, HEX),
    TAIL("SharedAccessKey=", 40, 60, BASE64),
};
static const struct weir_key_format lower_a[] = {
    F("access-development-", 36, 36, HEX_DASH),
    F("access-production-", 36, 36, HEX_DASH),
    F("access-sandbox-", 36, 36, HEX_DASH),
    F("aio_", 28, 28, ALNUM),
    F("api_org_", 30, 40, ALNUM),
};
static const struct weir_key_format lower_b[] = {
    F("bkua_", 40, 40, HEX),
};
static const struct weir_key_format lower_c[] = {
    F("cio", 32, 32, ALNUM),
    F("cmVmd", 59, 59, ALNUM),
};
static const struct weir_key_format lower_d[] = {
    F("dapi", 32, 34, HEX_DASH),     F("dckr_oat_", 20, 60, WORD),
    F("dckr_pat_", 20, 60, WORD),    TAIL("discord.com/api/webhooks/", 60, 100, PATH),
    F("doo_v1_", 40, 80, HEX),       F("dop_v1_", 40, 80, HEX),
    F("dor_v1_", 40, 80, HEX),       F("dp.", 40, 64, DOTTED),
    F("dt0c01.", 80, 100, DOTTED),   F("duffel_live_", 40, 50, WORD),
    F("duffel_test_", 40, 50, WORD),
};
static const struct weir_key_format lower_f[] = {
    F("figd_", 30, 80, WORD), F("fio-u-", 60, 70, WORD), F("flyv1_", 40, 250, BASE64),
    F("fo1_", 40, 50, WORD),  F("fw_", 22, 24, ALNUM),
};
static const struct weir_key_format lower_g[] = {
    CHECKED("gho_", 30, 80, WORD), CHECKED("ghp_", 30, 80, WORD), CHECKED("ghr_", 30, 90, WORD),
    CHECKED("ghs_", 30, 80, WORD), CHECKED("ghu_", 30, 80, WORD), F("github_pat_", 30, 120, WORD),
    F("glagent-", 40, 60, WORD),   F("glc_", 32, 400, BASE64),    F("glcbt-", 20, 40, WORD),
    F("gldt-", 20, 40, WORD),      F("glffct-", 20, 40, WORD),    F("glft-", 20, 40, WORD),
    F("glimt-", 20, 40, WORD),     F("gloas-", 40, 80, WORD),     F("glpat-", 16, 60, WORD),
    F("glpat-", 24, 80, DOTTED),   F("glptt-", 30, 50, WORD),     F("glrt-", 20, 60, WORD),
    F("glrt-", 24, 80, DOTTED),    F("glsa_", 30, 60, WORD),      F("glsoat-", 20, 40, WORD),
    F("gsk_", 40, 70, WORD),
};
static const struct weir_key_format lower_h[] = {
    F("hf_", 30, 50, WORD),
    TAIL("hooks.slack.com/services/", 30, 100, PATH),
    TAIL("hooks.slack.com/workflows/", 30, 120, PATH),
    F("hvb.", 24, 300, WORD),
    F("hvr.", 24, 300, WORD),
    F("hvs.", 24, 140, WORD),
};
static const struct weir_key_format lower_i[] = {
    F("ico-", 32, 32, ALNUM),
};
static const struct weir_key_format lower_k[] = {
    F("key-", 32, 32, HEX),
};
static const struct weir_key_format lower_l[] = {
    F("lin_api_", 30, 60, WORD),
    F("lin_oauth_", 40, 80, HEX),
    F("lsv2_pt_", 40, 50, WORD),
    F("lsv2_sk_", 40, 50, WORD),
};
static const struct weir_key_format lower_n[] = {
    F("napi_", 50, 80, ALNUM), F("nfp_", 36, 50, ALNUM),  CHECKED("npm_", 30, 50, WORD),
    F("ntn_", 40, 50, ALNUM),  F("nvapi-", 50, 80, WORD),
};
static const struct weir_key_format lower_o[] = {
    F("ops_eyJ", 40, 1200, BASE64),
    F("oy2", 43, 43, LOWER),
};
static const struct weir_key_format lower_p[] = {
    F("p8e-", 32, 32, WORD),         F("pat", 79, 79, DOTTED),
    F("pat-na1-", 36, 36, HEX_DASH), F("pk.eyJ", 60, 200, DOTTED),
    F("pk_live_", 10, 120, WORD),    F("pnu_", 36, 36, ALNUM),
    F("pplx-", 40, 60, WORD),        F("pscale_oauth_", 30, 70, DOTTED),
    F("pscale_pw_", 30, 70, DOTTED), F("pscale_tkn_", 30, 70, DOTTED),
    F("pul-", 40, 40, HEX),          F("pypi-AgE", 40, 250, WORD),
};
static const struct weir_key_format lower_r[] = {
    F("r8_", 34, 44, WORD),        F("rdme_", 60, 80, LOWER),   F("rk_live_", 10, 120, WORD),
    F("rk_test_", 10, 120, WORD),  F("rubygems_", 40, 60, HEX), F("rzp_live_", 14, 20, ALNUM),
    F("rzp_test_", 14, 20, ALNUM),
};
static const struct weir_key_format lower_s[] = {
    F("sbp_", 40, 50, HEX),         F("secret_", 43, 43, ALNUM),    F("sgp_", 40, 70, WORD),
    F("shippo_live_", 40, 40, HEX), F("shippo_test_", 40, 40, HEX), F("shpat_", 30, 40, HEX),
    F("shpca_", 30, 40, HEX),       F("shppa_", 30, 40, HEX),       F("shpss_", 30, 40, HEX),
    TAIL("sig=", 43, 70, BASE64),   F("sk.", 60, 200, DOTTED),      F("sk-", 32, 250, WORD),
    F("sk_live_", 10, 120, WORD),   F("sk_test_", 10, 120, WORD),   F("sl.", 100, 250, WORD),
    F("sntrys_", 40, 400, BASE64),  F("sntryu_", 40, 80, HEX),      F("sq0atp-", 20, 30, WORD),
    F("sq0csp-", 40, 50, WORD),     F("sqa_", 40, 40, HEX),         F("sqp_", 40, 40, HEX),
    F("squ_", 40, 40, HEX),
};
static const struct weir_key_format lower_t[] = {
    F("tfp_", 40, 70, WORD),
    F("tk-us-", 40, 60, WORD),
    F("tskey-", 20, 80, WORD),
};
static const struct weir_key_format lower_v[] = {
    F("v1.0-", 171, 171, HEX_DASH),
    F("vcp_", 24, 60, WORD),
    F("vercel_blob_rw_", 30, 70, WORD),
};
static const struct weir_key_format lower_w[] = {
    F("whsec_", 20, 80, BASE64),
};
static const struct weir_key_format lower_x[] = {
    F("xai-", 60, 90, WORD),   F("xapp-", 30, 150, WORD), F("xkeysib-", 60, 100, WORD),
    F("xoxa-", 20, 150, WORD), F("xoxb-", 20, 150, WORD), F("xoxe.", 20, 250, DOTTED),
    F("xoxe-", 20, 250, WORD), F("xoxo-", 20, 150, WORD), F("xoxp-", 20, 150, WORD),
    F("xoxr-", 20, 150, WORD), F("xoxs-", 20, 150, WORD), F("xwfp-", 20, 150, WORD),
};
static const struct weir_key_format lower_y[] = {
    F("ya29.", 20, 400, WORD),
};

#define ROWS(array)                              \
    {                                            \
        (array), sizeof(array) / sizeof *(array) \
    }

struct weir_key_formats weir_key_formats(uint8_t first)
{
    static const struct weir_key_formats by_first[128] = {
        ['1'] = ROWS(digit_1), ['A'] = ROWS(upper_a), ['C'] = ROWS(upper_c), ['E'] = ROWS(upper_e),
        ['F'] = ROWS(upper_f), ['G'] = ROWS(upper_g), ['H'] = ROWS(upper_h), ['L'] = ROWS(upper_l),
        ['N'] = ROWS(upper_n), ['P'] = ROWS(upper_p), ['S'] = ROWS(upper_s), ['a'] = ROWS(lower_a),
        ['b'] = ROWS(lower_b), ['c'] = ROWS(lower_c), ['d'] = ROWS(lower_d), ['f'] = ROWS(lower_f),
        ['g'] = ROWS(lower_g), ['h'] = ROWS(lower_h), ['i'] = ROWS(lower_i), ['k'] = ROWS(lower_k),
        ['l'] = ROWS(lower_l), ['n'] = ROWS(lower_n), ['o'] = ROWS(lower_o), ['p'] = ROWS(lower_p),
        ['r'] = ROWS(lower_r), ['s'] = ROWS(lower_s), ['t'] = ROWS(lower_t), ['v'] = ROWS(lower_v),
        ['w'] = ROWS(lower_w), ['x'] = ROWS(lower_x), ['y'] = ROWS(lower_y),
    };
    const struct weir_key_formats none = {NULL, 0};

    return first < 128 ? by_first[first] : none;
}
