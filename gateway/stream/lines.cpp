#include "gateway/stream/lines.hpp"

#include "common/event/event.hpp"
#include "common/log/names.hpp"

namespace certes::gateway::stream {
namespace {

Line line_of(const log::Headers& headers, std::string value) {
  Line line;
  line.tenant = headers.find(log::names::kTenant).value_or("default");
  line.key = headers.get("ce_type");
  line.headers = headers;
  line.value = std::move(value);
  return line;
}

}  // namespace

Lines::Lines(Tail& tail, log::LineCarrier* carrier) : tail_(tail), carrier_(carrier) {
  if (carrier_ == nullptr) return;
  carrier_->start([&tail](const log::RecordPtr& record) {
    if (event::valid_type(record->headers.get("ce_type"))) tail.show(line_of(record->headers, record->value));
  });
  tail_.on_lines_watched([carrier](bool watched) { carrier->watch(watched); });
}

Lines::~Lines() {
  if (carrier_ == nullptr) return;
  tail_.on_lines_watched({});
  carrier_->stop();
}

bool Lines::post(log::Record record) {
  if (carrier_ != nullptr) return carrier_->carry(record);
  return tail_.show(line_of(record.headers, std::move(record.value)));
}

}  // namespace certes::gateway::stream
