#include "common/filter/compile.hpp"

#include <nlohmann/json.hpp>

#include "common/filter/builder.hpp"
#include "common/filter/grammar.hpp"
#include "common/filter/limits.hpp"
#include "common/filter/operators.hpp"
#include "common/filter/types.hpp"
#include "common/json/json.hpp"

namespace certes::filter {
namespace {

Result<void> check_size(std::string_view text) {
  if (text.size() <= kMaxFilterBytes) return {};
  return fail(Code::invalid, "the filter is longer than " + std::to_string(kMaxFilterBytes) + " bytes");
}

}  // namespace

Result<ProgramPtr> compile_text(std::string_view text) {
  if (auto fits = check_size(text); !fits) return fail(std::move(fits.error()));
  Builder builder;
  const auto root = parse_expression(text, builder);
  if (const auto& refused = builder.refusal())
    return fail(Code::invalid, line_and_column(text, refused->place) + ": " + refused->why);
  if (!root) return fail(root.error());
  const Program::Node& whole = builder.node(*root);
  if (whole.type != Type::any && whole.type != Type::boolean)
    return fail(Code::invalid, line_and_column(text, whole.place) + ": the filter gives " +
                                   std::string(to_string(whole.type)) + ", not true or false");
  Program program = builder.finish(*root);
  program.text = text;
  return std::make_shared<const Program>(std::move(program));
}

Result<ProgramPtr> compile(std::string_view json) {
  if (json.starts_with('"')) {
    const auto text = parse_json<nlohmann::json>(json);
    if (!text) return fail(text.error());
    return compile_text(text->get_ref<const std::string&>());
  }
  if (auto fits = check_size(json); !fits) return fail(std::move(fits.error()));
  Builder builder;
  std::vector<std::string> pointers;
  const auto root = read_operators(json, builder, pointers);
  if (!root) return fail(root.error());
  if (const auto& refused = builder.refusal()) return fail(Code::invalid, refused->why, pointers[refused->place]);
  Program program = builder.finish(*root);
  program.pointers = std::move(pointers);
  return std::make_shared<const Program>(std::move(program));
}

}  // namespace certes::filter
