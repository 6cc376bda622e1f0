// SPDX-License-Identifier: Apache-2.0
// The well-known types, and the two doors through which a host's own values come in.
#include <gtest/gtest.h>

#include <array>

#include "cel/compile.h"
#include "cel/from_json.h"
#include "cel/message.h"
#include "cel/to_json.h"

namespace bw::cel {
namespace {

// Points of the plane: a record of two numbers, of which 0 means unset.
struct Point {
  std::array<std::int64_t, 2> at{};
};

class Points final : public ObjectReader {
 public:
  Points() : type_(make_object("plane.Point", {{"x", Type::int64()}, {"y", Type::int64()}})) {}
  Value value(Point& point, Arena& arena) const { return Value::object(arena, *type_, *this, &point); }
  Value read(void* record, const ObjectType&, std::size_t slot, Arena&) const override {
    return Value::int64(static_cast<Point*>(record)->at.at(slot));
  }
  std::optional<bool> has(const void* record, std::size_t slot) const override {
    return static_cast<const Point*>(record)->at.at(slot) != 0;
  }
  const std::shared_ptr<const ObjectType>& type() const { return type_; }

 private:
  std::shared_ptr<const ObjectType> type_;
};

class Making : public ::testing::Test {
 protected:
  Making() {
    Message message{"plane.Point", Type::object(points.type()), {{"x", Type::int64()}, {"y", Type::int64()}}, {}};
    message.make = [this](CallContext& c, std::span<const Value> fields) {
      auto& point = made.emplace_back(std::make_unique<Point>());
      for (std::size_t i = 0; i < 2; ++i) {
        if (fields[i].is(Value::Kind::absent)) continue;
        if (!fields[i].is(Value::Kind::int64)) return no_such_overload(c, "plane.Point", fields);
        point->at.at(i) = fields[i].int64();
      }
      return points.value(*point, c.arena());
    };
    environment.declare(std::move(message));
  }
  std::string run(std::string_view source, CompileOptions options = {}) {
    auto compiled = compile(source, environment, options);
    if (!compiled.program) return compiled.diagnostics.at(0).message;
    return render(evaluate(*compiled.program, Activation(environment), arena));
  }

  Points points;
  std::vector<std::unique_ptr<Point>> made;
  Environment environment;
  Arena arena;
};

TEST_F(Making, MakesTheWellKnownTypes) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"google.protobuf.BoolValue{value: true}", "true"},
           {"google.protobuf.BoolValue{}", "false"},
           {"google.protobuf.Int32Value{value: 7} + 1", "8"},
           {"google.protobuf.Int32Value{value: 2147483648}", "error(int32 out of range)"},
           {"google.protobuf.UInt32Value{value: 4294967296u}", "error(uint32 out of range)"},
           {"google.protobuf.FloatValue{value: 0.1} == 0.1", "false"},
           {"google.protobuf.StringValue{value: 'a'} + 'b'", "\"ab\""},
           {"google.protobuf.StringValue{value: 1}", "field `value` is string, this is int"},
           {"google.protobuf.StringValue{valeu: 'a'}", "`google.protobuf.StringValue` has no field `valeu`"},
           {"google.protobuf.StringValue{value: 'a', value: 'b'}", "field `value` is given twice"},
           {"google.protobuf.StringValue{?value: optional.none()} == ''", "true"},
           {"google.protobuf.Int64Value{value: 1} == null", "false"},
           {"google.protobuf.Timestamp{seconds: 1}", "timestamp(\"1970-01-01T00:00:01Z\")"},
           {"google.protobuf.Duration{seconds: 1, nanos: 500000000}", "duration(\"1.5s\")"},
           {"google.protobuf.Duration{seconds: 999999999999}", "error(time out of range)"},
           {"google.protobuf.Struct{fields: {'a': 1, 'b': [b'x']}}", "{\"a\": 1.0, \"b\": [\"eA==\"]}"},
           {"google.protobuf.ListValue{values: [9007199254740993, 1u]}", "[\"9007199254740993\", 1.0]"},
           {"google.protobuf.Value{}", "null"},
           {"google.protobuf.Value{number_value: 1.0, string_value: 'a'}",
            "error(google.protobuf.Value takes one of its fields)"},
           {"google.protobuf.Struct{fields: {'a': type(1)}}",
            "error(a value has no JSON form: keys are strings, and types have none)"},
           {"google.protobuf.Any{}", "`google.protobuf.Any` cannot be constructed in an expression"},
       }) {
    EXPECT_EQ(run(c.source), c.want) << c.source;
  }
}

TEST_F(Making, ReadsAndMakesWhatTheHostKeeps) {
  struct Case {
    std::string_view source, want;
  };
  for (Case c : {
           Case{"plane.Point{x: 1}", "plane.Point{x: 1}"},
           {"plane.Point{x: 1}.x + plane.Point{x: 1}.y", "1"},
           {"has(plane.Point{x: 1}.x) && !has(plane.Point{x: 1}.y)", "true"},
           {"plane.Point{x: 1}.?y.orValue(9)", "9"},
           {"plane.Point{x: 1} == plane.Point{x: 1, y: 0}", "true"},
           {"plane.Point{x: 1} == plane.Point{x: 1, y: 2}", "false"},
           {"optional.ofNonZeroValue(plane.Point{}).hasValue()", "false"},
           {"type(plane.Point{}) == plane.Point", "true"},
           {"plane.Point{z: 1}", "`plane.Point` has no field `z`"},
           {"plane.Point{x: 1 / 0}", "error(divide by zero)"},
       }) {
    EXPECT_EQ(run(c.source), c.want) << c.source;
  }
  EXPECT_EQ(run("Point{x: 3}.x", {.container = "plane"}), "3");
  EXPECT_EQ(run("dyn(plane.Point{}).z", {.check = false}), "error(no such field: `z`)");
  EXPECT_EQ(run("has(dyn(plane.Point{}).z)", {.check = false}), "error(no such field: `z`)");
  Point point{{0, 5}};
  EXPECT_EQ(to_json(points.value(point, arena)).value(), R"({"y":5})");
}

TEST(Wrappers, TakeNullFromJson) {
  auto document = json::Document::parse(R"([null, 7, "seven"])").value();
  Arena arena;
  auto read = [&](std::size_t i) {
    return render(from_json(document.root().at(i), Type::wrapper(Type::int64()), "n", arena));
  };
  EXPECT_EQ(read(0), "null");
  EXPECT_EQ(read(1), "7");
  EXPECT_EQ(read(2), "error(n: expected int, found a string)");
}

}  // namespace
}  // namespace bw::cel
