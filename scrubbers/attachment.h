/* attachment.h - what a payload is, by its bytes (private to scrubbers/). */
#ifndef WEIR_SCRUB_ATTACHMENT_H
#define WEIR_SCRUB_ATTACHMENT_H

#include "weir/str.h"

enum weir_content {
    WEIR_CONTENT_TEXT,
    WEIR_CONTENT_JSON, /* as far as its first character tells */
    WEIR_CONTENT_MINIDUMP,
    WEIR_CONTENT_BINARY
};

enum weir_content weir_content_of(struct weir_str in);

#endif
