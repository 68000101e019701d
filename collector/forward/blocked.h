/* blocked.h - is it this delivery, or are our credentials no longer good?
 *
 * 401, 403, 404, 405 and redirects can mean either. So one other delivery is
 * asked as a witness:
 *
 *   FINE --refused, credentials unchanged--> DOUBTED (that one: the suspect)
 *   DOUBTED --witness taken--> FINE, and the suspect is a dead letter
 *           --witness refused alike--> BLOCKED
 *   BLOCKED --probe taken--> FINE, and nobody is a dead letter
 *           --probe refused--> BLOCKED for another `open_ms`
 *
 * A suspect for whom no witness comes goes itself again every `open_ms`. When
 * it is refused again the destination is shown as blocked, since nothing
 * else speaks for it, but the next other delivery still goes at once.
 * Only requests sent after the doubt arose bear witness: what was out before
 * may have been judged with credentials that were good then.
 *
 * Plain data, no clock; the forwarder keeps one gate for each credential
 * (lane.h). Deliveries are told apart by their spool id, which is never 0. */
#ifndef WEIR_FORWARD_BLOCKED_H
#define WEIR_FORWARD_BLOCKED_H

#include <stdbool.h>
#include <stdint.h>

enum weir_gate_state { WEIR_GATE_FINE, WEIR_GATE_DOUBTED, WEIR_GATE_BLOCKED };

struct weir_gate {
    enum weir_gate_state state;
    uint32_t epoch;       /* changes with the state and with the credentials */
    int64_t suspect;      /* DOUBTED: refused first; 0 none */
    bool stubborn;        /* DOUBTED: the suspect was refused again */
    int64_t out;          /* the witness or probe that is under way; 0 none */
    int64_t last_refused; /* not the next probe while another is ready */
    uint64_t again_ms;    /* mono: when the suspect, or the next probe, goes */
};

/* Is the destination to be shown as blocked? */
bool weir_gate_blocked(const struct weir_gate *g);
/* May this delivery go now? */
bool weir_gate_may(const struct weir_gate *g, int64_t id, uint64_t now_ms);
/* When the gate next lets through what it holds back now (mono ms); 0: it
 * holds nothing back, or waits for an answer. */
uint64_t weir_gate_again(const struct weir_gate *g);
/* It goes. The ticket comes back with its answer. */
uint32_t weir_gate_sent(struct weir_gate *g, int64_t id);

enum weir_gate_answer { WEIR_GATE_TAKEN, WEIR_GATE_REFUSED, WEIR_GATE_OTHER };
enum weir_gate_says {
    WEIR_GATE_NOTHING,      /* the answer stands for itself */
    WEIR_GATE_AGAIN,        /* refused: it stays ready, when the gate lets it */
    WEIR_GATE_SUSPECT_DEAD, /* the answer stands, and the suspect is a dead letter */
    WEIR_GATE_NOW_BLOCKED,  /* refused: stays ready; the destination is blocked now */
    WEIR_GATE_NOW_OPEN      /* the answer stands; no longer blocked */
};
/* An answer to a delivery sent with `ticket`. ret_suspect: the id, with
 * WEIR_GATE_SUSPECT_DEAD. */
enum weir_gate_says weir_gate_answer(struct weir_gate *g, uint32_t ticket, int64_t id,
                                     enum weir_gate_answer answer, uint64_t now_ms,
                                     uint32_t open_ms, int64_t *ret_suspect);
/* The credentials changed: everything may be tried again. */
void weir_gate_reset(struct weir_gate *g);
/* The delivery is gone for another reason (expired). */
void weir_gate_forget(struct weir_gate *g, int64_t id);

#endif
