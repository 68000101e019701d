/* blobs.h - the files beside the database: items too large for a row.
 *
 * A blob is written by a worker (blob.c) before the delivery that names it is
 * submitted, fsynced by the spool thread before the commit, and deleted after
 * the commit that took its delivery away. What no row names at the start is
 * left over from a request that was never committed. In memory, blobs are
 * memfds (memory.c). */
#ifndef WEIR_SPOOL_BLOBS_H
#define WEIR_SPOOL_BLOBS_H

#include "internal.h"

/* Makes the directory and opens it. On disk only. */
int weir_blobs_open(struct weir_spool *s) WEIR_MUST_CHECK;
/* A new empty file with a name of its own, for writing. Any thread. */
int weir_blobs_create(struct weir_spool *s, char ret_name[40], int *ret_fd) WEIR_MUST_CHECK;
void weir_blobs_unlink(struct weir_spool *s, const char *name);
/* To the disk, before the commit. WEIR_EIO notes the fault in the db. */
int weir_blobs_sync(struct weir_spool *s, const struct weir_blob *b) WEIR_MUST_CHECK;
/* The directory too, when a blob was synced since. */
int weir_blobs_sync_dir(struct weir_spool *s) WEIR_MUST_CHECK;
/* Deletes `name` after the commit. */
void weir_blobs_unlink_later(struct weir_spool *s, struct weir_str name);
void weir_blobs_unlink_now(struct weir_spool *s);
/* At the start: files without a row go; rows without their file are counted
 * dropped{reason="damaged"}. */
int weir_blobs_reconcile(struct weir_spool *s) WEIR_MUST_CHECK;

/* memory.c */
int weir_memory_blob_create(struct weir_spool *s, const char *name, int *ret_fd) WEIR_MUST_CHECK;
int weir_memory_blob_open(struct weir_spool *s, const char *name, int *ret_fd) WEIR_MUST_CHECK;
void weir_memory_blob_delete(struct weir_spool *s, const char *name);
void weir_memory_blob_free_all(struct weir_spool *s);

#endif
