/* cold_json.c - the few things that jansson leaves to its users. */
#include "cold_json.h"

#include "weir/buf.h"
#include "weir/clock.h"
#include "weir/text.h"

#include <stdlib.h>

static int append(const char *bytes, size_t n, void *self)
{
    struct weir_buf *b = self;

    weir_buf_add(b, (struct weir_str){bytes, n});
    return b->failed != 0 ? -1 : 0;
}

int weir_json_print(struct weir_arena *a, json_t *value_take, struct weir_str *ret_text)
{
    struct weir_buf b;
    int rc;

    if (value_take == NULL)
        return WEIR_ENOMEM;
    weir_buf_init(&b, a, a->cap_bytes);
    rc = json_dump_callback(value_take, append, &b, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value_take);
    return rc == 0 ? weir_buf_str(&b, ret_text) : WEIR_ENOMEM;
}

/* `s` as a JSON string; what is no UTF-8 in it becomes U+FFFD. NULL: out of
 * memory. */
static json_t *string_of(struct weir_str s)
{
    size_t n = 0, step;
    json_t *value;
    char *mended;

    if (weir_utf8_valid(s))
        return json_stringn(s.n > 0 ? s.p : "", s.n);
    mended = malloc(3 * s.n); /* each byte may become U+FFFD */
    if (mended == NULL)
        return NULL;
    for (size_t i = 0; i < s.n; i += step) {
        step = weir_utf8_seq(weir_str_sub(s, i, SIZE_MAX));
        memcpy(mended + n, step > 0 ? s.p + i : "\xef\xbf\xbd", step > 0 ? step : 3);
        n += step > 0 ? step : 3;
        step = step > 0 ? step : 1;
    }
    value = json_stringn_nocheck(mended, n);
    free(mended);
    return value;
}

void weir_json_set_text(json_t *object, const char *name, struct weir_str value)
{
    (void)json_object_set_new(object, name, string_of(value));
}

void weir_json_set_number(json_t *object, const char *name, uint64_t value)
{
    (void)json_object_set_new(object, name, json_integer((json_int_t)value));
}

void weir_json_set_time(json_t *object, const char *name, uint64_t wall_ms)
{
    char text[25];

    weir_rfc3339(wall_ms, text);
    (void)json_object_set_new(object, name, wall_ms > 0 ? json_string(text) : json_null());
}
