/* chars.c - the table behind chars.h, written out so that it is constant. */
#include "chars.h"

#define D (WEIR_C_DIGIT | WEIR_C_HEX | WEIR_C_LOCAL | WEIR_C_TOKEN)
#define U (WEIR_C_UPPER | WEIR_C_LOCAL | WEIR_C_TOKEN)
#define L (WEIR_C_LOWER | WEIR_C_LOCAL | WEIR_C_TOKEN)
#define X WEIR_C_HEX
#define T WEIR_C_TOKEN
#define E WEIR_C_LOCAL
#define S WEIR_C_SPACE
#define H8                                                                                     \
    WEIR_C_HIGH, WEIR_C_HIGH, WEIR_C_HIGH, WEIR_C_HIGH, WEIR_C_HIGH, WEIR_C_HIGH, WEIR_C_HIGH, \
        WEIR_C_HIGH

/* clang-format off */
const uint8_t weir_chars[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /*   !  "  #  $  %  &  '  (  )  *  +      ,  -      .      / */
    S, 0, 0, 0, 0, E, 0, 0, 0, 0, 0, E | T, 0, E | T, E | T, T,
    D, D, D, D, D, D, D, D, D, D, /* : ; < = > ? */ 0, 0, 0, T, 0, 0,
    0, U | X, U | X, U | X, U | X, U | X, U | X, U, U, U, U, U, U, U, U, U,
    U, U, U, U, U, U, U, U, U, U, U, /* [ \ ] ^ _ */ 0, 0, 0, 0, E | T,
    0, L | X, L | X, L | X, L | X, L | X, L | X, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, /* { | } ~ */ 0, 0, 0, T, 0,
    H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8,
};
/* clang-format on */

/* `n` hex digits before `i`? */
static bool hex_before(const char *p, size_t i, size_t n)
{
    if (i < n)
        return false;
    for (size_t k = 1; k <= n; k++)
        if (!weir_is(p[i - k], WEIR_C_HEX))
            return false;
    return true;
}

bool weir_escape_before(const char *p, size_t i)
{
    if (i >= 2 && p[i - 2] == '\\')
        return memchr("nrt", p[i - 1], 3) != NULL;
    if (i >= 3 && p[i - 3] == '%')
        return hex_before(p, i, 2);
    if (i >= 4 && p[i - 4] == '\\' && p[i - 3] == 'x')
        return hex_before(p, i, 2);
    return i >= 6 && p[i - 6] == '\\' && p[i - 5] == 'u' && hex_before(p, i, 4);
}

size_t weir_escape(const char *p, size_t i, size_t to)
{
    size_t n = 2;

    if ((p[i] != '%' && p[i] != '\\') || i + 1 >= to)
        return 0;
    if (p[i] == '%')
        n = 3;
    else if (p[i + 1] == 'x')
        n = 4;
    else if (p[i + 1] == 'u')
        n = 6;
    return i + n <= to && weir_escape_before(p, i + n) ? n : 0;
}
