/* name.c - letters of many scripts, their case, and the words that are no names. */
#include "name.h"

#include "chars.h"

#include "weir/text.h"

#include <pthread.h>

enum letter { NO_LETTER, LOWER, UPPER, CASELESS };

/* Blocks of letters of two bytes: Latin-1 to Latin Extended-B, the small
 * letters and accents that follow these (Azeri, decomposed text), Greek,
 * Cyrillic. In some, capitals and small letters alternate; the first block
 * that holds a letter decides. */
static const struct block {
    uint16_t first, last;
    enum letter even, odd;
} blocks[] = {
    {0xC0, 0xD6, UPPER, UPPER},         {0xD8, 0xDE, UPPER, UPPER},   {0xDF, 0xF6, LOWER, LOWER},
    {0xF8, 0xFF, LOWER, LOWER},         {0x100, 0x138, UPPER, LOWER}, {0x139, 0x148, LOWER, UPPER},
    {0x149, 0x177, UPPER, LOWER},       {0x178, 0x178, UPPER, UPPER}, {0x179, 0x17E, LOWER, UPPER},
    {0x18F, 0x18F, UPPER, UPPER},       {0x17F, 0x1CC, UPPER, LOWER}, {0x1CD, 0x1DC, LOWER, UPPER},
    {0x1DD, 0x24F, UPPER, LOWER},       {0x250, 0x2AF, LOWER, LOWER}, {0x300, 0x36F, LOWER, LOWER},
    {0x386, 0x3AB, UPPER, UPPER},       {0x3AC, 0x3FF, LOWER, LOWER}, {0x400, 0x42F, UPPER, UPPER},
    {0x430, 0x45F, LOWER, LOWER},       {0x460, 0x481, UPPER, LOWER}, {0x48A, 0x52F, UPPER, LOWER},
    {0x531, 0x7FF, CASELESS, CASELESS},
};

static enum letter two_bytes(uint32_t c)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (c >= blocks[i].first && c <= blocks[i].last)
            return (c & 1) == 0 ? blocks[i].even : blocks[i].odd;
    return NO_LETTER;
}

static enum letter three_bytes(uint32_t c)
{
    if (c >= 0x1E00 && c <= 0x1EFF) /* Vietnamese */
        return (c & 1) == 0 ? UPPER : LOWER;
    if ((c >= 0x900 && c <= 0x1FFF) || c == 0x3005 || (c >= 0x3041 && c <= 0x30FF) ||
        (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3))
        return c == 0x30FB ? NO_LETTER : CASELESS;
    return NO_LETTER;
}

/* The value of two or four hex digits at `p`, 0: others stand among them. */
static uint32_t hex_value(const char *p, size_t n)
{
    uint8_t bytes[2];

    if (!weir_unhex((struct weir_str){p, n}, bytes))
        return 0;
    return n == 2 ? bytes[0] : (uint32_t)bytes[0] << 8 | bytes[1];
}

/* A letter that JSON or a URL spells out: \u00e9, %C3%A9, %E1%BA%BF. */
static enum letter escaped(const char *p, size_t i, size_t to, size_t *ret_n)
{
    uint32_t c = 0, lead;

    *ret_n = 6;
    if (to - i < 6)
        return NO_LETTER;
    if (p[i] == '\\')
        c = p[i + 1] == 'u' ? hex_value(p + i + 2, 4) : 0;
    lead = p[i] == '%' && p[i + 3] == '%' ? hex_value(p + i + 1, 2) : 0;
    if (lead >= 0xC3 && lead < 0xE0) {
        c = (lead & 0x1F) << 6 | (hex_value(p + i + 4, 2) & 0x3F);
    } else if (lead >= 0xE0 && lead < 0xF0 && to - i >= 9 && p[i + 6] == '%') {
        *ret_n = 9;
        c = (lead & 0x0F) << 12 | (hex_value(p + i + 4, 2) & 0x3F) << 6 |
            (hex_value(p + i + 7, 2) & 0x3F);
    }
    return c < 0xC0 ? NO_LETTER : c < 0x800 ? two_bytes(c) : three_bytes(c);
}

/* The letter at `i` and its length. */
static enum letter letter_at(const char *p, size_t i, size_t to, size_t *ret_n)
{
    uint8_t c = (uint8_t)p[i];

    *ret_n = 1;
    if (c == '%' || c == '\\')
        return escaped(p, i, to, ret_n);
    if (c < 0x80)
        return weir_is(p[i], WEIR_C_UPPER)   ? UPPER
               : weir_is(p[i], WEIR_C_LOWER) ? LOWER
                                             : NO_LETTER;
    if (c >= 0xC3 && c < 0xE0 && i + 1 < to) {
        *ret_n = 2;
        return two_bytes((uint32_t)(c & 0x1F) << 6 | ((uint8_t)p[i + 1] & 0x3F));
    }
    if (c >= 0xE0 && c < 0xF0 && i + 2 < to) {
        *ret_n = 3;
        return three_bytes((uint32_t)(c & 0x0F) << 12 | (uint32_t)((uint8_t)p[i + 1] & 0x3F) << 6 |
                           ((uint8_t)p[i + 2] & 0x3F));
    }
    return NO_LETTER;
}

/* An apostrophe or hyphen between two letters: its length. */
static size_t inner_mark(const char *p, size_t i, size_t to)
{
    static const char *const marks[] = {
        "'",     "-",   "\xE2\x80\x99", "\xE2\x80\x90", "\xE2\x80\x91", "\xC2\xB7", "\xE3\x83\xBB",
        "&#39;", "\\'", "%27",          "\xCA\xBC",     "\xCA\xBB"};

    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
        size_t n = strlen(marks[k]), letter;

        if (to - i > n && memcmp(p + i, marks[k], n) == 0 &&
            letter_at(p, i + n, to, &letter) != NO_LETTER)
            return n;
    }
    return 0;
}

/* clang-format off */
static const char *const particles[] = {
    "van", "von", "vom", "der", "den", "de", "del", "dela", "della", "delle", "dei", "degli", "di",
    "da", "do", "dos", "das", "du", "des", "la", "le", "los", "las", "el", "al", "bin", "bint",
    "ibn", "ben", "abu", "ter", "ten", "te", "zu", "zum", "zur", "af", "av", "y", "e", "i", "op",
    "het", "san", "st", "und", NULL};
static const char *const titles[] = {
    "mr", "mrs", "ms", "miss", "mx", "dr", "dra", "prof", "professor", "herr", "herrn", "frau",
    "monsieur", "madame", "mme", "mlle", "dott", "sr", "sra", "srta", "sig", "signor", "signora",
    "sir", "don", "dhr", "mevr", "lady", "lord", "rev", "señor", "señora", "dipl", "ing", NULL};
/* Words with a capital that are no names; of those that are both (Page, Bill,
 * Grant) the ones that logs use far more often. */
static const char *const stops[] = {
    "account", "accounts", "action", "active", "activity", "added", "address", "admin",
    "administrator", "agent", "alert", "all", "already", "amount", "an", "and", "anonymous", "any",
    "api", "app", "application", "are", "as", "asset", "assistant", "at", "attempt", "auth",
    "authentication", "authorization", "backend", "bad", "bank", "base", "basic", "batch", "be",
    "billing", "blocked", "bot", "bucket", "business", "by", "cache", "call", "can", "cannot",
    "card", "care", "cart", "center", "centre", "change", "channel", "check", "checkout", "class",
    "client", "cloud", "code", "com", "company", "component", "config", "configuration",
    "confirmed", "connection", "console", "contact", "context", "control", "controller", "cookie",
    "could", "count", "create", "created", "credit", "customer", "customers", "dashboard", "data",
    "database", "date", "db", "default", "delete", "deleted", "delivery", "demo", "denied", "desk",
    "details", "device", "did", "disabled", "does", "domain", "email", "empty", "enabled",
    "engine", "entity", "error", "errors", "event", "everyone", "exception", "exists", "expired",
    "export", "external", "failed", "failure", "false", "feature", "field", "file", "filter",
    "first", "folk", "folks", "for", "format", "found", "free", "friend", "from", "frontend",
    "full", "function", "gateway", "gold", "group", "guest", "had", "handler", "has", "have", "he",
    "help", "her", "hiring", "him", "his", "history", "host", "http", "https", "id", "identifier",
    "identity", "if", "import", "in", "inactive", "index", "info", "information", "input",
    "instance", "interface", "internal", "invalid", "invoice", "is", "it", "item", "its", "job",
    "json", "key", "kernel", "last", "level", "license", "limit", "line", "list", "load", "local",
    "location", "log", "logged", "login", "logout", "lookup", "mail", "main", "management",
    "manager", "message", "method", "migration", "missing", "mobile", "mode", "model",
    "module", "monitor", "must", "my", "name", "network", "new", "no", "node", "none", "normal",
    "not", "notification", "null", "number", "object", "of", "offer", "office", "ok", "on", "one",
    "online", "only", "operation", "operator", "or", "order", "orders", "other", "our", "out",
    "owner", "package", "page", "panel", "parser", "password", "patient", "pay", "payment",
    "payments", "pending", "permission", "phone", "pipeline", "plan", "platform", "please",
    "policy", "pool", "portal", "post", "preferences", "premium", "private", "pro",
    "process", "processing", "processor", "product", "production", "profile", "program",
    "project", "property", "provider", "proxy", "public", "push", "query", "queue", "rate", "read",
    "receipt", "record", "recipient", "records", "redis", "refund", "registration", "relations",
    "remote", "report", "request", "required", "resource", "response", "result", "retry",
    "returned", "review", "role", "root", "route", "router", "rule", "runtime", "said", "sales",
    "sample", "schema", "score", "search", "security", "segment", "self", "send", "server",
    "service", "services", "session", "settings", "setup", "she", "shipment", "shipping", "should",
    "silver", "site", "some", "sql", "standard", "state", "status", "storage", "store", "stream",
    "string", "success", "successfully", "summary", "support", "sync", "system", "table", "task",
    "team", "template", "test", "that", "the", "their", "there", "they", "this", "thread", "tier",
    "time", "timeout", "to", "token", "tool", "trace", "traffic", "transaction", "true", "type",
    "ui", "undefined", "unknown", "update", "updated", "upload", "url", "user", "username",
    "users", "uuid", "valid", "value", "verification", "version", "view", "was", "web", "webhook",
    "were", "window", "with", "worker", "workflow", "world", "would", "write", "you",
    "your", "zone", "sir", "madam", "colleague", "colleagues", "hiring", "valued", "sirs",
    "damen", "herren", "kundin", "kunde", "team", "info", "warn", "warning", "debug", "fatal",
    "critical", "trying", "using", "while", "when", "where", "who", "what", "why", "how", "which",
    "american", "european", "republican", "democrat", "congress", "monday", "tuesday",
    "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "october",
    "november", "december", "android", "iphone", "windows", "linux", "chrome", "firefox",
    "safari", "java", "python", "google", "amazon", "microsoft", "apple", "facebook", "stripe",
    "paypal", "visa", "mastercard", "inc", "ltd", "gmbh", "llc", "corp", "filtered", "redacted",
    "because", "before", "after", "during", "into", "over", "under", "about", "tv", "pm", "us",
    "enterprise", "trial", "tenant", "lifecycle", "experience", "success", "journey", "loyalty",
    "satisfaction", "insights", "analytics", "engagement", "interaction", "hub", "master",
    "repository", "factory", "builder", "adapter", "listener", "context", "principal", "details",
    "story", "interface", "agreement", "guide", "manual", "feedback", "input", "defined", "scope",
    "datagram", "protocol", "activation", "deactivation", "onboarding", "facing", "nicht", "wurde",
    "ist", "hat", "mit", "introuvable", "pas", "non", "est", "no", "fue", "ha", "kein", "keine",
    "konto", "compte", "cuenta", "validation", "creation", "deletion", "lookup", "mapper",
    "software", "engineer", "developer", "analyst", "director", "architect", "consultant",
    "designer", "intern", "exporter", "importer", "dto", "dao", "impl", "enum", "entity", "resolver", "serializer", "retries", "views", "connections", "length", "size", "attempts",
    NULL};
/* clang-format on */

/* A capital behind a small letter is how code spells, and MacDonald, DeVito,
 * LaRue: the heads of such names. */
static bool camel(const char *p, size_t start, size_t i)
{
    static const char *const heads[] = {"Mc",  "Mac", "De",   "Di",  "Du", "La",     "Le",
                                        "Van", "Von", "Fitz", "Del", "St", "Vander", "Mc'"};
    size_t n = i - start;

    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        if (strlen(heads[k]) == n && memcmp(p + start, heads[k], n) == 0)
            return false;
    return true;
}

struct shape {
    size_t letters, lower, upper;
    bool code, caseless;
};

/* Past the letters of a word, its marks included. */
static size_t word_end(const char *p, size_t i, size_t to, struct shape *shape)
{
    size_t part = i, start = i;
    enum letter last = NO_LETTER;

    while (i < to && i - start < 64) {
        size_t n;
        enum letter kind = letter_at(p, i, to, &n);

        if (kind == NO_LETTER) {
            n = i > start ? inner_mark(p, i, to) : 0;
            if (n == 0)
                break;
            part = i + n;
            i += n;
            last = NO_LETTER;
            continue;
        }
        shape->code = shape->code || (kind == UPPER && last == LOWER && camel(p, part, i));
        shape->letters++;
        shape->lower += kind == LOWER;
        shape->upper += kind == UPPER;
        shape->caseless = shape->caseless || kind == CASELESS;
        last = kind;
        i += n;
    }
    return i;
}

static unsigned case_of(const struct shape *shape, bool capital)
{
    unsigned flags = capital ? WEIR_NAME_CAPITAL : 0;

    if (shape->caseless)
        flags |= WEIR_NAME_CASELESS;
    else if (!capital)
        flags |= WEIR_NAME_LOWER;
    if (shape->code)
        flags |= WEIR_NAME_CODE;
    if (shape->lower == 0 && shape->upper > 1)
        flags |= WEIR_NAME_SHOUT;
    return flags;
}

/* The lists as one table by hash, made once: each word of a text that may
 * hold a name is asked about. */
enum { PLACES = 2048, LONGEST = 24 };

static struct place {
    const char *text; /* NULL: empty */
    unsigned flags;
} places[PLACES];

static uint32_t hash_of(const char *p, size_t n)
{
    uint32_t h = 2166136261U;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)weir_lower(p[i])) * 16777619U;
    return h ^ h >> 15;
}

/* Its place in the table, or the empty one where it belongs. */
static struct place *place_of(const char *p, size_t n)
{
    uint32_t at = hash_of(p, n) % PLACES;

    while (places[at].text != NULL &&
           !(weir_starts_nocase(p, n, places[at].text) && strlen(places[at].text) == n))
        at = (at + 1) % PLACES;
    return &places[at];
}

static void fill(const char *const *list, unsigned flags)
{
    for (; *list != NULL; list++) {
        struct place *at = place_of(*list, strlen(*list));

        at->text = *list;
        at->flags |= flags;
    }
}

static void fill_all(void)
{
    fill(particles, WEIR_NAME_PARTICLE);
    fill(titles, WEIR_NAME_TITLE);
    fill(stops, WEIR_NAME_STOP);
}

static unsigned kind_of(const char *p, size_t n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, fill_all);
    return n <= LONGEST ? place_of(p, n)->flags : 0;
}

size_t weir_name_word(const char *p, size_t i, size_t to, unsigned *ret_flags)
{
    struct shape shape = {0};
    size_t n, end = word_end(p, i, to, &shape);
    unsigned flags;

    *ret_flags = 0;
    if (end == i)
        return i;
    flags = case_of(&shape, letter_at(p, i, to, &n) == UPPER) | kind_of(p + i, end - i);
    if (shape.letters == 1 && (flags & WEIR_NAME_CAPITAL) != 0)
        flags |= WEIR_NAME_INITIAL;
    if (end < to && p[end] == '.')
        end += (flags & (WEIR_NAME_INITIAL | WEIR_NAME_TITLE)) != 0;
    *ret_flags = flags;
    return end;
}
