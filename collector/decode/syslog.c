/* syslog.c - one message of RFC 5424, or of what RFC 3164 found in use.
 *
 *   <34>1 2003-10-11T22:14:15.003Z web-1 shop 871 ID47 [ex@1 iut="3"] failed
 *   <34>Oct 11 22:14:15 web-1 shop[871]: failed
 *
 * The program is the service, the parameters of structured data are
 * attributes. Times of the old form have neither year nor zone: the time of
 * arrival stands for them. What is neither form is a message as a whole. */
#include "loose_log.h"

#include "weir/clock.h"

enum { FACILITY_MAX = 23, PARAM_MAX = 64, WITHOUT_PRI = 13 /* user.notice */ };

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
    return text.n > 0 ? weir_loose_log_text(l, weir_str_of(name), text) : 0;
}

/* ---- structured data -------------------------------------------------------------- */

/* The value up to its closing quote; \" \\ and \] stand for themselves. */
static struct weir_str value_of(struct weir_arena *a, struct weir_str *rest)
{
    char *p = weir_arena_alloc(a, rest->n + 1);
    size_t i = 0, n = 0;

    for (; i < rest->n && rest->p[i] != '"'; i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n && strchr("\"\\]", rest->p[i + 1]) != NULL)
            i++;
        if (p != NULL)
            p[n++] = rest->p[i];
    }
    *rest = weir_str_sub(*rest, i < rest->n ? i + 1 : i, SIZE_MAX);
    return (struct weir_str){p, n};
}

/* [id name="value" name="value"], taken off as far as it is well-formed. */
static int element(struct weir_loose_log *l, struct weir_str *rest)
{
    int err = 0;
    size_t i;

    for (i = 1; i < rest->n && rest->p[i] != ' ' && rest->p[i] != ']'; i++)
        ;
    *rest = weir_str_sub(*rest, i, SIZE_MAX);
    while (err == 0 && rest->n > 0 && rest->p[0] == ' ') {
        struct weir_str name;

        for (i = 1; i < rest->n && i <= PARAM_MAX && rest->p[i] != '='; i++)
            ;
        if (i + 1 >= rest->n || rest->p[i] != '=' || rest->p[i + 1] != '"')
            return 0;
        name = weir_str_sub(*rest, 1, i - 1);
        *rest = weir_str_sub(*rest, i + 2, SIZE_MAX);
        err = weir_loose_log_text(l, name, value_of(l->d->in->arena, rest));
    }
    if (rest->n > 0 && rest->p[0] == ']')
        *rest = weir_str_sub(*rest, 1, SIZE_MAX);
    return err;
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
    struct weir_str head = weir_str_sub(*rest, 0, 3);

    if (rest->n < 16 || weir_str_find(weir_str_of(months), head) % 3 != 0 || rest->p[3] != ' ' ||
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

static int of_3164(struct weir_loose_log *l, struct weir_str rest)
{
    double ignored;
    int err = 0;

    if (old_time(&rest)) {
        l->server_name = token(&rest);
        err = tag(l, &rest);
    } else {
        struct weir_str time, after;

        /* as rsyslog forwards: an ISO time in the old form */
        weir_str_cut(rest, ' ', &time, &after);
        if (weir_parse_time(time, &ignored)) {
            l->timestamp = ignored;
            rest = after;
            l->server_name = token(&rest);
        }
        err = tag(l, &rest);
    }
    l->message = rest;
    return err;
}

static int whole(struct weir_decoder *d, struct weir_str body)
{
    unsigned pri = WITHOUT_PRI;
    struct weir_loose_log l;
    struct weir_str rest = body;
    bool has_pri;
    int err;

    while (rest.n > 0 &&
           (rest.p[rest.n - 1] == '\n' || rest.p[rest.n - 1] == '\0' || rest.p[rest.n - 1] == '\r'))
        rest.n--;
    if (rest.n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "the message is empty", 0);
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
    if (err == 0 && weir_loose_log_trace(&l, l.message))
        weir_str_cut(l.stacktrace, '\n', &l.message, &rest);
    if (err == 0)
        err = weir_loose_log_end(&l);
    return err != 0 ? err : weir_records_end(d);
}

const struct weir_format_ops weir_format_syslog = {.whole = whole};
