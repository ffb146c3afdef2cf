// Filters of subscriptions: any text is a filter that can be evaluated, or refused with the place at fault; on any
// payload it says true or false or why not, within its bounds, and the same again. Lines: the filter as JSON, or a bare
// expression; then the payload.

#include "common/event/attributes.hpp"
#include "common/event/filter.hpp"
#include "common/filter/compile.hpp"
#include "common/filter/limits.hpp"
#include "tests/fuzz/fuzz.hpp"

using certes::event::FilterResult;
using certes::filter::ProgramPtr;
using certes::fuzz::Input;
using certes::fuzz::require;

namespace {

certes::Result<ProgramPtr> compiled(std::string_view text) {
  if (text.starts_with('{') || text.starts_with('"')) return certes::filter::compile(text);
  return certes::filter::compile_text(text);
}

FilterResult evaluated(const certes::filter::Program& program, std::string_view payload) {
  static certes::event::JsonDocument document;  // reused, as routing does
  certes::log::StoredRecord record;
  for (const auto& [name, value] : {std::pair("certes-id", "evt_1"), std::pair("ce_specversion", "1.0"),
                                    std::pair("ce_id", "1"), std::pair("ce_source", "/a"), std::pair("ce_type", "a.b"),
                                    std::pair("certes-h-x-event", "push"), std::pair("certes-query", "a=1&b=2")})
    record.headers.add(name, value);
  if (payload.starts_with('&')) record.headers.add("content-type", "application/x-www-form-urlencoded");
  record.value = payload;
  const auto view = certes::event::view(record);
  certes::event::FilterEvent event(record, *view, document);
  const FilterResult first = certes::event::evaluate(program, event), again = certes::event::evaluate(program, event);
  require(first.says == again.says && first.cost == again.cost,
          "the same again, whether the payload was parsed or not");
  return first;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view text = input.line();
  if (!certes::event::valid_utf8(text)) return 0;
  const auto program = compiled(text);
  if (!program) {
    require(!program.error().message.empty(), "a refusal has a text");
    require(program.error().pointer.empty() || program.error().pointer.front() == '/', "it points into the object");
    return 0;
  }
  require((*program)->nodes.size() <= certes::filter::kMaxNodes, "no more nodes than there may be");
  const FilterResult result = evaluated(**program, input.rest());
  require(result.cost > 0 && result.cost <= certes::filter::kMaxCost, "the cost is bounded");
  if (result.says == FilterResult::Says::failed)
    require(!certes::event::describe(**program, result.failure).empty(), "a failure has a text");
  return 0;
}
