/* upload.h - the bytes of an attempt that has a blob, as curl asks for
 * them: head, blob file, tail, with the file decoded on the way when the
 * destination does not take its encoding. Nothing of the file is held in
 * memory but one buffer.
 *
 * Threads: the forwarder. The codec's state and `fd` are owned until
 * weir_upload_close(). */
#ifndef WEIR_FORWARD_UPLOAD_H
#define WEIR_FORWARD_UPLOAD_H

#include "envelope_out.h"

struct weir_upload_codec;

struct weir_upload {
    struct weir_outgoing out;     /* texts _ref: the attempt's arena */
    enum weir_compression stored; /* encoding of the file */
    int fd;
    uint64_t at; /* bytes given so far */
    size_t head_at, tail_at;
    bool file_done;
    struct weir_upload_codec *codec; /* when out.decode */
};

/* Takes `fd`, at position 0, also when it fails. */
int weir_upload_open(struct weir_upload *b, const struct weir_outgoing *out,
                     enum weir_compression stored, int fd_take) WEIR_MUST_CHECK;
/* Next bytes into `buf`; 0 at the end; SIZE_MAX when the file is damaged or
 * unreadable. */
size_t weir_upload_read(struct weir_upload *b, char *buf, size_t room);
/* From the start again (curl resends on a connection that died). */
int weir_upload_rewind(struct weir_upload *b) WEIR_MUST_CHECK;
/* Accepts one that was never opened but zeroed, with fd -1. */
void weir_upload_close(struct weir_upload *b);

#endif
