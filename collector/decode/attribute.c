/* attribute.c - looking attributes up, and writing one as a JSON member. */
#include "attribute.h"

bool weir_is_name(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!letter && (i == 0 || c == '\0' || strchr("0123456789_.:/@-", c) == NULL))
            return false;
    }
    return s.n > 0 && s.n <= 100;
}

const struct weir_attribute *weir_attributes_get(const struct weir_attributes *a, const char *key)
{
    struct weir_str wanted = weir_str_of(key);

    for (size_t i = a->n; i-- > 0;) {
        if (weir_str_eq(a->list[i].key, wanted))
            return &a->list[i];
    }
    return NULL;
}

struct weir_str weir_attributes_text(const struct weir_attributes *a, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        const struct weir_attribute *found = weir_attributes_get(a, *keys);

        if (found != NULL && found->text.n > 0)
            return found->text;
    }
    return (struct weir_str){NULL, 0};
}

void weir_attribute_write(struct weir_buf *out, const struct weir_attribute *a)
{
    if (a->kind == WEIR_ATTRIBUTE_TEXT)
        weir_buf_json(out, a->text);
    else
        weir_buf_add(out, a->text.n > 0 ? a->text : WEIR_S("null"));
}

/* A letter, then letters, digits and what joins them. */
static bool is_plain(struct weir_str s)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char also[] = "0123456789.@-/";

    for (size_t i = 0; i < s.n; i++)
        if (memchr(first, s.p[i], sizeof first - 1) == NULL &&
            (i == 0 || memchr(also, s.p[i], sizeof also - 1) == NULL))
            return false;
    return s.n > 0;
}

char weir_attribute_separator(struct weir_str above, struct weir_str key, char usual)
{
    return is_plain(above) && is_plain(key) ? usual : ' ';
}
