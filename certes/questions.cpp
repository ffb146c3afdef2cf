#include "certes/questions.hpp"

#include <unistd.h>

#include <cctype>

#include "common/base/ids.hpp"
#include "common/base/overloaded.hpp"
#include "common/questions/codec.hpp"
#include "common/questions/overview.hpp"

namespace certes {
namespace {

constexpr std::size_t kMostHostBytes = 64, kRandomBytes = 8;

std::unique_ptr<log::QuestionCarrier> carrier_of(log::Log& log) {
  auto* const source = dynamic_cast<log::QuestionSource*>(&log);
  return source ? source->question_carrier() : nullptr;
}

// What a person knows it by, and no other process has: several containers may have one host's name.
std::string name_of_process(const Clock& clock) {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0 || host[0] == 0) host[0] = '?';
  std::string name = std::string(host).substr(0, kMostHostBytes);
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_') c = '-';
  const std::string id = IdGenerator(clock).next("");
  std::string random = id.substr(id.size() - kRandomBytes);
  for (char& c : random) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name + "-" + random;
}

}  // namespace

Questions::Questions(log::Log& log, const Clock& clock, dispatcher::Dispatcher* dispatcher, gateway::Gateway* gateway)
    : log_(log),
      dispatcher_(dispatcher),
      gateway_(gateway),
      carrier_(carrier_of(log)),
      asker_(
          clock, name_of_process(clock), [&log] { return log.partitions(); }, ways()) {
  if (carrier_) carrier_->start([this](const log::RecordPtr& record) { take(record); });
}

void Questions::stop() {
  if (carrier_) carrier_->stop();
}

questions::Asker::Ways Questions::ways() {
  questions::Asker::Ways ways;
  if (dispatcher_ != nullptr || gateway_ != nullptr)
    ways.here = [this](const questions::Question& question) {
      ask_here(question, [this](questions::Answer answer) {
        answer.from = asker_.from();
        asker_.take(std::move(answer));
      });
    };
  if (carrier_)
    ways.elsewhere = [this](const questions::Question& question) { carrier_->carry(questions::to_record(question)); };
  return ways;
}

// What this process has said itself comes back, too.
void Questions::take(const log::RecordPtr& record) {
  std::visit(Overloaded{[](std::monostate) {},
                        [this](questions::Question&& question) {
                          if (question.from != asker_.from()) answer_elsewhere(std::move(question));
                        },
                        [this](questions::Answer&& answer) {
                          if (answer.from != asker_.from()) asker_.take(std::move(answer));
                        }},
             questions::parse(record->headers, record->value));
}

// Each kind is for gateways or for dispatchers; but an overview is of the process.
void Questions::ask_here(questions::Question question, questions::Answered answered) {
  if (question.kind == questions::kOverview) return say_overview(std::move(question), std::move(answered));
  if (question.kind != questions::kRefusedRequests) {
    if (dispatcher_ != nullptr) dispatcher_->ask(std::move(question), std::move(answered));
  } else if (auto answer = gateway_ != nullptr ? gateway_->answer(question) : std::nullopt) {
    answered(std::move(*answer));
  }
}

// Nothing, where a role of this process does not answer: half of it would be taken for all.
void Questions::say_overview(questions::Question question, questions::Answered answered) {
  auto accepted = gateway_ != nullptr ? gateway_->answer(question) : std::nullopt;
  if (gateway_ != nullptr && !accepted) return;
  const std::string part = accepted ? accepted->value : "{}";
  if (dispatcher_ == nullptr) {
    if (!accepted) return;
    accepted->value = overview_with(part, "{}");
    return answered(std::move(*accepted));
  }
  dispatcher_->ask(std::move(question), [this, part, answered = std::move(answered)](questions::Answer delivered) {
    delivered.value = overview_with(part, delivered.value);
    answered(std::move(delivered));
  });
}

std::string Questions::overview_with(std::string_view part, std::string_view other) const {
  auto overview = questions::process_overview_of(part).value_or(questions::ProcessOverview{});
  overview.add(questions::process_overview_of(other).value_or(questions::ProcessOverview{}));
  overview.log_away = !log_.health();
  return to_json(overview);
}

void Questions::answer_elsewhere(questions::Question&& question) {
  ask_here(std::move(question), [this](questions::Answer answer) {
    answer.from = asker_.from();
    if (const auto said = questions::to_record(answer)) carrier_->carry(*said);
  });
}

}  // namespace certes
