#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

int main(int argc, char** argv) {
  spdlog::default_logger();  // made before there are threads: TSan does not see the guard inside the library
  return doctest::Context(argc, argv).run();
}
