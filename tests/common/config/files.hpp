#pragma once
// A directory of its own for a test, gone with the object.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace certes::testing {

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "certes-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string path(const std::string& name = "") const { return name.empty() ? path_ : path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  std::string path_;
};

}  // namespace certes::testing
