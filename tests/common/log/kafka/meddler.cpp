// meddling.hpp as a program, for the tests in Python: BROKERS partitions TOPIC COUNT | delete TOPIC |
// set TOPIC NAME=VALUE… | commit GROUP TOPIC PARTITION OFFSET | abort TOPIC PARTITION VALUE |
// fill TOPIC PARTITION COUNT BYTES.

#include <cstdio>
#include <exception>
#include <vector>

#include "tests/common/log/kafka/meddling.hpp"

namespace certes::test {
namespace {

bool meddle(const std::string& brokers, const std::string& what, const std::vector<std::string>& with) {
  if (what == "partitions" && with.size() == 2) {
    add_partitions(brokers, with[0], std::stoi(with[1]));
  } else if (what == "delete" && with.size() == 1) {
    delete_topic(brokers, with[0]);
  } else if (what == "set" && !with.empty()) {
    std::map<std::string, std::string> all;
    for (std::size_t i = 1; i < with.size(); ++i) {
      const auto equals = with[i].find('=');
      all[with[i].substr(0, equals)] = with[i].substr(equals + 1);
    }
    set_config(brokers, with[0], all);
  } else if (what == "commit" && with.size() == 4) {
    commit_offset(brokers, with[0], with[1], std::stoi(with[2]), std::stoll(with[3]));
  } else if (what == "abort" && with.size() == 3) {
    ForeignTransaction transaction(brokers, with[0], std::stoi(with[1]));
    transaction.put(with[2]);
    transaction.abort();
  } else if (what == "fill" && with.size() == 4) {
    fill(brokers, with[0], std::stoi(with[1]), std::stoi(with[2]), std::stoul(with[3]));
  } else {
    return false;
  }
  return true;
}

}  // namespace
}  // namespace certes::test

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    return certes::test::meddle(argv[1], argv[2], {argv + 3, argv + argc}) ? 0 : 2;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
