/* blocked.c - see blocked.h for the states. */
#include "blocked.h"

static void enter(struct weir_gate *g, enum weir_gate_state state, int64_t suspect,
                  uint64_t again_ms)
{
    g->state = state;
    g->epoch++;
    g->suspect = suspect;
    g->stubborn = false;
    g->out = 0;
    g->again_ms = again_ms;
}

bool weir_gate_blocked(const struct weir_gate *g)
{
    return g->state == WEIR_GATE_BLOCKED || g->stubborn;
}

bool weir_gate_may(const struct weir_gate *g, int64_t id, uint64_t now_ms)
{
    if (g->state == WEIR_GATE_FINE)
        return true;
    if (g->out != 0)
        return false;
    if (g->state == WEIR_GATE_DOUBTED && id != g->suspect)
        return true;
    return now_ms >= g->again_ms;
}

uint64_t weir_gate_again(const struct weir_gate *g)
{
    return g->state == WEIR_GATE_FINE || g->out != 0 ? 0 : g->again_ms;
}

uint32_t weir_gate_sent(struct weir_gate *g, int64_t id)
{
    if (g->state != WEIR_GATE_FINE)
        g->out = id;
    return g->epoch;
}

static enum weir_gate_says answer_doubted(struct weir_gate *g, int64_t id,
                                          enum weir_gate_answer answer, uint64_t now_ms,
                                          uint32_t open_ms, int64_t *ret_suspect)
{
    int64_t suspect = g->suspect;

    if (answer == WEIR_GATE_REFUSED && id == suspect) {
        bool first = !g->stubborn;

        g->stubborn = true;
        g->again_ms = now_ms + open_ms;
        return first ? WEIR_GATE_NOW_BLOCKED : WEIR_GATE_AGAIN;
    }
    if (answer == WEIR_GATE_REFUSED) {
        enter(g, WEIR_GATE_BLOCKED, 0, now_ms + open_ms);
        g->last_refused = id;
        return WEIR_GATE_NOW_BLOCKED;
    }
    if (id == suspect) {
        bool shown = g->stubborn;

        enter(g, WEIR_GATE_FINE, 0, 0);
        return shown ? WEIR_GATE_NOW_OPEN : WEIR_GATE_NOTHING;
    }
    enter(g, WEIR_GATE_FINE, 0, 0);
    *ret_suspect = suspect;
    return WEIR_GATE_SUSPECT_DEAD;
}

static enum weir_gate_says answer_blocked(struct weir_gate *g, int64_t id,
                                          enum weir_gate_answer answer, uint64_t now_ms,
                                          uint32_t open_ms)
{
    if (answer == WEIR_GATE_REFUSED) {
        g->again_ms = now_ms + open_ms;
        g->last_refused = id;
        return WEIR_GATE_AGAIN;
    }
    enter(g, WEIR_GATE_FINE, 0, 0);
    return WEIR_GATE_NOW_OPEN;
}

static enum weir_gate_says answer_fine(struct weir_gate *g, int64_t id,
                                       enum weir_gate_answer answer, uint64_t now_ms,
                                       uint32_t open_ms)
{
    if (answer != WEIR_GATE_REFUSED)
        return WEIR_GATE_NOTHING;
    enter(g, WEIR_GATE_DOUBTED, id, now_ms + open_ms);
    g->last_refused = id;
    return WEIR_GATE_AGAIN;
}

enum weir_gate_says weir_gate_answer(struct weir_gate *g, uint32_t ticket, int64_t id,
                                     enum weir_gate_answer answer, uint64_t now_ms,
                                     uint32_t open_ms, int64_t *ret_suspect)
{
    if (ticket != g->epoch)
        return answer == WEIR_GATE_REFUSED ? WEIR_GATE_AGAIN : WEIR_GATE_NOTHING;
    if (g->out == id)
        g->out = 0;
    if (g->state == WEIR_GATE_FINE)
        return answer_fine(g, id, answer, now_ms, open_ms);
    if (answer == WEIR_GATE_OTHER) {
        /* A 503 or a 429 says nothing about the credentials. A blocked
         * destination is left alone for a while all the same. */
        if (g->state == WEIR_GATE_BLOCKED)
            g->again_ms = now_ms + open_ms;
        return WEIR_GATE_NOTHING;
    }
    if (g->state == WEIR_GATE_DOUBTED)
        return answer_doubted(g, id, answer, now_ms, open_ms, ret_suspect);
    return answer_blocked(g, id, answer, now_ms, open_ms);
}

void weir_gate_reset(struct weir_gate *g)
{
    enter(g, WEIR_GATE_FINE, 0, 0);
    g->last_refused = 0;
}

void weir_gate_forget(struct weir_gate *g, int64_t id)
{
    if (g->state == WEIR_GATE_DOUBTED && g->suspect == id)
        enter(g, WEIR_GATE_FINE, 0, 0);
    else if (g->out == id)
        g->out = 0;
}
