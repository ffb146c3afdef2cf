#pragma once
// What an erasure is about. A job names it by a MAC alone, so that no record of an erasure holds what was erased: a
// subject is a name, an address or a number, of which anybody could try out a plain hash. The key follows from the
// sealing key: who has that, and the name, can show that it was erased. Who: the route and the work of erasures.
// Immutable; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "api/history/letters.hpp"
#include "common/crypto/crypto.hpp"
#include "common/log/record.hpp"
#include "common/registry/resources.hpp"

namespace certes::api {

class ErasureMacs {
 public:
  explicit ErasureMacs(const crypto::Sealer& sealer);

  // Hex, by the key that seals now.
  std::string of_event(std::string_view tenant, std::string_view id) const;
  std::string of_subject(std::string_view tenant, std::string_view source, std::string_view subject) const;
  // Whether it is one of these, by any of the keys.
  bool is_event(std::string_view mac, std::string_view tenant, std::string_view id) const;
  bool is_subject(std::string_view mac, std::string_view tenant, std::string_view source,
                  std::string_view subject) const;

 private:
  std::vector<crypto::Hmac> keys_;
};

// When an event was accepted, as its id says. Nothing: its id was not given by Certes.
std::optional<UnixMillis> accepted_at(std::string_view id);

// Whether something is what a job erases: an event and its copies (replays, dead letters), as they are called alike;
// and events about Certes that name it. Of a subject, what was accepted before the job was made.
class Erased {
 public:
  // `macs` outlives it.
  Erased(const registry::Job& job, const ErasureMacs& macs) : job_(job), macs_(macs) {}

  bool has(const log::StoredRecord& record) const;  // of `events` and `dead-letters`
  bool has(const history::EventRow& event) const;
  bool has(const history::LetterRow& letter) const;

 private:
  struct Name {
    std::string_view tenant, id, source, subject;
    UnixMillis appended_at;
  };
  bool is(const Name& name) const;
  bool tells_of(const log::StoredRecord& record) const;

  const registry::Job job_;
  const ErasureMacs& macs_;
};

}  // namespace certes::api
