/* values.h - the small languages of configuration values.
 *
 * Pure functions from text to value, shared by the settings' types and by
 * the printer, which writes what the parser reads. Any thread. */
#ifndef WEIR_CONFIG_VALUES_H
#define WEIR_CONFIG_VALUES_H

#include "weir/config.h"

/* "100ms", "5s", "2m", "1h", "1d", or "0". False on anything else. */
bool weir_parse_duration(struct weir_str s, uint64_t *ret_ms);
/* "64KiB", "1MiB", "2GiB", "1TiB", "512B", or bytes without a unit. */
bool weir_parse_size(struct weir_str s, uint64_t *ret_bytes);
/* A decimal number of 0 or more, such as "2" or "0.25". */
bool weir_parse_number(struct weir_str s, double *ret_value);
/* A number, or a percentage ("50%" is 0.5). */
bool weir_parse_ratio(struct weir_str s, double *ret_value);
/* "true" or "false" (also yes, no, on, off). */
bool weir_parse_bool(struct weir_str s, bool *ret_value);
/* "HOST:PORT", "[::1]:8137", ":8137" (every IPv4 address). Without
 * `use_dns` only numeric hosts and localhost. Empty text: not set. On
 * failure `why` is a constant text that completes "must be". */
bool weir_parse_address(struct weir_str s, bool use_dns, struct weir_address *ret_address,
                        const char **why);
/* "https://HOST[:PORT][/PREFIX][ weight=N]"; ret_endpoint points into `s`. */
bool weir_parse_endpoint(struct weir_str s, struct weir_endpoint *ret_endpoint, const char **why);

/* The shortest way to write a value so that it reads back the same. */
void weir_write_duration(struct weir_buf *b, uint64_t ms);
void weir_write_size(struct weir_buf *b, uint64_t bytes);
void weir_write_cidr(struct weir_buf *b, const struct weir_cidr *c);

#endif
