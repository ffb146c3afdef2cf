#pragma once
// DeadLetterIds: the public ids of dead letters: "dl_PARTITION_OFFSET_PROOF". An id says where its letter stands, so
// that it is read there and nowhere else; the proof is a MAC, over what tells the letter from any other, with a key
// that follows from the sealing keys. So an id is worth something only if a list has given it, for the very record that
// stands there: not for another tenant's, nor for a void one, nor after another log has taken the place of this one.
// Who: the dead-letter routes. Immutable; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/history/letters.hpp"
#include "common/crypto/crypto.hpp"
#include "common/log/record.hpp"

namespace certes::api {

class DeadLetterIds {
 public:
  struct Id {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string proof;
  };

  explicit DeadLetterIds(const crypto::Sealer& sealer);

  std::string of(const log::StoredRecord& letter) const;
  std::string of(const history::LetterRow& letter) const;
  // Nothing: it has another form.
  static std::optional<Id> parse(std::string_view text);
  // Whether the id was given for this record.
  bool names(const Id& id, const log::StoredRecord& letter) const;

 private:
  std::vector<crypto::Hmac> keys_;  // the newest first
};

}  // namespace certes::api
