/* version.h - what this binary is. Set by CMake. */
#ifndef WEIR_VERSION_H
#define WEIR_VERSION_H

extern const char weir_version[];       /* "0.1.0" */
extern const char weir_commit[];        /* short hash or "unknown" */
extern const char weir_build_options[]; /* "release lto" */

#endif
