#include "common/questions/codec.hpp"

#include <algorithm>

#include "common/json/json.hpp"
#include "common/log/names.hpp"

namespace certes::questions {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kQuestion = "question", kAnswer = "answer";  // certes-kind
constexpr int kFormat = 1;
constexpr std::size_t kMostNameBytes = 128, kMostSubjectBytes = 512;
constexpr JsonBounds kBounds{16, kMostRecordBytes, true};

log::Record record_of(std::string_view kind, const Json& json) {
  log::Record record;
  record.headers.add(log::names::kKind, kind);
  record.value = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return record;
}

bool is_name(const std::string& text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\'; });
}

// False: it is not there, or no such name.
bool read(const Json& json, const char* member, std::string& into, std::size_t most = kMostNameBytes) {
  const auto found = json.find(member);
  if (found == json.end() || !found->is_string()) return false;
  into = found->get<std::string>();
  return is_name(into, most);
}

Said question_of(const Json& json) {
  Question question;
  const auto asked_at = json.find("asked_at");
  if (!read(json, "id", question.id) || !read(json, "kind", question.kind) || !read(json, "tenant", question.tenant) ||
      !read(json, "subject", question.subject, kMostSubjectBytes) || !read(json, "from", question.from) ||
      asked_at == json.end() || !asked_at->is_number_unsigned())
    return {};
  question.asked_at = asked_at->get<UnixMillis>();
  return question;
}

bool read_partitions(const Json& json, std::vector<std::int32_t>& into) {
  const auto found = json.find("partitions");
  if (found == json.end() || !found->is_array() || found->size() > kMostPartitions) return false;
  for (const Json& one : *found) {
    if (!one.is_number_unsigned() || one.get<std::uint64_t>() >= kMostPartitions) return false;
    into.push_back(one.get<std::int32_t>());
  }
  std::ranges::sort(into);
  return std::ranges::adjacent_find(into) == into.end();
}

Said answer_of(const Json& json) {
  Answer answer;
  const auto value = json.find("value");
  if (!read(json, "question", answer.question) || !read(json, "from", answer.from) ||
      !read_partitions(json, answer.partitions) || value == json.end() || !value->is_object())
    return {};
  answer.value = value->dump();
  if (answer.value.size() > kMostValueBytes) return {};
  return answer;
}

}  // namespace

log::Record to_record(const Question& question) {
  return record_of(kQuestion, {{"format", kFormat},
                               {"id", question.id},
                               {"kind", question.kind},
                               {"tenant", question.tenant},
                               {"subject", question.subject},
                               {"asked_at", question.asked_at},
                               {"from", question.from}});
}

std::optional<log::Record> to_record(const Answer& answer) {
  if (answer.value.size() > kMostValueBytes) return std::nullopt;
  Json value = json_or_null<Json>(answer.value);
  if (!value.is_object()) return std::nullopt;
  return record_of(kAnswer, {{"format", kFormat},
                             {"question", answer.question},
                             {"from", answer.from},
                             {"partitions", answer.partitions},
                             {"value", std::move(value)}});
}

Said parse(const log::Headers& headers, std::string_view value) {
  const std::string_view kind = headers.get(log::names::kKind);
  if ((kind != kQuestion && kind != kAnswer) || value.size() > kMostRecordBytes) return {};
  const auto json = parse_json<Json>(value, kBounds);
  if (!json || !json->is_object()) return {};
  const auto format = json->find("format");
  if (format == json->end() || *format != kFormat) return {};
  return kind == kQuestion ? question_of(*json) : answer_of(*json);
}

}  // namespace certes::questions
