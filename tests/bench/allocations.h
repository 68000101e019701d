/* allocations.h - counts calls of malloc in a benchmark: all of them, and
 * those made by our own code (called from this program, not from a library).
 * Include it in one file of a program; without effect under a sanitizer,
 * which brings its own malloc. Any thread. */
#ifndef WEIR_BENCH_ALLOCATIONS_H
#define WEIR_BENCH_ALLOCATIONS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Not every program looks at both. */
__attribute__((unused)) static atomic_size_t allocations, allocations_ours;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
extern const char __executable_start[], etext[];

static void count_call(const void *from)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    if ((uintptr_t)from >= (uintptr_t)__executable_start && (uintptr_t)from < (uintptr_t)etext)
        atomic_fetch_add_explicit(&allocations_ours, 1, memory_order_relaxed);
}

void *malloc(size_t n)
{
    count_call(__builtin_return_address(0));
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    count_call(__builtin_return_address(0));
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    count_call(__builtin_return_address(0));
    return __libc_realloc(p, n);
}
#endif

#endif
