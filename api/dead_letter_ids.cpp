#include "api/dead_letter_ids.hpp"

#include <algorithm>

#include "common/base/number.hpp"
#include "common/log/names.hpp"

namespace certes::api {
namespace {

constexpr std::string_view kPrefix = "dl_";
constexpr std::size_t kProofBytes = 10;

// What tells a letter from any other.
struct NamedLetter {
  std::int32_t partition;
  std::int64_t offset;
  UnixMillis at;
  std::string_view tenant, delivery, event;
};

NamedLetter named(const log::StoredRecord& letter) {
  const auto& headers = letter.headers;
  return {letter.partition,
          letter.offset,
          letter.appended_at,
          headers.find(log::names::kTenant).value_or("default"),
          headers.get(log::names::kDelivery),
          headers.get(log::names::kId)};
}

std::string proof_of(const crypto::Hmac& key, const NamedLetter& letter) {
  const std::string place =
      std::to_string(letter.partition) + ":" + std::to_string(letter.offset) + ":" + std::to_string(letter.at);
  const std::string mac = key.sign({place, "\n", letter.tenant, "\n", letter.delivery, "\n", letter.event});
  return crypto::hex_encode(std::string_view(mac).substr(0, kProofBytes));
}

std::string id_of(const crypto::Hmac& key, const NamedLetter& letter) {
  return std::string(kPrefix) + std::to_string(letter.partition) + "_" + std::to_string(letter.offset) + "_" +
         proof_of(key, letter);
}

// Of the parts of `text` between underscores the first, which leaves it.
std::string_view take_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('_'));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace

DeadLetterIds::DeadLetterIds(const crypto::Sealer& sealer) {
  for (const std::string& secret : sealer.derived_secrets("dead-letters")) keys_.emplace_back(secret);
}

std::string DeadLetterIds::of(const log::StoredRecord& letter) const { return id_of(keys_.front(), named(letter)); }

std::string DeadLetterIds::of(const history::LetterRow& letter) const {
  const auto [partition, offset] = letter.place;
  return id_of(keys_.front(), {partition, offset, letter.at, letter.tenant, letter.delivery, letter.event});
}

std::optional<DeadLetterIds::Id> DeadLetterIds::parse(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto partition = parse_whole<std::int32_t>(take_part(text));
  const auto offset = parse_whole<std::int64_t>(take_part(text));
  if (!partition || !offset || text.size() != 2 * kProofBytes) return std::nullopt;
  return Id{*partition, *offset, std::string(text)};
}

bool DeadLetterIds::names(const Id& id, const log::StoredRecord& letter) const {
  return letter.partition == id.partition && letter.offset == id.offset &&
         std::ranges::any_of(keys_, [&](const crypto::Hmac& key) {
           return crypto::equal_constant_time(id.proof, proof_of(key, named(letter)));
         });
}

}  // namespace certes::api
