/* breaker.c - see breaker.h for the states. */
#include "breaker.h"

const char *weir_breaker_state_name(enum weir_breaker_state s)
{
    static const char *const names[] = {"closed", "open", "half_open"};

    return names[s];
}

enum weir_breaker_state weir_breaker_state(const struct weir_breaker *b)
{
    return (enum weir_breaker_state)atomic_load_explicit(&b->state, memory_order_relaxed);
}

static void forget_window(struct weir_breaker *b)
{
    memset(b->slices, 0, sizeof b->slices);
}

static void enter(struct weir_breaker *b, enum weir_breaker_state state, uint64_t now_ms)
{
    atomic_store_explicit(&b->state, (int)state, memory_order_relaxed);
    b->ticket++;
    b->probing = false;
    b->wins = 0;
    forget_window(b);
    if (state == WEIR_BREAKER_OPEN)
        b->opened_at_ms = now_ms;
}

void weir_breaker_init(struct weir_breaker *b, const struct weir_breaker_config *config)
{
    memset(b, 0, sizeof *b);
    b->config = *config;
    atomic_init(&b->state, WEIR_BREAKER_CLOSED);
}

void weir_breaker_configure(struct weir_breaker *b, const struct weir_breaker_config *config)
{
    /* Slices of another width cannot be compared with the old ones. */
    if (b->config.window_ms != config->window_ms)
        forget_window(b);
    b->config = *config;
}

uint64_t weir_breaker_opens_at(const struct weir_breaker *b)
{
    return weir_breaker_state(b) == WEIR_BREAKER_OPEN ? b->opened_at_ms + b->config.open_ms : 0;
}

bool weir_breaker_is_probe(const struct weir_breaker *b)
{
    return weir_breaker_state(b) != WEIR_BREAKER_CLOSED;
}

bool weir_breaker_ready(const struct weir_breaker *b, uint64_t now_ms)
{
    switch (weir_breaker_state(b)) {
    case WEIR_BREAKER_OPEN:
        return now_ms >= weir_breaker_opens_at(b);
    case WEIR_BREAKER_HALF_OPEN:
        return !b->probing;
    case WEIR_BREAKER_CLOSED:
    default:
        return true;
    }
}

bool weir_breaker_allow(struct weir_breaker *b, uint64_t now_ms, uint32_t *ret_ticket)
{
    if (!weir_breaker_ready(b, now_ms))
        return false;
    if (weir_breaker_state(b) == WEIR_BREAKER_OPEN)
        enter(b, WEIR_BREAKER_HALF_OPEN, now_ms);
    b->probing = weir_breaker_state(b) == WEIR_BREAKER_HALF_OPEN;
    *ret_ticket = b->ticket;
    return true;
}

static uint64_t slice_number(const struct weir_breaker *b, uint64_t now_ms)
{
    uint64_t width_ms = b->config.window_ms / WEIR_BREAKER_SLICES;

    return now_ms / (width_ms > 0 ? width_ms : 1);
}

static void note(struct weir_breaker *b, bool failed, uint64_t now_ms)
{
    uint64_t number = slice_number(b, now_ms);
    struct weir_breaker_slice *s = &b->slices[number % WEIR_BREAKER_SLICES];

    if (s->number != number)
        *s = (struct weir_breaker_slice){.number = number};
    s->calls++;
    s->failures += failed ? 1 : 0;
}

static bool too_many(const struct weir_breaker *b, uint64_t now_ms)
{
    const struct weir_breaker_config *c = &b->config;
    uint64_t number = slice_number(b, now_ms);
    uint64_t calls = 0, failures = 0;

    for (size_t i = 0; i < WEIR_BREAKER_SLICES; i++) {
        const struct weir_breaker_slice *s = &b->slices[i];

        if (s->number + WEIR_BREAKER_SLICES > number) {
            calls += s->calls;
            failures += s->failures;
        }
    }
    if (c->failures > 0 && failures >= c->failures)
        return true;
    return c->min_calls > 0 && c->error_rate > 0 && calls >= c->min_calls &&
           (double)failures >= c->error_rate * (double)calls;
}

static void record_probe(struct weir_breaker *b, enum weir_breaker_result result, uint64_t now_ms)
{
    b->probing = false;
    if (result == WEIR_BREAKER_FAILURE)
        enter(b, WEIR_BREAKER_OPEN, now_ms);
    else if (result == WEIR_BREAKER_SUCCESS && ++b->wins >= b->config.successes)
        enter(b, WEIR_BREAKER_CLOSED, now_ms);
}

void weir_breaker_record(struct weir_breaker *b, uint32_t ticket, enum weir_breaker_result result,
                         uint64_t now_ms)
{
    /* Sent before it opened, or before it closed again: counting it would
     * push the cool-down forward, so that a slow upstream is never probed,
     * or charge a recovered one with failures of the outage. */
    if (ticket != b->ticket)
        return;
    if (weir_breaker_state(b) == WEIR_BREAKER_HALF_OPEN) {
        record_probe(b, result, now_ms);
        return;
    }
    if (result == WEIR_BREAKER_NEUTRAL)
        return;
    note(b, result == WEIR_BREAKER_FAILURE, now_ms);
    if (result == WEIR_BREAKER_FAILURE && too_many(b, now_ms))
        enter(b, WEIR_BREAKER_OPEN, now_ms);
}
