// A program that publishes into a spool on disk, to a gateway that is never there, a line of output for each action.
// The tests run it where a disk that fails or a kill -9 is wanted: those need a process of their own.
//
//   spool_program DIRECTORY ACTION…
//   open         opens it                      → open ok WAITING | open CODE MESSAGE
//   close        closes it
//   publish      one event                     → publish ok | publish CODE MESSAGE
//   pump         publishes for ever            → one line "N" per event that is durable
//   failure      asks                          → failure none | failure CODE MESSAGE
//   fault=LINE   writes LINE to CERTES_FAULTS  (fault= alone: no fault)

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "client/pipeline.hpp"

namespace certes::client {
namespace {

// Its requests are never answered.
class Silence final : public Transport {
 public:
  void post(Post&&) override {}
  void poll(std::vector<Answer>&) override {}
};

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

std::string text(const Error& error) { return std::string(to_string(error.code)) + " " + error.message; }

class Program {
 public:
  explicit Program(std::string directory) : directory_(std::move(directory)) {}

  void act(const std::string& action) {
    if (action == "open") open();
    if (action == "close") pipeline_.reset();
    if (action == "publish") publish();
    if (action == "pump")
      for (int n = 0; publish_one(); ++n) say(std::to_string(n));
    if (action == "failure") {
      const auto failure = pipeline_->failure();
      say("failure " + (failure ? text(*failure) : "none"));
    }
    if (action.starts_with("fault=")) std::ofstream(std::getenv("CERTES_FAULTS")) << action.substr(6) << "\n";
  }

 private:
  void open() {
    auto spool = open_file_spool(directory_);
    if (!spool) return say("open " + text(spool.error()));
    pipeline_ = std::make_unique<Pipeline>(std::move(*spool), PipelineOptions{}, clock_, nullptr);
    const auto started = pipeline_->start([](const std::function<void()>&) { return std::make_unique<Silence>(); });
    if (!started) return say("open " + text(started.error()));
    say("open ok " + std::to_string(pipeline_->status().waiting_events));
  }

  Result<void> publish_one() {
    Item item;
    item.id = "x";
    item.type = "a.b";
    item.body = R"({"type":"a.b","data":1})";
    return pipeline_->publish({item});
  }

  void publish() {
    const auto done = publish_one();
    say("publish " + (done ? "ok" : text(done.error())));
  }

  const std::string directory_;
  const SystemClock clock_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace
}  // namespace certes::client

int main(int argc, char** argv) {
  certes::client::Program program(argv[1]);
  for (int i = 2; i < argc; ++i) program.act(argv[i]);
}
