#include "common/json/json.hpp"

#include <set>
#include <string>
#include <vector>

#include "common/json/json_text.hpp"

namespace certes {
namespace {

// Thrown within parse_json alone: nlohmann's callback can end a parse in no other way.
struct Twice {
  std::string name;
};

template <class Json>
class Watcher {
 public:
  bool operator()(int, typename Json::parse_event_t event, Json& parsed) {
    using Event = typename Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      names_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      names_.pop_back();
    } else if (event == Event::key && !names_.back().insert(parsed.template get_ref<const std::string&>()).second) {
      throw Twice{parsed.template get<std::string>()};
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> names_;
};

}  // namespace

template <class Json>
Result<Json> parse_json(std::string_view text, const JsonBounds& bounds) {
  if (text.size() > bounds.bytes)
    return fail(Code::invalid, "JSON longer than " + std::to_string(bounds.bytes) + " bytes");
  if (is_deeper(text, bounds.depth))
    return fail(Code::invalid, "JSON nested deeper than " + std::to_string(bounds.depth) + " levels");
  // The library takes it for the end of the text, and lets anything stand behind it.
  if (const std::size_t nul = text.find('\0'); nul != text.npos)
    return fail(Code::invalid, "not JSON: wrong at byte " + std::to_string(nul + 1));
  try {
    if (bounds.unique_members) return Json::parse(text.begin(), text.end(), Watcher<Json>());
    return Json::parse(text.begin(), text.end());
  } catch (const Twice& twice) {
    return fail(Code::invalid, "the member \"" + twice.name + "\" stands there twice");
  } catch (const typename Json::parse_error& error) {
    return fail(Code::invalid, "not JSON: wrong at byte " + std::to_string(error.byte));
  } catch (const typename Json::exception& error) {  // a number beyond all range
    return fail(Code::invalid, std::string("not JSON that can be kept: ") + error.what());
  }
}

template Result<nlohmann::json> parse_json(std::string_view text, const JsonBounds& bounds);
template Result<nlohmann::ordered_json> parse_json(std::string_view text, const JsonBounds& bounds);

}  // namespace certes
