#!/bin/sh
# charge: the third of three services, with nc. WEIR_HOST and WEIR_PORT are weir's UDP, TRACEPARENT is of the caller.
# -q0: nc ends when all is sent (-w0 would end it before, when the pipe is slow).
trace=$(echo "$TRACEPARENT" | cut -d- -f2)
say() {
    printf '{"type":"breadcrumb","project":"42","service":"charge","trace_id":"%s","message":"%s","timestamp":%s}' \
        "$trace" "$1" "$(date +%s.%N)" | nc -u -q0 "$WEIR_HOST" "$WEIR_PORT"
}
say "the bank refused card 4111 1111 1111 1111"
exit 1
