#include "common/log/kafka/membership.hpp"

#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/wake.hpp"

namespace certes::log::kafka {

Membership::Membership(const Options& options, MemberHandler& handler, std::function<void(std::int32_t)> ended,
                       const Wake& wake)
    : options_(options),
      topic_(topic_name(options, Topic::events)),
      group_(group_of(options.kafka)),
      handler_(handler),
      ended_(std::move(ended)),
      wake_(wake) {
  events_.rebalance = [this](rd_kafka_resp_err_t code, const auto& list) { on_rebalance(code, list); };
  events_.error = [this](rd_kafka_resp_err_t code, const char* text) { on_error(code, text); };
  auto client = make_client(options, Role::member, &events_);
  if (!client.has_value()) {
    fatal_ = std::move(client.error());
    return;
  }
  client_ = std::move(*client);
  join(wake);
}

void Membership::join(const Wake& wake) {
  rd_kafka_poll_set_consumer(client_.get());
  group_queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  replies_.reset(rd_kafka_queue_new(client_.get()));
  ring_when_filled(group_queue_.get(), wake);
  ring_when_filled(replies_.get(), wake);
  const PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto code = rd_kafka_subscribe(client_.get(), topics.get())) fatal_ = to_error(code, "kafka: subscribe");
}

// Without leave() the group hears of it all the same; the handler does not. Who was leaving and could not has waited
// enough: the session's end tells the group.
Membership::~Membership() {
  if (!client_) return;
  closing_ = true;
  const bool given_up = close_queue_ != nullptr && !left();
  for (rd_kafka_queue_t* queue : {group_queue_.get(), replies_.get(), close_queue_.get()})
    if (queue) ring_no_more(queue);
  if (!left()) rd_kafka_assign(client_.get(), nullptr);
  group_queue_.reset();
  replies_.reset();
  close_queue_.reset();
  if (given_up) let_go(std::move(client_));
}

Result<void> Membership::poll() {
  if (client_) {
    while (const Message message{rd_kafka_consumer_poll(client_.get(), 0)})
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) on_error(message->err, rd_kafka_message_errstr(message.get()));
    if (revoking_ && rd_kafka_assignment_lost(client_.get())) lose();
    ask_committed();
    serve_replies();
  }
  tell_changes();
  if (fatal_) return fail(*fatal_);
  return {};
}

void Membership::on_error(rd_kafka_resp_err_t code, std::string_view text) {
  if (!is_fatal(code)) return;  // librdkafka goes on trying
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    char cause[512];
    code = rd_kafka_fatal_error(client_.get(), cause, sizeof cause);
    fatal_ = to_error(code, "kafka: group " + group_, cause);
    return;
  }
  fatal_ = to_error(code, "kafka: group " + group_, text);
  if (fatal_->code == Code::unauthenticated) fatal_->message += authentication_hint(options_.kafka);
}

void Membership::on_rebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list) {
  const bool assigned = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  if (closing_ || (!assigned && owned_.empty())) {
    rd_kafka_assign(client_.get(), nullptr);
  } else if (assigned) {
    take(list);
  } else if (rd_kafka_assignment_lost(client_.get())) {
    lose();
  } else {
    revoke();
  }
}

void Membership::take(const rd_kafka_topic_partition_list_t& list) {
  for (int i = 0; i < list.cnt; ++i)
    if (list.elems[i].topic == topic_) owned_.insert(list.elems[i].partition);
  // Accepted, with nothing to fetch.
  const PartitionList none(rd_kafka_topic_partition_list_new(0));
  rd_kafka_assign(client_.get(), none.get());
  if (!owned_.empty()) changes_.push_back({ChangeKind::assigned, owned()});
}

void Membership::revoke() {
  revoking_ = true;
  changes_.push_back({ChangeKind::revoked, owned()});
}

void Membership::lose() {
  changes_.push_back({ChangeKind::lost, owned()});
  owned_.clear();
  accept_nothing_more();
}

void Membership::accept_nothing_more() {
  revoking_ = false;
  rd_kafka_assign(client_.get(), nullptr);
}

void Membership::release(std::int32_t partition) {
  if (!revoking_ || owned_.erase(partition) == 0) return;
  if (owned_.empty()) accept_nothing_more();
}

void Membership::tell_changes() {
  // A handler may call back; what that brings is told at the next poll.
  std::vector<Change> changes;
  changes.swap(changes_);
  for (const Change& change : changes) {
    if (change.kind != ChangeKind::assigned)
      for (const std::int32_t partition : change.partitions) ended_(partition);
    switch (change.kind) {
      case ChangeKind::assigned: handler_.on_assigned(change.partitions); break;
      case ChangeKind::revoked: handler_.on_revoked(change.partitions); break;
      case ChangeKind::lost: handler_.on_lost(change.partitions); break;
    }
  }
}

void Membership::leave() {
  if (!client_ || close_queue_) return;
  close_queue_.reset(rd_kafka_queue_new(client_.get()));
  ring_when_filled(close_queue_.get(), wake_);
  const RdError error(rd_kafka_consumer_close_queue(client_.get(), close_queue_.get()));
  if (error) fatal_ = to_error(rd_kafka_error_code(error.get()), "kafka: leaving group " + group_);
}

bool Membership::left() const { return !client_ || rd_kafka_consumer_closed(client_.get()) != 0; }

}  // namespace certes::log::kafka
