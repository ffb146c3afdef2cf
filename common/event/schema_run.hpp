#pragma once
// One value held to a prepared schema. Inside common/event only. All work counts against the budget, and schemas within
// schemas are followed to a depth that every thread's stack has room for.

#include <string>
#include <string_view>
#include <vector>

#include "common/event/json_schema.hpp"
#include "common/event/schema_program.hpp"

namespace certes::event {

class SchemaRun {
 public:
  // Schemas at work at once, each within the one before or within its value. With sanitizers a level takes about 2 KB
  // of stack, else a quarter of it.
  static constexpr int kMaxDepth = 1'000;

  // Adds to `violations` until there are `most` of them.
  SchemaRun(const SchemaProgram& program, schema::Budget& budget, std::size_t most, std::vector<Violation>& violations)
      : program_(program), budget_(budget), most_(most), violations_(violations) {}

  schema::Verdict run(JsonElement value);

 private:
  using Id = SchemaProgram::Id;
  using Node = SchemaProgram::Node;
  // Where a value stands, from the inside out.
  struct Place {
    const Place* up = nullptr;
    std::string_view name = {};
    std::size_t index = 0;
    bool indexed = false;
    std::string pointer() const;
    std::size_t steps() const;  // that it takes to write it down
  };
  // A value, or the name of a member.
  struct Data {
    JsonElement element;
    std::string_view name = {};
    bool is_name = false;
  };
  // A value where it stands; `tell`: what is wrong with it is a violation, else only whether something is.
  struct Look {
    const Data& data;
    const Place& place;
    bool tell;
  };
  enum class Stop : std::uint8_t { no, exhausted, full, too_deep };

  static std::uint8_t type_of(const Data& data);
  static std::string_view text_of(const Data& data);

  bool visit(Id id, const Look& look);
  bool keywords(const Node& node, const Look& look);
  bool listed(const Node& node, const Look& look);
  bool is_literal(const SchemaProgram::Literals& literals, const Data& data);
  bool branches(const Node& node, const Look& look);
  bool exactly_one(const Node& node, const Look& look);
  bool conditional(const Node& node, const Look& look);
  bool number(const SchemaProgram::Numbers& wanted, const Look& look);
  bool text(const SchemaProgram::Strings& wanted, const Look& look);
  bool length(const SchemaProgram::Strings& wanted, std::string_view text, const Look& look);
  bool array(const SchemaProgram::Arrays& wanted, const Look& look);
  bool items(const SchemaProgram::Arrays& wanted, simdjson::dom::array array, const Look& look);
  bool contains(Id wanted, simdjson::dom::array array, const Look& look);
  bool object(const SchemaProgram::Objects& wanted, const Look& look);
  bool member(const SchemaProgram::Objects& wanted, const SchemaProgram::Member* known, std::string_view name,
              JsonElement value, const Look& look);
  bool required(const SchemaProgram::Objects& wanted, simdjson::dom::object object, const Look& look);
  bool depends(const SchemaProgram::Member& on, simdjson::dom::object object, const Look& look);
  bool within(const SchemaProgram::Between& wanted, double count, const char* what, const Look& look);

  bool spend(std::size_t steps = 1);
  bool stopped() const { return stop_ != Stop::no; }
  bool quietly(Id id, const Look& look) { return visit(id, {look.data, look.place, false}); }
  bool wrong(const Look& look, const std::string& detail);  // always false
  void push(std::string pointer, std::string detail);

  const SchemaProgram& program_;
  schema::Budget& budget_;
  const std::size_t most_;
  std::vector<Violation>& violations_;
  int depth_ = 0;
  Stop stop_ = Stop::no;
};

}  // namespace certes::event
