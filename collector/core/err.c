/* err.c - constant texts for error codes, so that nobody prints a number. */
#include "weir/err.h"

const char *weir_strerror(int err)
{
    switch (err) {
    case WEIR_OK:
        return "fine";
    case WEIR_ENOMEM:
        return "out of memory";
    case WEIR_EINVAL:
        return "malformed";
    case WEIR_ELIMIT:
        return "over a limit";
    case WEIR_EFULL:
        return "full";
    case WEIR_EIO:
        return "input or output failed";
    case WEIR_ENOTFOUND:
        return "not found";
    case WEIR_EUNSUPPORTED:
        return "unsupported";
    case WEIR_EAUTH:
        return "key missing or wrong";
    case WEIR_EBUSY:
        return "busy";
    case WEIR_EWITHDRAWN:
        return "withdrawn";
    default:
        return "unknown error";
    }
}
