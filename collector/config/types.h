/* types.h - what the readers and writers of values share. */
#ifndef WEIR_CONFIG_TYPES_H
#define WEIR_CONFIG_TYPES_H

#include "settings.h"

/* A scalar with its ${...} replaced. */
struct weir_value {
    struct weir_str text;
    bool secret; /* came from a variable or file */
};

/* False: it is a list or map, or a ${...} failed; said. */
bool weir_take_value(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     struct weir_value *ret);
/* Adds the mistake "KEY must be WHAT, not 'text'" and returns false. What may
 * be a secret is not quoted. */
bool weir_must_be(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                  struct weir_str text, bool secret, const char *what);

/* The setting's field in the struct at `base`; of lists also the count. */
void *weir_field(const struct weir_setting *s, void *base);
const void *weir_field_in(const struct weir_setting *s, const void *base);
size_t weir_field_count(const struct weir_setting *s, const void *base);
void weir_field_set_list(const struct weir_setting *s, void *base, void *list, size_t n);

/* dependencies.c: credentials and query are not shown. */
void weir_write_url(struct weir_buf *b, const struct weir_setting *s, const void *base);
/* NULL, or what completes "must be". */
const char *weir_check_url(struct weir_str s);
/* queue_check.c */
bool weir_read_queue_check(struct weir_loader *l, const struct weir_setting *s,
                           const struct weir_node *n, void *base);
void weir_write_queue_check(struct weir_buf *b, const struct weir_setting *s, const void *base);

/* types_list.c: rows of the table of types. */
bool weir_read_texts(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     void *base);
void weir_write_texts(struct weir_buf *b, const struct weir_setting *s, const void *base);
bool weir_read_numbers(struct weir_loader *l, const struct weir_setting *s,
                       const struct weir_node *n, void *base);
void weir_write_numbers(struct weir_buf *b, const struct weir_setting *s, const void *base);
bool weir_read_cidrs(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     void *base);
void weir_write_cidrs(struct weir_buf *b, const struct weir_setting *s, const void *base);
bool weir_read_tags(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                    void *base);
bool weir_read_names(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     void *base);
bool weir_read_rulesets(struct weir_loader *l, const struct weir_setting *s,
                        const struct weir_node *n, void *base);
void weir_write_pairs(struct weir_buf *b, const struct weir_setting *s, const void *base);
bool weir_read_endpoints(struct weir_loader *l, const struct weir_setting *s,
                         const struct weir_node *n, void *base);
void weir_write_endpoints(struct weir_buf *b, const struct weir_setting *s, const void *base);

#endif
