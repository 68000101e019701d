/* sink.h - the parts of `weir sink`: faults to play, envelopes to print. */
#ifndef WEIR_CLI_SINK_H
#define WEIR_CLI_SINK_H

#include "weir/arena.h"

/* ---- sink_faults.c ------------------------------------------------------- */

enum weir_fault_kind {
    WEIR_FAULT_NONE,
    WEIR_FAULT_STATUS,  /* answers with `status` */
    WEIR_FAULT_TIMEOUT, /* answers nothing for a minute, then closes */
    WEIR_FAULT_HANG,    /* answers nothing until the client goes away */
    WEIR_FAULT_RESET    /* closes with a TCP reset */
};

struct weir_fault {
    enum weir_fault_kind kind;
    int status;
    double share; /* of the requests, 0 to 1 */
};

enum { WEIR_MAX_FAULTS = 16 };

struct weir_faults {
    struct weir_fault list[WEIR_MAX_FAULTS];
    size_t n;
};

/* "503:0.3,timeout:0.1,401": kind or status, with the share of the requests
 * that get it, 1 when absent. False when it makes no sense, or the shares are
 * over 1 together. Pure. */
bool weir_parse_faults(struct weir_str spec, struct weir_faults *ret_faults);
/* Which of them a request gets, `draw` being uniform in [0, 1): the shares
 * lie one after the other on that line. Pure. */
struct weir_fault weir_draw_fault(const struct weir_faults *f, double draw);

/* ---- sink_print.c -------------------------------------------------------- */

/* What is known of a request beside its body. */
struct weir_sink_request {
    struct weir_str project, key, path, encoding, user_agent;
    bool store; /* the body is an event, not an envelope */
};

/* Decodes the plain `body` and gives the text to print, with its newline:
 * one line, or with `json` one JSON object with all headers and payloads.
 * ret_id: the event id, or empty. WEIR_EINVAL: it is no envelope; `ret_why` says
 * what is wrong. Any thread. */
int weir_sink_print(struct weir_arena *a, const struct weir_sink_request *r, struct weir_str body,
                    bool json, struct weir_str *ret_text, char ret_id[33],
                    const char **ret_why) WEIR_MUST_CHECK;

#endif
