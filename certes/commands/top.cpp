// certes top: what GET /overview says, again and again.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/screen.hpp"
#include "certes/commands/top_frame.hpp"
#include "certes/signals.hpp"
#include "common/base/mutex.hpp"

namespace certes::command {
namespace {

constexpr Millis kFirstPause{500};  // between the first two looks: rates are there soon

Millis interval_of(const TopOptions& options) {
  return Millis{static_cast<std::int64_t>(options.interval_seconds * 1000)};
}

// Asks for one look at a time.
class Looker {
 public:
  Looker(client::ApiClient api, const TopOptions& options)
      : api_(std::move(api)), path_(options.all_tenants ? "/overview?tenants=*&limit=50" : "/overview?limit=50") {}

  Result<TopLook> look(const std::atomic<bool>& stop) {
    const auto body = api_.get(path_, stop);
    if (!body) return fail(body.error());
    auto look = top_look_of(*body);
    if (!look) return fail(Code::internal, api_.url() + path_ + ": the answer is no overview: is it the Master API?");
    return std::move(*look);
  }
  const std::string& url() const { return api_.url(); }

 private:
  client::ApiClient api_;
  const std::string path_;
};

// What keys change, and what comes.
class Shown {
 public:
  explicit Shown(std::string where) { state_.where = std::move(where); }

  void take(Result<TopLook>&& look) {
    state_.trouble = look ? "" : look.error().message;
    if (!look) return;
    state_.before = std::move(state_.now);
    state_.now = std::move(*look);
  }
  // False: it ends.
  bool press(char key) {
    if (key == 'q' || key == 'Q') return false;
    if (key == 'p' || key == ' ') state_.paused = !state_.paused;
    if (key == '?' || key == 'h') state_.help = !state_.help;
    if (key == 's')
      state_.sort = static_cast<TopSort>((static_cast<std::size_t>(state_.sort) + 1) % kTopSorts);
    else if (key >= '1' && key < static_cast<char>('1' + kTopSorts))
      state_.sort = static_cast<TopSort>(key - '1');
    return true;
  }
  const TopState& state() const { return state_; }
  bool has_rates() const { return state_.before.has_value(); }

 private:
  TopState state_;
};

// The looks of a thread of its own, so that keys are heard while one is on its way.
class Watch {
 public:
  Watch(Looker& looker, const Screen& screen, Millis interval)
      : looker_(looker), screen_(screen), interval_(interval), thread_([this] { run(); }) {}
  ~Watch() {
    {
      const Lock lock(mutex_);
      stop_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::optional<Result<TopLook>> take() {
    const Lock lock(mutex_);
    return std::exchange(look_, std::nullopt);
  }

 private:
  void run() {
    for (int looks = 0; !stop_; ++looks) {
      auto look = looker_.look(stop_);
      const SteadyTime next =
          std::chrono::steady_clock::now() + (looks == 0 ? std::min(kFirstPause, interval_) : interval_);
      Lock lock(mutex_);
      look_ = std::move(look);
      screen_.wake();
      while (!stop_ && std::chrono::steady_clock::now() < next)
        ended_.wait_for(lock, std::chrono::ceil<Millis>(next - std::chrono::steady_clock::now()),
                        [this] { return stop_.load(); });
    }
  }

  Looker& looker_;
  const Screen& screen_;
  const Millis interval_;
  std::atomic<bool> stop_{false};
  Mutex mutex_;
  Condition ended_;
  std::optional<Result<TopLook>> look_ CERTES_GUARDED_BY(mutex_);
  std::thread thread_;
};

bool wants_colour() {
  const char* const none = std::getenv("NO_COLOR");
  return none == nullptr || *none == 0;
}

// What is refused will be again; what is away may come back.
bool is_final(const Error& error) { return error.code != Code::unavailable && error.code != Code::timeout; }

int show_on(Looker& looker, const TopOptions& options) {
  Shown shown(looker.url());
  std::optional<Error> ended;
  {
    Screen screen;
    Watch watch(looker, screen, interval_of(options));
    const bool colour = wants_colour();
    while (!ended) {
      const Screen::Event event = screen.wait(Millis{60'000});
      if (event.kind == Screen::Event::Kind::end) break;
      if (event.kind == Screen::Event::Kind::key && !shown.press(event.key)) break;
      auto look = watch.take();
      if (look && !*look && !shown.state().now && is_final(look->error())) ended = look->error();
      if (look && !shown.state().paused) shown.take(std::move(*look));
      screen.show(top_frame(shown.state(), screen.size(), colour));
    }
  }
  return ended ? failed(*ended) : kExitOk;
}

// To a file or a program: a frame each time, one or as many as there is time for.
int print_frames(Looker& looker, const TopOptions& options) {
  Signals signals;
  Shown shown(looker.url());
  const std::atomic<bool> stop{false};
  for (std::size_t frames = 0;;) {
    auto look = looker.look(stop);
    if (!look) return failed(look.error());
    const bool first = !shown.state().now;
    shown.take(std::move(look));
    if (!first) {
      if (options.connection.json)
        print_line(top_json(shown.state()));
      else
        print((frames == 0 ? "" : "\n") + top_frame(shown.state(), {options.columns, 0}, false));
      ++frames;
      if (options.once) return kExitOk;
    }
    const Millis pause = first ? std::min(kFirstPause, interval_of(options)) : interval_of(options);
    if (signals.wait(pause) == Signals::Event::signal) return kExitOk;
  }
}

}  // namespace

int run_command(const TopOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  Looker looker(std::move(*api), options);
  const bool frames = options.once || options.connection.json || !Screen::possible();
  return frames ? print_frames(looker, options) : show_on(looker, options);
}

}  // namespace certes::command
