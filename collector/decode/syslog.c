/* syslog.c - one message of RFC 5424, or of what RFC 3164 found in use.
 *
 *   <34>1 2003-10-11T22:14:15.003Z web-1 shop 871 ID47 [ex@1 iut="3"] failed
 *   <34>Oct 11 22:14:15 web-1 shop[871]: failed
 *
 * The program is the service, the parameters of structured data are
 * attributes (ex@1/iut) unless their names tell more. Times of the old form
 * have neither year nor zone: the time of arrival stands for them. What is
 * neither form is a message as a whole.
 *
 * Some senders count the bytes as if the datagram were a stream ("43 <34>1
 * ..."), and may put several messages into one. Line breaks may come as #012,
 * as rsyslog writes them: they are undone where that makes a stack trace.
 *
 * https://www.rfc-editor.org/rfc/rfc5424, https://www.rfc-editor.org/rfc/rfc3164,
 * https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1 */
#include "loose_log.h"

#include "weir/clock.h"

enum {
    FACILITY_MAX = 23,
    PARAM_MAX = 64,
    WITHOUT_PRI = 13, /* user.notice */
    COUNT_MAX = 7     /* digits of an octet count, with the blank */
};

/* The text up to a blank, and that blank taken off; "-" is none. */
static struct weir_str token(struct weir_str *rest)
{
    struct weir_str t;

    weir_str_cut(*rest, ' ', &t, rest);
    return weir_str_eq(t, WEIR_S("-")) ? (struct weir_str){NULL, 0} : t;
}

/* <PRI>, taken off. False: there is none. */
static bool priority(struct weir_str *rest, unsigned *ret_priority)
{
    size_t end = weir_str_find(*rest, WEIR_S(">"));
    uint64_t n;

    if (rest->n == 0 || rest->p[0] != '<' || end < 2 || end > 4 ||
        !weir_str_u64(weir_str_sub(*rest, 1, end - 1), &n) || n > FACILITY_MAX * 8 + 7)
        return false;
    *rest = weir_str_sub(*rest, end + 1, SIZE_MAX);
    *ret_priority = (unsigned)n;
    return true;
}

static int attribute(struct weir_loose_log *l, const char *name, struct weir_str text)
{
    return text.n > 0 ? weir_loose_log_attribute(l, weir_str_of(name), WEIR_ATTRIBUTE_TEXT, text)
                      : 0;
}

/* ---- structured data -------------------------------------------------------------- */

/* The value up to its closing quote; \" \\ and \] stand for themselves. */
static struct weir_str value_of(struct weir_arena *a, struct weir_str *rest)
{
    char *p = weir_arena_alloc(a, rest->n + 1);
    size_t i = 0, n = 0;

    for (; i < rest->n && rest->p[i] != '"'; i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n && memchr("\"\\]", rest->p[i + 1], 3) != NULL)
            i++;
        if (p != NULL)
            p[n++] = rest->p[i];
    }
    *rest = weir_str_sub(*rest, i < rest->n ? i + 1 : i, SIZE_MAX);
    return (struct weir_str){p, n};
}

/* name="value", with the blank before it, taken off. WEIR_EINVAL: not so. */
static int parameter(struct weir_loose_log *l, struct weir_str id, struct weir_str *rest)
{
    struct weir_arena *a = l->d->in->arena;
    struct weir_str name, full;
    size_t i;

    for (i = 1; i < rest->n && i <= PARAM_MAX && rest->p[i] != '='; i++)
        ;
    if (i + 1 >= rest->n || rest->p[i] != '=' || rest->p[i + 1] != '"')
        return WEIR_EINVAL;
    name = weir_str_sub(*rest, 1, i - 1);
    *rest = weir_str_sub(*rest, i + 2, SIZE_MAX);
    full = weir_arena_printf(a, "%.*s%c%.*s", WEIR_FMT(id), weir_attribute_separator(id, name, '/'),
                             WEIR_FMT(name));
    return weir_loose_log_text(l, name, full, value_of(a, rest));
}

/* [id name="value" name="value"], taken off as far as it is well-formed. */
static int element(struct weir_loose_log *l, struct weir_str *rest)
{
    struct weir_str id;
    int err = 0;
    size_t i;

    for (i = 1; i < rest->n && rest->p[i] != ' ' && rest->p[i] != ']'; i++)
        ;
    id = weir_str_sub(*rest, 1, i - 1);
    *rest = weir_str_sub(*rest, i, SIZE_MAX);
    if (weir_str_starts(*rest, WEIR_S("]"))) /* it alone says something */
        err = weir_loose_log_attribute(l, id, WEIR_ATTRIBUTE_BOOLEAN, WEIR_S("true"));
    while (err == 0 && rest->n > 0 && rest->p[0] == ' ')
        err = parameter(l, id, rest);
    if (weir_str_starts(*rest, WEIR_S("]")))
        *rest = weir_str_sub(*rest, 1, SIZE_MAX);
    return err == WEIR_EINVAL ? 0 : err;
}

static int structured_data(struct weir_loose_log *l, struct weir_str *rest)
{
    int err = 0;

    if (rest->n == 0 || rest->p[0] != '[') {
        (void)token(rest); /* - */
        return 0;
    }
    while (err == 0 && rest->n > 0 && rest->p[0] == '[')
        err = element(l, rest);
    if (rest->n > 0 && rest->p[0] == ' ')
        *rest = weir_str_sub(*rest, 1, SIZE_MAX);
    return err;
}

/* ---- the two forms ------------------------------------------------------------------- */

static int of_5424(struct weir_loose_log *l, struct weir_str rest)
{
    struct weir_str time = token(&rest), process;
    int err;

    if (!weir_parse_time(time, &l->timestamp))
        l->timestamp = 0;
    l->server_name = token(&rest);
    l->service = token(&rest);
    process = token(&rest);
    err = attribute(l, "process.pid", process);
    if (err == 0)
        err = attribute(l, "syslog.msgid", token(&rest));
    if (err == 0)
        err = structured_data(l, &rest);
    if (weir_str_starts(rest, WEIR_S("\xEF\xBB\xBF")))
        rest = weir_str_sub(rest, 3, SIZE_MAX);
    l->message = rest;
    return err;
}

/* "Oct 11 22:14:15 ", taken off. */
static bool old_time(struct weir_str *rest)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    size_t month = weir_str_find(weir_str_of(months), weir_str_sub(*rest, 0, 3));

    if (rest->n < 16 || month == SIZE_MAX || month % 3 != 0 || rest->p[3] != ' ' ||
        rest->p[6] != ' ' || rest->p[9] != ':' || rest->p[12] != ':' || rest->p[15] != ' ')
        return false;
    *rest = weir_str_sub(*rest, 16, SIZE_MAX);
    return true;
}

/* shop[871]: or shop: - taken off. */
static int tag(struct weir_loose_log *l, struct weir_str *rest)
{
    size_t i = 0, end;
    int err = 0;

    while (i < rest->n && i < 48 && strchr(" :[", rest->p[i]) == NULL)
        i++;
    if (i == 0 || i >= rest->n || rest->p[i] == ' ' || rest->p[i] == '\0')
        return 0;
    end = i;
    if (rest->p[i] == '[') {
        end = weir_str_find(weir_str_sub(*rest, i, SIZE_MAX), WEIR_S("]"));
        if (end == SIZE_MAX)
            return 0;
        end += i;
        err = attribute(l, "process.pid", weir_str_sub(*rest, i + 1, end - i - 1));
        end++;
    }
    l->service = weir_str_sub(*rest, 0, i);
    if (end < rest->n && rest->p[end] == ':')
        end++;
    *rest = weir_str_trim(weir_str_sub(*rest, end, SIZE_MAX));
    return err;
}

/* An ISO time in the old form, as rsyslog forwards it; taken off. */
static bool iso_time(struct weir_str *rest, double *ret_seconds)
{
    struct weir_str time, after;

    weir_str_cut(*rest, ' ', &time, &after);
    if (time.n < 19 || !weir_parse_time(time, ret_seconds))
        return false;
    *rest = after;
    return true;
}

/* The host, taken off. What ends in a colon is the tag of a sender that
 * leaves the host out, as for the local /dev/log. */
static struct weir_str host(struct weir_str *rest)
{
    struct weir_str head, tail;

    weir_str_cut(*rest, ' ', &head, &tail);
    if (head.n == 0 || head.p[head.n - 1] == ':')
        return (struct weir_str){NULL, 0};
    return token(rest);
}

static int of_3164(struct weir_loose_log *l, struct weir_str rest)
{
    int err;

    if (old_time(&rest) || iso_time(&rest, &l->timestamp))
        l->server_name = host(&rest);
    err = tag(l, &rest);
    l->message = rest;
    return err;
}

/* ---- the message -------------------------------------------------------------------- */

/* A text with line breaks for #012 and tabs for #011. */
static struct weir_str unescaped(struct weir_arena *a, struct weir_str s)
{
    char *p = weir_arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; p != NULL && i < s.n; i++) {
        struct weir_str here = weir_str_sub(s, i, 4);
        bool line = weir_str_eq(here, WEIR_S("#012")), tab = weir_str_eq(here, WEIR_S("#011"));

        p[n++] = line ? '\n' : tab ? '\t' : s.p[i];
        i += line || tab ? 3 : 0;
    }
    return (struct weir_str){p, n};
}

/* Its first line is the message when it is a stack trace. */
static void take_trace(struct weir_loose_log *l)
{
    struct weir_str rest, text = l->message;

    if (weir_str_find(text, WEIR_S("#012")) != SIZE_MAX)
        text = unescaped(l->d->in->arena, text);
    if (weir_loose_log_trace(l, text))
        weir_str_cut(text, '\n', &l->message, &rest);
}

static int one(struct weir_decoder *d, struct weir_str rest)
{
    unsigned pri = WITHOUT_PRI;
    struct weir_loose_log l;
    bool has_pri;
    int err;

    weir_loose_log_begin(&l, d);
    has_pri = priority(&rest, &pri);
    l.severity = weir_severity_of_syslog(pri % 8);
    if (has_pri && weir_str_starts(rest, WEIR_S("1 ")))
        err = of_5424(&l, weir_str_sub(rest, 2, SIZE_MAX));
    else
        err = of_3164(&l, rest);
    if (err == 0)
        err = weir_loose_log_attribute(&l, WEIR_S("syslog.facility"), WEIR_ATTRIBUTE_INTEGER,
                                       weir_arena_printf(d->in->arena, "%u", pri / 8));
    take_trace(&l);
    return err != 0 ? err : weir_loose_log_end(&l);
}

static bool is_end(char c)
{
    return c == '\n' || c == '\r' || c == '\0';
}

/* "43 " before "<34>...", taken off: *ret_n is 43. The count may be wrong by
 * what ends a line; one of more bytes than there are is a message's text. */
static bool octet_count(struct weir_str *rest, size_t *ret_n)
{
    struct weir_str digits, after;
    uint64_t n;

    if (!weir_str_cut(weir_str_sub(*rest, 0, COUNT_MAX), ' ', &digits, &after) ||
        !weir_str_u64(digits, &n) || n == 0)
        return false;
    after = weir_str_sub(*rest, digits.n + 1, SIZE_MAX);
    if (!weir_str_starts(after, WEIR_S("<")) || n > after.n + 2)
        return false;
    *rest = after;
    *ret_n = n < after.n ? (size_t)n : after.n;
    return true;
}

static int whole(struct weir_decoder *d, struct weir_str body)
{
    struct weir_str rest = body;
    int err = 0;

    while (err == 0 && rest.n > 0) {
        bool counted;
        size_t n = rest.n;
        struct weir_str frame;

        if (d->result.accepted == d->in->max_items)
            return weir_decode_too_many(d, (size_t)(rest.p - body.p));
        counted = octet_count(&rest, &n);
        frame = weir_str_sub(rest, 0, n);
        rest = weir_str_sub(rest, n, SIZE_MAX);
        while (counted && rest.n > 0 && is_end(rest.p[0]))
            rest = weir_str_sub(rest, 1, SIZE_MAX);
        while (frame.n > 0 && is_end(frame.p[frame.n - 1]))
            frame.n--;
        if (frame.n > 0)
            err = one(d, frame);
    }
    if (err == 0 && d->result.accepted == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "the message is empty", 0);
    return err != 0 ? err : weir_records_end(d);
}

const struct weir_format_ops weir_format_syslog = {.whole = whole};
