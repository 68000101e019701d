/* answer.h - bodies of answers: the two forms of contract 3.
 *
 *   Sentry:  {"detail":"...","causes":["..."]}
 *   native:  {"errors":[{"id","status","code","title","detail","source","meta"}]}
 *            {"data":...,"meta":{...},"links":{"self":...}}
 *
 * Text is constant or configured; what the client sent is never echoed but
 * for the path in links.self. Memory: the request's arena; when that is
 * used up the answer keeps its status and loses its body. */
#ifndef WEIR_LISTEN_ANSWER_H
#define WEIR_LISTEN_ANSWER_H

#include "weir/decode.h"
#include "weir/http_types.h"

/* Appends a header; beyond the answer's room it is dropped. */
void weir_answer_header(struct weir_http_answer *answer, const char *name, struct weir_str value);
/* Retry-After in whole seconds, rounded up, at least 1. */
void weir_answer_retry(struct weir_arena *a, uint64_t wait_ms, struct weir_http_answer *answer);

/* weir_http_error() with more to say: `cause` and `pointer` may be NULL. */
void weir_answer_error(const struct weir_http_request *r, enum weir_route_class class, int status,
                       const char *detail, const char *cause, const char *pointer,
                       struct weir_http_answer *answer);
/* What ingest answers when all went well, by format. `made_id` (may be empty)
 * stands in where the envelope named no event id. */
void weir_answer_accepted(const struct weir_http_request *r, enum weir_format f,
                          const struct weir_decode_result *result, struct weir_str made_id,
                          struct weir_http_answer *answer);

#endif
