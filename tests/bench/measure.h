/* measure.h - how all benchmarks of one thread take time: the best of several
 * rounds in CPU time, which what else the machine does disturbs least. */
#ifndef WEIR_BENCH_MEASURE_H
#define WEIR_BENCH_MEASURE_H

#include "allocations.h"

#include "weir/arena.h"

#include <time.h>

struct bench; /* each program's own */

/* Of one run, of the best and the last round. */
struct measured {
    double us, allocations;
};

static inline double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* `arena` is reset after each run. */
static inline struct measured measure_best(unsigned rounds, unsigned times,
                                           void (*run)(struct bench *), struct bench *b,
                                           struct weir_arena *arena)
{
    struct measured m = {.us = 1e18};

    for (unsigned round = 0; round < rounds; round++) {
        size_t before = allocations;
        double us = cpu_us();

        for (unsigned i = 0; i < times; i++) {
            run(b);
            weir_arena_reset(arena);
        }
        us = (cpu_us() - us) / times;
        m.us = us < m.us ? us : m.us;
        m.allocations = (double)(allocations - before) / times;
    }
    return m;
}

#endif
