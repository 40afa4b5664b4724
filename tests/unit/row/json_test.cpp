#include "binlog/row/json_diff.hpp"
#include "binlog/row/json_path.hpp"
#include "binlog/row/json_text.hpp"
#include "tests/unit/row/json_builder.hpp"
#include "tests/unit/row/row_events.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace binferry {
namespace {

using namespace test;

std::string text(const std::string& document) {
  std::string out;
  const ExactBlock block(document);
  const Status status = append_json_text(block.view(), out);
  return status ? out : "error: " + status.error().what;
}

bool is_refused(const std::string& document, Errc code = Errc::corrupt) {
  std::string out = "kept";
  const ExactBlock block(document);
  const Status status = append_json_text(block.view(), out);
  EXPECT_EQ(out == "kept", !status.has_value());
  return !status && status.error().code == code;
}

std::string json_double(double value) {
  return json_number(0x0B, std::bit_cast<std::uint64_t>(value), 8);
}

TEST(JsonText, ScalarsPrintAsTheServerPrintsThem) {
  EXPECT_EQ(text(""), "null");
  EXPECT_EQ(text(json_literal(0)), "null");
  EXPECT_EQ(text(json_literal(1)), "true");
  EXPECT_EQ(text(json_literal(2)), "false");
  EXPECT_EQ(text(json_int(-1)), "-1");
  EXPECT_EQ(text(json_number(6, 65535, 2)), "65535");
  EXPECT_EQ(text(json_number(7, 0x80000000, 4)), "-2147483648");
  EXPECT_EQ(text(json_number(8, 0xFFFFFFFF, 4)), "4294967295");
  EXPECT_EQ(text(json_number(9, 1ULL << 63, 8)), "-9223372036854775808");
  EXPECT_EQ(text(json_number(10, ~0ULL, 8)), "18446744073709551615");
  EXPECT_EQ(text(json_double(1)), "1.0");
  EXPECT_EQ(text(json_double(-0.0)), "-0.0");
  EXPECT_EQ(text(json_double(1e100)), "1e100");
}

TEST(JsonText, StringsAreEscapedAsTheServerEscapes) {
  EXPECT_EQ(text(json_text("str é 😀 \"q\" \\ \n \x01 \b\f\r\t \x1F \x7F /")),
            "\"str é 😀 \\\"q\\\" \\\\ \\n \\u0001 \\b\\f\\r\\t \\u001f \x7F /\"");
  EXPECT_EQ(text(json_text("")), "\"\"");
  EXPECT_EQ(text(json_text(std::string(70000, 'z'))), '"' + std::string(70000, 'z') + '"');
}

TEST(JsonText, ContainersSmallAndLarge) {
  for (const bool is_large : {false, true}) {
    const std::string list = json_array({json_int(1), json_int(2)}, is_large);
    EXPECT_EQ(text(json_object({{"a", json_int(1)}, {"b", list}, {"cc", json_text("x")}}, is_large)),
              "{\"a\": 1, \"b\": [1, 2], \"cc\": \"x\"}");
    EXPECT_EQ(text(json_array({}, is_large)), "[]");
    EXPECT_EQ(text(json_object({}, is_large)), "{}");
    EXPECT_EQ(text(json_array({json_number(7, 70000, 4), json_literal(0), json_number(8, 1, 4)}, is_large)),
              "[70000, null, 1]");
  }
  EXPECT_EQ(text(json_object({{"", json_int(1)}, {"a\"b", json_int(2)}})), "{\"\": 1, \"a\\\"b\": 2}");
}

TEST(JsonText, HolesOfAnUpdateInPlaceAreSkipped) {
  const std::string document =
      json_container(true, false, {{"a", json_text("one")}, {"b", json_text("two")}}, 5) + "left over";
  EXPECT_EQ(text(document), "{\"a\": \"one\", \"b\": \"two\"}");
}

TEST(JsonText, OpaqueValuesKeepTheirType) {
  const auto packed = [](std::uint64_t value) { return ByteWriter().u64(value).str(); };
  const std::uint64_t day = (2024ULL * 13 + 1) << 22 | 2 << 17;
  EXPECT_EQ(text(json_opaque(246, "\x0A\x04" + from_hex("80 007B 1194"))), "123.4500");
  EXPECT_EQ(text(json_opaque(10, packed(day << 24))), "\"2024-01-02\"");
  EXPECT_EQ(text(json_opaque(12, packed((day | 3 << 12 | 4 << 6 | 5) << 24 | 678000))),
            "\"2024-01-02 03:04:05.678000\"");
  EXPECT_EQ(text(json_opaque(7, packed(day << 24))), "\"2024-01-02 00:00:00.000000\"");
  const std::uint64_t clock = (1ULL << 12 | 2 << 6 | 3) << 24 | 500000;
  EXPECT_EQ(text(json_opaque(11, packed(0 - clock))), "\"-01:02:03.500000\"");
  EXPECT_EQ(text(json_opaque(15, std::string("\0\xFF", 2))), "\"base64:type15:AP8=\"");
  EXPECT_EQ(text(json_opaque(252, "")), "\"base64:type252:\"");
  EXPECT_EQ(text(json_opaque(252, std::string(57, 'a'))).size(), 76U + 17);
  EXPECT_EQ(text(json_opaque(252, std::string(58, 'a'))).substr(76 + 15), "h\\nYQ==\"");
}

TEST(JsonText, MalformedDocumentsAreRefused) {
  EXPECT_TRUE(is_refused("\x04"));
  EXPECT_TRUE(is_refused(json_literal(3)));
  EXPECT_TRUE(is_refused("\x0D"));
  EXPECT_TRUE(is_refused(json_text("\xFF")));
  EXPECT_TRUE(is_refused("\x0C\xFF\xFF\xFF\xFF\xFF\x01"));
  EXPECT_TRUE(is_refused(json_object({{"b", json_int(1)}, {"a", json_int(2)}})));
  EXPECT_TRUE(is_refused(json_object({{"a", json_int(1)}, {"a", json_int(2)}})));
  EXPECT_TRUE(is_refused(json_object({{"bb", json_int(1)}, {"a", json_int(2)}})));
  EXPECT_TRUE(is_refused(json_object({{"\xFF", json_int(1)}})));
  EXPECT_TRUE(is_refused(json_array({json_array({}, true)})));  // a large one in a small one
  EXPECT_TRUE(is_refused(from_hex("02 0100 0700 0C 0000")));    // a value inside the entries
  EXPECT_TRUE(is_refused(from_hex("02 0100 0700 0C 0700")));    // a value at the end
  EXPECT_TRUE(is_refused(from_hex("02 FFFF 0400")));            // more items than fit
  EXPECT_TRUE(is_refused(from_hex("03 FFFFFFFF 08000000")));
  EXPECT_TRUE(is_refused(from_hex("02 0000 0500")));  // longer than the document
  EXPECT_TRUE(is_refused(json_opaque(246, "\x0A")));
  EXPECT_TRUE(is_refused(json_opaque(10, "\x01")));
}

TEST(JsonText, EveryPrefixOfADocumentIsRefused) {
  const std::string document =
      json_object({{"a", json_array({json_text("x"), json_double(1.5)})}, {"b", json_opaque(15, "zz")}});
  ASSERT_EQ(text(document), "{\"a\": [\"x\", 1.5], \"b\": \"base64:type15:eno=\"}");
  for (std::size_t size = 1; size < document.size(); ++size) EXPECT_TRUE(is_refused(document.substr(0, size))) << size;
}

TEST(JsonText, ValuesThatShareBytesAreRefused) {
  // Each array names the next one twice: 2^40 values when printed, were it allowed.
  std::string document = json_text("x").substr(1);
  std::uint8_t type = 0x0C;
  for (int i = 0; i < 40; ++i) {
    ByteWriter array;
    array.u16(2).u16(static_cast<std::uint16_t>(10 + document.size()));
    array.u8(type).u16(10).u8(type).u16(10).text(document);
    document = array.str();
    type = 0x02;
  }
  EXPECT_TRUE(is_refused("\x02" + document));
}

TEST(JsonText, AHundredLevelsPassAndOneMoreDoesNot) {
  std::string document = json_array({});
  for (int i = 1; i < 100; ++i) document = json_array({document});
  EXPECT_EQ(text(document), std::string(100, '[') + std::string(100, ']'));
  EXPECT_TRUE(is_refused(json_array({document}), Errc::limit));
}

// a: [1, 2, 3], b: 1, "a b": {"x": null}
std::string sample() {
  return json_object({{"a", json_array({json_int(1), json_int(2), json_int(3)})},
                      {"b", json_int(1)},
                      {"a b", json_object({{"x", json_literal(0)}})}});
}

std::string patched(const std::string& steps, const std::string& document = sample()) {
  std::string out = "kept";
  const ExactBlock before(document);
  const ExactBlock vector(steps);
  const Status status = append_patched_json_text(before.view(), vector.view(), out);
  if (!status) {
    EXPECT_EQ(out, "kept");
    return "error";
  }
  return out.substr(4);
}

TEST(JsonDiff, StepsApplyInOrder) {
  EXPECT_EQ(patched(""), "{\"a\": [1, 2, 3], \"b\": 1, \"a b\": {\"x\": null}}");
  EXPECT_EQ(patched(json_step(0, "$.b", json_text("two"))),
            "{\"a\": [1, 2, 3], \"b\": \"two\", \"a b\": {\"x\": null}}");
  EXPECT_EQ(patched(json_step(0, "$.a[1]", json_int(22)) + json_step(0, "$.\"a b\".x", json_text("now"))),
            "{\"a\": [1, 22, 3], \"b\": 1, \"a b\": {\"x\": \"now\"}}");
  EXPECT_EQ(patched(json_step(2, "$.a[0]") + json_step(2, "$.a[0]") + json_step(2, "$.b")),
            "{\"a\": [3], \"a b\": {\"x\": null}}");
}

TEST(JsonDiff, InsertsFindTheirPlace) {
  EXPECT_EQ(patched(json_step(1, "$.a[1]", json_text("new"))),
            "{\"a\": [1, \"new\", 2, 3], \"b\": 1, \"a b\": {\"x\": null}}");
  EXPECT_EQ(patched(json_step(1, "$.a[3]", json_int(4)) + json_step(1, "$.a[99]", json_int(5))),
            "{\"a\": [1, 2, 3, 4, 5], \"b\": 1, \"a b\": {\"x\": null}}");
  // Keys are ordered by length, then by bytes.
  EXPECT_EQ(patched(json_step(1, "$.c", json_array({})) + json_step(1, "$.aa", json_int(0)) +
                    json_step(1, "$.aa_longer", json_object({}))),
            "{\"a\": [1, 2, 3], \"b\": 1, \"c\": [], \"aa\": 0, \"a b\": {\"x\": null}, \"aa_longer\": {}}");
  // What a step put in, a later step may change.
  EXPECT_EQ(patched(json_step(1, "$.c", json_object({})) + json_step(1, "$.c.d", json_int(1))),
            "{\"a\": [1, 2, 3], \"b\": 1, \"c\": {\"d\": 1}, \"a b\": {\"x\": null}}");
}

TEST(JsonDiff, AStepThatDoesNotFitRejectsTheWhole) {
  EXPECT_EQ(patched(json_step(0, "$.nope", json_int(1))), "error");
  EXPECT_EQ(patched(json_step(2, "$.a[3]")), "error");
  EXPECT_EQ(patched(json_step(1, "$.b", json_int(1))), "error");     // exists
  EXPECT_EQ(patched(json_step(1, "$.a.x", json_int(1))), "error");   // a member of an array
  EXPECT_EQ(patched(json_step(0, "$.b[0]", json_int(1))), "error");  // no scalar is wrapped
  EXPECT_EQ(patched(json_step(0, "$", json_int(1))), "error");
  EXPECT_EQ(patched(json_step(2, "$.b") + json_step(2, "$.b")), "error");
  EXPECT_EQ(patched(json_step(0, "$.b", "\x0D")), "error");
  EXPECT_EQ(patched(json_step(0, "$.b", "")), "error");
  EXPECT_EQ(patched(json_step(3, "$.b", json_int(1))), "error");
  EXPECT_EQ(patched(json_step(0, "$.b", json_int(1)).substr(0, 6)), "error");
  EXPECT_EQ(patched(json_step(2, "$.b"), "\x0D"), "error");
}

TEST(JsonDiff, TheDocumentMayBeItsOwnText) {
  const auto over_text = [](std::string_view document, const std::string& steps) {
    std::string out;
    const Status status = append_patched_json_text(document, bytes_of(steps), out);
    return status ? out : "error";
  };
  for (const std::string& steps :
       {json_step(0, "$.a[1]", json_int(22)), json_step(1, "$.a[1]", json_text("x")), json_step(2, "$.\"a b\".x"),
        json_step(1, "$.c", json_object({{"d", json_array({})}})) + json_step(1, "$.c.d[0]", json_double(1)),
        json_step(0, "$.b[0]", json_int(1)), json_step(0, "$.nope", json_int(1)), std::string()}) {
    EXPECT_EQ(over_text(text(sample()), steps), patched(steps)) << steps;
  }
  EXPECT_EQ(
      over_text("{\"k\\\"]\": \"},\\\\\", \"long\": [1.10, {\"a\": \"]\"}]}", json_step(0, "$.long[0]", json_int(2))),
      "{\"k\\\"]\": \"},\\\\\", \"long\": [2, {\"a\": \"]\"}]}");
  const std::string step = json_step(2, "$.a");
  for (const std::string_view document : {"", "1", "{", "{\"a\"", "{\"a\":", "{\"a\": }", "{\"a\": 1", "{\"a\": 1,",
                                          "{\"a\": 1} x", "{\"a\": [1}", "{a: 1}"}) {
    EXPECT_EQ(over_text(document, step), "error") << document;
  }
}

std::string shown(const std::string& steps) {
  std::string out;
  const Status status = append_json_diff_sql("@2", bytes_of(steps), out);
  return status ? out : "error";
}

TEST(JsonDiff, WithoutTheDocumentTheStepsAreShownAsFunctions) {
  EXPECT_EQ(shown(""), "@2");
  EXPECT_EQ(shown(json_step(0, "$.a", json_int(1))), "JSON_REPLACE(@2, '$.a', 1)");
  EXPECT_EQ(shown(json_step(0, "$.a", json_int(1)) + json_step(0, "$.b", json_text("it's")) + json_step(2, "$.c")),
            "JSON_REMOVE(JSON_REPLACE(@2, '$.a', 1, '$.b', 'it''s'), '$.c')");
  EXPECT_EQ(shown(json_step(1, "$[0]", json_literal(0)) + json_step(1, "$.\"k\\\"\"", json_array({json_int(1)}))),
            "JSON_INSERT(JSON_ARRAY_INSERT(@2, '$[0]', CAST('null' AS JSON)), '$.\"k\\\\\"\"', CAST('[1]' AS JSON))");
  EXPECT_EQ(shown("\x07"), "error");
}

TEST(JsonPath, LegsAreMembersAndIndexes) {
  const Result<std::vector<JsonPathLeg>> path = parse_json_path("$.a.\"b \\\"\\u00e9\\ud83d\\ude00\"[12].ключ");
  ASSERT_TRUE(path.has_value());
  ASSERT_EQ(path->size(), 4U);
  EXPECT_EQ((*path)[0].key, "a");
  EXPECT_EQ((*path)[1].key, "b \"é😀");
  EXPECT_TRUE((*path)[2].is_index);
  EXPECT_EQ((*path)[2].index, 12U);
  EXPECT_EQ((*path)[3].key, "ключ");
  EXPECT_TRUE(parse_json_path("$")->empty());
}

TEST(JsonPath, WhatTheServerNeverWritesIsRefused) {
  for (const std::string_view path :
       {"", "a", "$a", "$.", "$..a", "$[", "$[]", "$[x]", "$[-1]", "$[1", "$[last]", "$.*", "$.\"a", "$.\"\\x\"",
        "$.\"\\ud800\"", "$.\"\\u12\"", "$[99999999999999999999]"}) {
    EXPECT_FALSE(parse_json_path(path).has_value()) << path;
  }
}

}  // namespace
}  // namespace binferry
