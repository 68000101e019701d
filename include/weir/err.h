/* err.h - how functions of weir say that something failed.
 *
 * Functions that can fail return 0 or a negative enum weir_err and are
 * marked WEIR_MUST_CHECK. Where a person must read what happened, the
 * function also takes a place for a text (struct weir_errors in config.h,
 * or a caller's buffer); the code alone never carries input data. */
#ifndef WEIR_ERR_H
#define WEIR_ERR_H

#define WEIR_MUST_CHECK __attribute__((warn_unused_result))
#define WEIR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum weir_err {
    WEIR_OK = 0,
    WEIR_ENOMEM = -1,       /* out of memory, or an arena's cap */
    WEIR_EINVAL = -2,       /* malformed input */
    WEIR_ELIMIT = -3,       /* larger, deeper or more than allowed */
    WEIR_EFULL = -4,        /* queue or spool full */
    WEIR_EIO = -5,          /* disk or socket */
    WEIR_ENOTFOUND = -6,    /* no such thing */
    WEIR_EUNSUPPORTED = -7, /* encoding, type or version unknown */
    WEIR_EAUTH = -8,        /* key missing or wrong */
    WEIR_EBUSY = -9,        /* held by another process, or draining */
    WEIR_EWITHDRAWN = -10   /* the caller gave up before the commit */
};

/* A short constant English text for `err`; never NULL. Any thread. */
const char *weir_strerror(int err);

#endif
