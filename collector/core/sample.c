/* sample.c - shares drawn by a mixed hash of the trace id. */
#include "weir/sample.h"
#include "weir/text.h"

bool weir_sample_keep(double rate, uint64_t draw)
{
    /* 53 bits: what a double holds exactly. */
    return (double)(draw >> 11) * 0x1p-53 < rate;
}

/* SplitMix64's finaliser: public domain, S. Vigna. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Both halves of the id, mixed. Ids may be time ordered, so their bits are no
 * draw by themselves. */
uint64_t weir_sample_draw(struct weir_str trace_id)
{
    uint8_t bytes[16] = {0};
    uint64_t x = 0;

    if (trace_id.n != 32 || !weir_unhex(trace_id, bytes))
        return 0;
    for (size_t i = 0; i < 8; i++)
        x = x << 8 | (uint64_t)(bytes[i] ^ bytes[i + 8]);
    return mix(x);
}

uint64_t weir_sample_draw_tail(struct weir_str trace_id)
{
    uint64_t draw = weir_sample_draw(trace_id);

    return draw == 0 ? 0 : mix(draw + 0x9e3779b97f4a7c15u);
}
