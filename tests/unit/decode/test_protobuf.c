/* test_protobuf.c - the wire format: what is read, and what is refused how. */
#include "unit.h"

#include "collector/decode/protobuf.h"

#include <stdio.h>

#define B(lit)                 \
    {                          \
        (lit), sizeof(lit) - 1 \
    }

/* Fields as "number:wire:value," or ":bytes,"; then the error, if any. */
static const char *read_all(struct weir_str message)
{
    static char text[4096];
    struct weir_pb_field f;
    struct weir_pb r;
    size_t n = 0;

    text[0] = '\0';
    weir_pb_begin(&r, message);
    while (weir_pb_next(&r, &f))
        n += (size_t)(f.wire == WEIR_PB_BYTES
                          ? snprintf(text + n, sizeof text - n, "%u:%d:%.*s,", f.number,
                                     (int)f.wire, WEIR_FMT(f.bytes))
                          : snprintf(text + n, sizeof text - n, "%u:%d:%llu,", f.number,
                                     (int)f.wire, (unsigned long long)f.value));
    if (r.error != NULL)
        snprintf(text + n, sizeof text - n, "%s", r.error + sizeof "protobuf: " - 1);
    assert_false(weir_pb_next(&r, &f));
    return text;
}

static void fields_of_all_wire_types_are_read(void **state)
{
    static const struct {
        struct weir_str message;
        const char *expect;
    } cases[] = {
        {B(""), ""},
        {B("\x08\x96\x01"), "1:0:150,"},
        {B("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "1:0:18446744073709551615,"},
        {B("\x12\x07testing"), "2:2:testing,"},
        {B("\x12\x00"), "2:2:,"},
        {B("\x12\x83\x80\x00"
           "abc"),
         "2:2:abc,"}, /* a padded length */
        {B("\x39\x01\x00\x00\x00\x00\x00\x00\x80"), "7:1:9223372036854775809,"},
        {B("\x3d\x01\x00\x00\x80"), "7:5:2147483649,"},
        {B("\xf8\xff\xff\xff\x0f\x01"), "536870911:0:1,"},
        /* groups, with groups and all else inside, are one field */
        {B("\x0b\x08\x01\x13\x1a\x02xy\x25\x01\x02\x03\x04\x14\x0c\x08\x05"), "1:3:0,1:0:5,"},
        {B("\x12\x01"
           "a\x12\x01"
           "b"),
         "2:2:a,2:2:b,"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(read_all(cases[i].message), cases[i].expect);
}

static void broken_bytes_say_what_is_wrong(void **state)
{
    static const struct {
        struct weir_str message;
        const char *expect;
    } cases[] = {
        {B("\x08"), "a number is cut off"},
        {B("\x08\x80"), "a number is cut off"},
        {B("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "a number has more than ten bytes"},
        {B("\x12\x05"
           "abcd"),
         "a length reaches past the end"},
        {B("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "a length reaches past the end"},
        {B("\x39\x01\x02\x03\x04\x05\x06\x07"), "a number is cut off"},
        {B("\x3d\x01\x02\x03"), "a number is cut off"},
        {B("\x00\x01"), "a field's number is out of range"},
        {B("\x80\x80\x80\x80\x80\x01\x01"), "a field's number is out of range"},
        {B("\x0e"), "a field has an unknown wire type"},
        {B("\x0c"), "a field has an unknown wire type"}, /* the end of no group */
        {B("\x0b\x08\x01"), "a group has no end"},
        {B("\x0b\x14"), "a group ends that is not open"},
        {B("\x08\x01\x12\x09"
           "ab"),
         "1:0:1,a length reaches past the end"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(read_all(cases[i].message), cases[i].expect);
}

static void groups_nest_only_so_deep(void **state)
{
    char deep[200];

    (void)state;
    memset(deep, 0x0b, 64);
    memset(deep + 64, 0x0c, 64);
    assert_string_equal(read_all((struct weir_str){deep, 128}), "1:3:0,");
    memset(deep, 0x0b, 65);
    memset(deep + 65, 0x0c, 65);
    assert_string_equal(read_all((struct weir_str){deep, 130}), "groups are nested too deep");
}

static void what_is_written_is_read_back(void **state)
{
    struct weir_arena arena;
    struct weir_buf b;
    struct weir_str s = {0};
    size_t mark;

    (void)state;
    weir_arena_init(&arena, 1 << 16);
    weir_buf_init(&b, &arena, 1 << 12);
    weir_pb_put_varint(&b, 1, 300);
    weir_pb_put_fixed64(&b, 2, UINT64_MAX);
    weir_pb_put_fixed32(&b, 3, 7);
    mark = weir_pb_open(&b, 4000);
    weir_pb_put_bytes(&b, 1, WEIR_S("in"));
    weir_pb_close(&b, mark);
    assert_int_equal(weir_buf_str(&b, &s), 0);
    assert_string_equal(read_all(s), "1:0:300,2:1:18446744073709551615,3:5:7,4000:2:\n\002in,");
    weir_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_all_wire_types_are_read),
        cmocka_unit_test(broken_bytes_say_what_is_wrong),
        cmocka_unit_test(groups_nest_only_so_deep),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
