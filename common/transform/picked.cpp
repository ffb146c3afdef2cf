#include "common/transform/picked.hpp"

#include <algorithm>
#include <set>

#include "common/base/form.hpp"
#include "common/event/attributes.hpp"
#include "common/event/event_members.hpp"
#include "common/log/names.hpp"
#include "common/transform/event_source.hpp"

namespace certes::transform {
namespace {

using State = PickedValue::State;

// Goes through the payload once, along the steps of all pointers.
class PickedFromPayload final : public event::JsonVisitor {
 public:
  PickedFromPayload(const Steps& root, std::vector<PickedValue>& into) : into_(into) { at_.push_back({&root}); }

  Next member(std::string_view name) override { return to(name); }
  Next item() override { return to(std::to_string(at_.back().items++)); }
  bool begin(bool) override { return true; }
  bool scalar(const event::JsonScalar& value, std::string_view written) override {
    const bool text = value.kind == event::JsonScalar::Kind::text;
    return found({State::found, written, text ? value.text : std::string_view(), text});
  }
  bool end(std::string_view written) override { return found({State::found, written}); }

 private:
  struct At {
    const Steps* steps;
    std::size_t items = 0;
  };

  Next to(std::string_view name) {
    const Steps& here = *at_.back().steps;
    const auto next = here.next.find(name);
    if (next == here.next.end()) return Next::over;
    if (!gone_.insert(&next->second).second) {
      stands_twice(next->second);
      return Next::over;
    }
    at_.push_back({&next->second});
    return Next::into;
  }
  bool found(const PickedValue& value) {
    const Steps& here = *at_.back().steps;
    if (here.pointer) into_[*here.pointer] = value;
    at_.pop_back();
    return true;
  }
  // With all that is below it. As deep as pointers are long.
  void stands_twice(const Steps& steps) {
    if (steps.pointer) into_[*steps.pointer] = {State::twice};
    for (const auto& [name, below] : steps.next) stands_twice(below);
  }

  std::vector<PickedValue>& into_;
  std::set<const Steps*> gone_;  // along these, once
  std::vector<At> at_;
};

void pick_named(const event::NamesAndValues& all, std::string_view name, PickedValue& into) {
  const auto found = std::ranges::find(all, name, [](const auto& one) { return one.first; });
  if (found != all.end()) into = {State::found, {}, found->second, true};
}

}  // namespace

Picked::Picked(const Projection& projection, const Source& source)
    : source_(source), values_(projection.pointers.size()) {
  for (std::size_t i = 0; i < values_.size(); ++i) pick(projection.pointers[i], values_[i]);
  const bool any = projection.data.pointer || !projection.data.next.empty();
  if (!any || !parse_payload(source, form_)) return;
  PickedFromPayload visitor(projection.data, values_);
  event::walk(source.document, visitor);
}

void Picked::pick(const Pointer& pointer, PickedValue& into) {
  switch (pointer.from) {
    case From::data: return;
    case From::event: return pick_named(event::attributes_of(source_.record, source_.view), pointer.steps[0], into);
    case From::headers: return pick_named(event::forwarded_headers(source_.record), pointer.steps[0], into);
    case From::query: return pick_query(pointer.steps[0], into);
    case From::payload: break;
  }
  if (event::valid_utf8(source_.record.value)) into = {State::found, {}, source_.record.value, true};
}

void Picked::pick_query(const std::string& name, PickedValue& into) {
  if (!query_) query_ = parse_form(source_.record.headers.get(log::names::kQuery)).value_or(FormFields{});
  const auto found = std::ranges::find(*query_, name, [](const auto& one) { return one.first; });
  if (found != query_->end()) into = {State::found, {}, found->second, true};
}

}  // namespace certes::transform
