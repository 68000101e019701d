/* schema.h - what the fields of the documents mean.
 *
 * A table of paths for each kind of document, compiled once into a trie. A
 * node has the types by which selectors name it ($frame, $user) and a class
 * that says how much of the rules applies to its value:
 *
 *   TEXT  anything a sender put there: all rules
 *   CODE  source code: all rules, but only quoted literals count as values
 *   NAME  names, versions, releases, file names: only detectors that cannot
 *         mistake one for personal data, and rules whose selector names it
 *   VERSION  releases and versions: as NAME, but digits alone tell nothing
 *   ID    ids, times, addresses of code: as long as they look like it,
 *         nothing but rules whose selector names it; else as TEXT
 *   KEEP  nothing
 *   META  the sender's own _meta: detectors, but keys say nothing
 *
 * What the table does not know is TEXT. Constant after the first use; any
 * thread. */
#ifndef WEIR_SCRUB_SCHEMA_H
#define WEIR_SCRUB_SCHEMA_H

#include "weir/scrub.h"

enum weir_class {
    WEIR_CLASS_TEXT,
    WEIR_CLASS_CODE,
    WEIR_CLASS_NAME,
    WEIR_CLASS_VERSION,
    WEIR_CLASS_ID,
    WEIR_CLASS_KEEP,
    WEIR_CLASS_META,
    WEIR_CLASSES
};

struct weir_field {
    uint32_t types;
    uint8_t cls;   /* enum weir_class */
    bool deep;     /* what is below has the same class unless it is listed */
    bool listed;   /* the table says its class; else that of what is above goes on */
    bool frame;    /* has fields of its own: only rules that name it take it whole */
    bool pairs;    /* a list of lists of a key and a value stands for an object */
    uint16_t star; /* node of a key or index that is not listed, 0: none */
    uint16_t link; /* node whose children are ours too, 0: none */
};

/* Node 0 is the field that nobody listed. */
const struct weir_field *weir_schema_node(uint16_t node);
uint16_t weir_schema_root(enum weir_scrub_kind kind);
/* The number of a key that the table names, else 0. */
uint16_t weir_schema_key(struct weir_str key);
/* The child of `node` under a key with that number; array elements: 0. */
uint16_t weir_schema_child(uint16_t node, uint16_t key);
/* Does a value of class ID look like one: hex, a UUID, a time? */
bool weir_looks_like_id(struct weir_str s);

#endif
