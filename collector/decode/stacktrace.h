/* stacktrace.h - a stack trace as a runtime prints it, as frames.
 *
 * Python with chained causes, Java and Kotlin (Caused by, Suppressed, "... 12
 * more" filled in), JavaScript and TypeScript, Go (panics, pkg/errors), .NET,
 * Ruby, PHP, Rust. Which it is is judged by the text; the hint (an
 * OpenTelemetry language: python, java, nodejs, go, dotnet ...) decides where
 * the text leaves it open.
 *
 * Frames come out as Sentry has them
 * (https://develop.sentry.dev/sdk/data-model/event-payloads/stacktrace/):
 * innermost last. Exceptions too
 * (https://develop.sentry.dev/sdk/data-model/event-payloads/exception/): the
 * cause before what it caused, the one that was thrown last. Everything
 * points into `text` or the arena; both counts are bounded.
 *
 * Pure; any thread. */
#ifndef WEIR_DECODE_STACKTRACE_H
#define WEIR_DECODE_STACKTRACE_H

#include "weir/decode.h"

enum { WEIR_FRAMES_MAX = 250, WEIR_EXCEPTIONS_MAX = 32 };

struct weir_frame {
    struct weir_str function, module, filename, abs_path, context_line;
    uint32_t line, column; /* from 1; 0: unknown */
    bool library;          /* the text itself tells: runtime or package, not the application */
};

struct weir_thrown {
    struct weir_str type, value, module;
    struct weir_frame *frames;
    size_t n_frames;
    uint32_t omitted; /* frames that were dropped from the middle, behind frame n_frames / 2 */
    int32_t parent;   /* number of the exception that this is the cause of, -1: none */
    bool suppressed;  /* not a cause, but what was thrown beside */
};

struct weir_stacktrace {
    const char *platform; /* Sentry's: python java javascript node go csharp ruby php rust other */
    struct weir_thrown *thrown;
    size_t n;
};

/* WEIR_ENOTFOUND: `text` is no stack trace that is known (the caller keeps it
 * as text); WEIR_ENOMEM. Never reads more than 512 KiB of it. */
int weir_stacktrace_parse(struct weir_arena *a, struct weir_str text, struct weir_str hint,
                          struct weir_stacktrace *ret_trace) WEIR_MUST_CHECK;
/* Sentry's platform of an OpenTelemetry language; "other" for an unknown one. */
const char *weir_stacktrace_platform(struct weir_str language);
/* Appends {"values":[...]}, the `exception` of an event. `type`, `value`: what
 * the record says of the last one beside its trace; they win where given.
 * `handled`: 1, 0, -1 unknown. `mechanism`: its type. */
void weir_stacktrace_write(const struct weir_stacktrace *t, const struct weir_in_app *in_app,
                           struct weir_str type, struct weir_str value, const char *mechanism,
                           int handled, struct weir_buf *out);
/* The same without what is around the exceptions: {...},{...} */
void weir_stacktrace_write_values(const struct weir_stacktrace *t, const struct weir_in_app *in_app,
                                  struct weir_str type, struct weir_str value,
                                  const char *mechanism, int handled, struct weir_buf *out);

#endif
