/* gate.c - see gate.h. The header's form:
 * https://develop.sentry.dev/sdk/expected-features/rate-limiting/
 * "seconds:category;category:scope", joined by ", ". */
#include "gate.h"

#include "weir/buf.h"

bool weir_gate_full(const struct weir_spool *s, const struct weir_project *p)
{
    for (size_t i = 0; i < p->n_destinations; i++)
        if (!weir_spool_full(s, p->destinations[i]->slot))
            return false;
    return p->n_destinations > 0;
}

bool weir_gate_rate(struct weir_bucket *buckets, const struct weir_project *p, uint64_t now_ns,
                    uint64_t *ret_wait_ms)
{
    if (p->rate_per_second <= 0)
        return true;
    return weir_bucket_take(&buckets[p->slot % WEIR_BUCKETS], p->rate_per_second, p->rate_burst,
                            now_ns, ret_wait_ms);
}

uint64_t weir_gate_limited(const struct weir_project *p, enum weir_category category,
                           uint64_t now_ms)
{
    uint64_t soonest = UINT64_MAX;

    for (size_t i = 0; i < p->n_destinations; i++) {
        const struct weir_destination *d = p->destinations[i];
        uint64_t until = d->pass_on ? weir_limit_until(d->slot, category) : 0;

        if (until <= now_ms)
            return 0;
        if (until < soonest)
            soonest = until;
    }
    return p->n_destinations > 0 ? soonest - now_ms : 0;
}

/* Categories with the same number of seconds are told together. */
static void add_group(struct weir_buf *b, const uint64_t seconds[WEIR_CATEGORIES], unsigned first)
{
    weir_buf_printf(b, "%s%llu:%s", b->n > 0 ? ", " : "", (unsigned long long)seconds[first],
                    weir_category_name((enum weir_category)first));
    for (unsigned c = first + 1; c < WEIR_CATEGORIES; c++)
        if (seconds[c] == seconds[first])
            weir_buf_printf(b, ";%s", weir_category_name((enum weir_category)c));
    weir_buf_add(b, WEIR_S(":key"));
}

struct weir_str weir_gate_header(struct weir_arena *a, const struct weir_project *p,
                                 uint64_t now_ms)
{
    uint64_t seconds[WEIR_CATEGORIES];
    struct weir_str text = {NULL, 0};
    struct weir_buf b;

    /* One that absorbs takes everything: the common case ends here. */
    for (size_t i = 0; i < p->n_destinations; i++)
        if (!p->destinations[i]->pass_on)
            return text;
    weir_buf_init(&b, a, 2048);
    for (unsigned c = 0; c < WEIR_CATEGORIES; c++)
        seconds[c] = (weir_gate_limited(p, (enum weir_category)c, now_ms) + 999) / 1000;
    for (unsigned c = 0; c < WEIR_CATEGORIES; c++) {
        bool told = seconds[c] == 0 || c == WEIR_CAT_INTERNAL;

        for (unsigned before = 0; before < c && !told; before++)
            told = seconds[before] == seconds[c];
        if (!told)
            add_group(&b, seconds, c);
    }
    return b.n > 0 && weir_buf_str(&b, &text) == 0 ? text : (struct weir_str){NULL, 0};
}
