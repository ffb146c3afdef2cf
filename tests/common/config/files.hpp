#pragma once
// A directory of its own for a test, gone with the object, with files that the test writes.

#include <fstream>
#include <string>

#include "tests/fakes/temporary_directory.hpp"

namespace certes::testing {

class Directory {
 public:
  std::string path() const { return directory_.path(); }
  std::string path(const std::string& name) const { return directory_.file(name); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  test::TemporaryDirectory directory_;
};

}  // namespace certes::testing
