#pragma once
// Dead letters by the index of what became of events (api/history), which knows what was done with each: their list,
// the newest first, and where the letter of a delivery stands. Who: the routes of dead letters, jobs. On a worker, or a
// job's thread; blocks on the index.

#include "api/call.hpp"
#include "api/history/letters.hpp"
#include "api/page.hpp"
#include "api/steps.hpp"
#include "common/registry/job.hpp"

namespace certes::api {

// What is asked of them, as the index has it; a job's `ids` are not looked at.
history::LetterFilter letter_filter(const std::string& tenant, const registry::JobFilter& asked);

// Precondition of all below: there is a history.

struct LettersAsked {
  history::LetterFilter filter;
  std::size_t limit = 0;
  history::Cursor after = {};
};
std::unique_ptr<http::Steps> list_letters(Services& services, LettersAsked asked);

// What it knows of the tenant's letter at that place, or of that delivery; nothing: it has none there, or not yet.
// Errors: unavailable, as the index is being made ready.
Result<std::optional<history::LetterRow>> indexed_letter(Services& services, const std::string& tenant,
                                                         history::Place place);
Result<std::optional<history::LetterRow>> indexed_letter(Services& services, const std::string& tenant,
                                                         const std::string& delivery);

// Whether the letter at that place is erased: nothing of it is to be shown, or sent.
Result<bool> is_erased_letter(Services& services, history::Place place);

// How far it goes for them, as members of an answer: history_answers has that of events.
std::string letters_reach(const history::History& history);

}  // namespace certes::api
