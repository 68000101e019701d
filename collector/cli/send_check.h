/* send_check.h - would weir take this native object? */
#ifndef WEIR_CLI_SEND_CHECK_H
#define WEIR_CLI_SEND_CHECK_H

#include "weir/str.h"

#include <stdbool.h>

/* Decodes it as weir does with native input. What is wrong with it is said on
 * stderr. */
bool weir_send_check(struct weir_str object);

#endif
