/* trace_context.c - which trace a request belongs to, by its headers.
 *
 *   sentry-trace  TRACE-SPAN[-SAMPLED]            32 and 16 hex, 0 or 1
 *   traceparent   00-TRACE-SPAN-FLAGS             bit 0 of FLAGS: sampled
 *   b3            TRACE-SPAN[-SAMPLED[-PARENT]]   or only 0, 1, d
 *   X-B3-...      one header each
 *   x-trace-id... one header each
 *
 * The first form with a trace id wins. 64-bit trace ids (B3) are padded on
 * the left, as W3C and Sentry have 128 bits. Ids of all zeros mean none.
 *
 * https://develop.sentry.dev/sdk/telemetry/traces/,
 * https://www.w3.org/TR/trace-context/, https://github.com/openzipkin/b3-propagation */
#include "weir/decode.h"

#include "decoder.h"

enum { TRACE_HEX = 32, SPAN_HEX = 16 };

static char lower_hex(char c)
{
    if (c >= 'A' && c <= 'F')
        return (char)(c - 'A' + 'a');
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ? c : '\0';
}

struct weir_str weir_hex_id(struct weir_arena *a, struct weir_str s, size_t width)
{
    char hex[TRACE_HEX];
    char *out;
    size_t n = 0;
    bool zero = true;

    s = weir_str_trim(s);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-')
            continue;
        if (n == width || lower_hex(s.p[i]) == '\0')
            return (struct weir_str){0};
        hex[n++] = lower_hex(s.p[i]);
        zero = zero && s.p[i] == '0';
    }
    if (zero || (n != width && (width != TRACE_HEX || n != width / 2)))
        return (struct weir_str){0};
    out = weir_arena_alloc(a, width);
    if (out == NULL)
        return (struct weir_str){0};
    memset(out, '0', width - n);
    memcpy(out + width - n, hex, n);
    return (struct weir_str){out, width};
}

static int sampled_of(struct weir_str s)
{
    s = weir_str_trim(s);
    if (weir_str_eq(s, WEIR_S("1")) || weir_str_eq(s, WEIR_S("d")) ||
        weir_str_eq_nocase(s, WEIR_S("true")))
        return 1;
    return weir_str_eq(s, WEIR_S("0")) || weir_str_eq_nocase(s, WEIR_S("false")) ? 0 : -1;
}

/* Splits at '-' into at most four parts; the rest are empty. */
static void split(struct weir_str s, struct weir_str parts[4])
{
    for (size_t i = 0; i < 4; i++)
        weir_str_cut(s, '-', &parts[i], &s);
}

static void from_dashes(struct weir_arena *a, struct weir_str text, struct weir_trace_context *c)
{
    struct weir_str part[4];

    text = weir_str_trim(text);
    if (memchr(text.n > 0 ? text.p : "", '-', text.n) == NULL) {
        /* b3 alone may be just the decision. */
        if (text.n == 1)
            c->sampled = sampled_of(text);
        return;
    }
    split(text, part);
    c->trace_id = weir_hex_id(a, part[0], TRACE_HEX);
    c->span_id = weir_hex_id(a, part[1], SPAN_HEX);
    c->sampled = sampled_of(part[2]);
    c->parent_span_id = weir_hex_id(a, part[3], SPAN_HEX);
}

static void from_traceparent(struct weir_arena *a, struct weir_str text,
                             struct weir_trace_context *c)
{
    struct weir_str part[4];
    char low;

    split(weir_str_trim(text), part);
    if (part[0].n != 2 || weir_str_eq_nocase(part[0], WEIR_S("ff")) || part[1].n != TRACE_HEX)
        return;
    c->trace_id = weir_hex_id(a, part[1], TRACE_HEX);
    c->span_id = weir_hex_id(a, part[2], SPAN_HEX);
    low = part[3].n == 2 ? lower_hex(part[3].p[1]) : '\0';
    if (low != '\0')
        c->sampled = (low <= '9' ? low - '0' : low - 'a' + 10) & 1;
}

static void from_four(struct weir_arena *a, struct weir_str trace, struct weir_str span,
                      struct weir_str parent, struct weir_str sampled, struct weir_trace_context *c)
{
    c->trace_id = weir_hex_id(a, trace, TRACE_HEX);
    c->span_id = weir_hex_id(a, span, SPAN_HEX);
    c->parent_span_id = weir_hex_id(a, parent, SPAN_HEX);
    c->sampled = sampled_of(sampled);
}

void weir_trace_context(struct weir_arena *a, const struct weir_trace_headers *h,
                        struct weir_trace_context *ret_context)
{
    struct weir_trace_context *c = ret_context;

    *c = (struct weir_trace_context){.sampled = -1};
    for (int form = 0; form < 5 && c->trace_id.n == 0; form++) {
        /* A decision without ids ("b3: 0") holds where nothing else decides;
         * a span without a trace means nothing. */
        int decision = c->sampled;

        *c = (struct weir_trace_context){.sampled = decision};
        if (form == 0)
            from_dashes(a, h->sentry_trace, c);
        else if (form == 1)
            from_traceparent(a, h->traceparent, c);
        else if (form == 2)
            from_dashes(a, h->b3, c);
        else if (form == 3)
            from_four(a, h->b3_trace_id, h->b3_span_id, h->b3_parent_span_id, h->b3_sampled, c);
        else
            from_four(a, h->x_trace_id, h->x_span_id, h->x_parent_span_id, h->x_sampled, c);
        c->sampled = c->sampled >= 0 ? c->sampled : decision;
    }
    if (c->trace_id.n == 0)
        c->span_id = c->parent_span_id = (struct weir_str){0};
}
