#include "gateway/repeats/idempotency_index.hpp"

#include <utility>

namespace certes::gateway::ingest {
namespace {

constexpr std::size_t kEntryBytes = 256;  // of an entry and its age, beside the answer's text

}  // namespace

IdempotencyIndex::Claim::Claim(Claim&& other) noexcept
    : index_(std::exchange(other.index_, nullptr)), key_(other.key_) {}

IdempotencyIndex::Claim& IdempotencyIndex::Claim::operator=(Claim&& other) noexcept {
  if (this == &other) return *this;
  release();
  index_ = std::exchange(other.index_, nullptr);
  key_ = other.key_;
  return *this;
}

void IdempotencyIndex::Claim::keep(const http::Response& response, SteadyTime now) {
  if (auto* index = std::exchange(index_, nullptr)) index->keep(key_, response, now);
}

void IdempotencyIndex::Claim::release() {
  if (auto* index = std::exchange(index_, nullptr)) index->release(key_);
}

IdempotencyIndex::Found IdempotencyIndex::begin(log::Identity key, log::Identity payload, SteadyTime now) {
  Found found;
  if (options_.keys == 0 || options_.window <= Millis{0}) return found;
  const Lock lock(mutex_);
  expire(now);
  const auto [at, fresh] = entries_.try_emplace(key);
  Entry& entry = at->second;
  if (fresh) {
    entry.payload = payload;
    found.claim = Claim(*this, key);
  } else if (!(entry.payload == payload)) {
    found.state = State::other_payload;
  } else if (entry.in_flight) {
    found.state = State::in_flight;
  } else {
    found.state = State::answered;
    found.answer = entry.answer;
  }
  return found;
}

void IdempotencyIndex::keep(log::Identity key, const http::Response& response, SteadyTime now) {
  const Lock lock(mutex_);
  Entry& entry = entries_.at(key);
  entry.in_flight = false;
  entry.answer = {response.status, response.content_type, response.body};
  const std::size_t bytes = kEntryBytes + response.content_type.size() + response.body.size();
  ages_.push_back({key, now, bytes});
  bytes_ += bytes;
  expire(now);
}

void IdempotencyIndex::release(log::Identity key) {
  const Lock lock(mutex_);
  entries_.erase(key);
}

std::size_t IdempotencyIndex::size() const {
  const Lock lock(mutex_);
  return entries_.size();
}

std::size_t IdempotencyIndex::bytes() const {
  const Lock lock(mutex_);
  return bytes_;
}

void IdempotencyIndex::expire(SteadyTime now) {
  while (!ages_.empty() && (ages_.size() > options_.keys || bytes_ > options_.memory_bytes ||
                            now - ages_.front().at >= options_.window)) {
    bytes_ -= ages_.front().bytes;
    entries_.erase(ages_.front().key);
    ages_.pop_front();
  }
}

}  // namespace certes::gateway::ingest
