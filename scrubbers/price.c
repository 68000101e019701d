/* price.c - what a rule costs whose pattern no literal gates.
 *
 * Such a pattern is tried on every text, so its price is measured on ordinary
 * ones, here and now: the author of the rule sees what a literal would save. */
#include "rule.h"

#include "literals.h"

#include "weir/clock.h"

enum { ROUNDS = 5, LEAST_US = 400, MATCH_LIMIT = 100000 };

static const char *const texts[] = {
    "GET /api/v2/orders/88213/items?page=3&sort=created 200 12 ms",
    "Traceback (most recent call last): File \"/srv/app/billing/charge.py\", line 214, in charge",
    "connection to payment.internal:8443 refused after 3 attempts, next in 1500 ms",
    "SELECT id, status, total FROM orders WHERE status = 'open' ORDER BY created_at LIMIT 50",
    "java.lang.IllegalStateException: pool shop-pool-7 exhausted (size=20, idle=0, waiting=41)",
    "worker 5 took job 4f1c9a7e from queue mail.outgoing, 120 left, oldest of 2026-11-02T08:15:30Z",
    "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/121.0 Safari/537.36",
    "cache miss for key product:de:1182-b, filled in 3.4 ms from shard 2 of 8",
};

struct meter {
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

/* All matches in `s`, as scrubbing looks for them. */
static void search(const struct weir_leaf *leaf, const struct meter *m, struct weir_str s)
{
    for (size_t at = 0; at <= s.n;) {
        const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(m->match);

        if (pcre2_match(leaf->pattern, (PCRE2_SPTR)s.p, s.n, at, 0, m->match, m->limits) < 0)
            return;
        at = ov[1] > at ? ov[1] : at + 1;
    }
}

/* The best of some rounds, each long enough for the clock. */
static double measure(const struct weir_leaf *leaf, const struct meter *m)
{
    double best = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t began = weir_mono_us(), took;
        size_t bytes = 0;
        double price;

        do {
            for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                search(leaf, m, weir_str_of(texts[i]));
                bytes += weir_str_of(texts[i]).n;
            }
            took = weir_mono_us() - began;
        } while (took < LEAST_US);
        price = (double)took * 1024 / (double)bytes;
        best = round == 0 || price < best ? price : best;
    }
    return best;
}

static bool tried_on_every_text(const struct weir_ruleset *r, const struct weir_leaf *leaf)
{
    struct weir_literals l;

    if (leaf->pattern == NULL || !weir_str_eq(leaf->file, r->file))
        return false;
    weir_literals_of(leaf->source, &l);
    return l.n == 0;
}

/* Does an application before the k-th leaf of the i-th bring the same rule? */
static bool told(const struct weir_ruleset *r, size_t i, size_t k)
{
    const struct weir_leaf *leaf = r->applications[i].leaves[k];

    for (size_t a = 0; a <= i; a++) {
        const struct weir_application *app = &r->applications[a];

        for (size_t n = 0; n < (a == i ? k : app->n_leaves); n++) {
            if (app->leaves[n]->source.p == leaf->source.p)
                return true;
        }
    }
    return false;
}

static void price_all(const struct weir_ruleset *r, const struct meter *m, weir_price_fn *tell,
                      void *self)
{
    for (size_t i = 0; i < r->n_applications; i++) {
        const struct weir_application *app = &r->applications[i];

        for (size_t k = 0; k < app->n_leaves; k++) {
            const struct weir_leaf *leaf = app->leaves[k];

            if (tried_on_every_text(r, leaf) && !told(r, i, k))
                tell(self, &(struct weir_price){.rule = leaf->name,
                                                .file = leaf->file,
                                                .line = leaf->line,
                                                .column = leaf->column,
                                                .us_per_kib = measure(leaf, m)});
        }
    }
}

int weir_ruleset_price(const struct weir_ruleset *r, weir_price_fn *tell, void *self)
{
    struct meter m = {pcre2_match_data_create(16, NULL), pcre2_match_context_create(NULL)};
    int rc = m.match != NULL && m.limits != NULL ? 0 : WEIR_ENOMEM;

    if (rc == 0) {
        pcre2_set_match_limit(m.limits, MATCH_LIMIT);
        price_all(r, &m, tell, self);
    }
    pcre2_match_context_free(m.limits);
    pcre2_match_data_free(m.match);
    return rc;
}
