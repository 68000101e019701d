/* member.c - the few lines that all writers of JSON objects share. */
#include "member.h"

void weir_member_comma(struct weir_buf *out)
{
    char last = out->n > 0 ? out->p[out->n - 1] : '{';

    if (last != '{' && last != '[')
        weir_buf_char(out, ',');
}

void weir_member(struct weir_buf *out, struct weir_str name)
{
    weir_member_comma(out);
    weir_buf_json(out, name);
    weir_buf_char(out, ':');
}

void weir_member_text(struct weir_buf *out, const char *name, struct weir_str text)
{
    if (text.n == 0)
        return;
    weir_member(out, weir_str_of(name));
    weir_buf_json(out, text);
}

size_t weir_member_open(struct weir_buf *out, const char *name)
{
    size_t before = out->n;

    weir_member(out, weir_str_of(name));
    weir_buf_char(out, '{');
    return before;
}

void weir_member_close(struct weir_buf *out, size_t opened)
{
    if (out->n > 0 && out->p[out->n - 1] == '{')
        out->n = opened;
    else
        weir_buf_char(out, '}');
}
