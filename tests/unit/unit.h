/* unit.h - what every unit test needs: cmocka and what must precede it. */
#ifndef WEIR_TESTS_UNIT_H
#define WEIR_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Same text? Prints both when not. `expect` is a C string. */
#define assert_str_equal(got, expect)                                                   \
    do {                                                                                \
        struct weir_str got_ = (got);                                                   \
        struct weir_str expect_ = weir_str_of(expect);                                  \
        if (!weir_str_eq(got_, expect_))                                                \
            fail_msg("got '%.*s', expected '%.*s'", WEIR_FMT(got_), WEIR_FMT(expect_)); \
    } while (0)

#endif
