/* sink_faults.c - --fail of `weir sink`: its text to a list, and the draw for a request. */
#include "sink.h"

#include <stdlib.h>

static bool parse_share(struct weir_str s, double *ret_share)
{
    char text[32], *end;

    if (s.n == 0 || s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *ret_share = strtod(text, &end);
    return *end == '\0' && *ret_share >= 0 && *ret_share <= 1;
}

static bool parse_kind(struct weir_str s, struct weir_fault *f)
{
    uint64_t status;

    if (weir_str_u64(s, &status) && status >= 200 && status <= 599) {
        f->kind = WEIR_FAULT_STATUS;
        f->status = (int)status;
    } else if (weir_str_eq(s, WEIR_S("timeout"))) {
        f->kind = WEIR_FAULT_TIMEOUT;
    } else if (weir_str_eq(s, WEIR_S("hang"))) {
        f->kind = WEIR_FAULT_HANG;
    } else if (weir_str_eq(s, WEIR_S("reset"))) {
        f->kind = WEIR_FAULT_RESET;
    } else {
        return false;
    }
    return true;
}

bool weir_parse_faults(struct weir_str spec, struct weir_faults *ret_faults)
{
    struct weir_faults f = {.n = 0};
    double all = 0;
    struct weir_str one, rest = spec;

    while (rest.n > 0) {
        struct weir_str kind, share;
        struct weir_fault *fault = &f.list[f.n];

        if (f.n == WEIR_MAX_FAULTS)
            return false;
        weir_str_cut(rest, ',', &one, &rest);
        *fault = (struct weir_fault){.share = 1};
        if (weir_str_cut(weir_str_trim(one), ':', &kind, &share) &&
            !parse_share(share, &fault->share))
            return false;
        if (!parse_kind(kind, fault))
            return false;
        all += fault->share;
        f.n++;
    }
    if (f.n == 0 || all > 1 + 1e-9) /* there are no more requests than all */
        return false;
    *ret_faults = f;
    return true;
}

struct weir_fault weir_draw_fault(const struct weir_faults *f, double draw)
{
    double end = 0;

    for (size_t i = 0; i < f->n; i++) {
        end += f->list[i].share;
        if (draw < end)
            return f->list[i];
    }
    return (struct weir_fault){.kind = WEIR_FAULT_NONE};
}
