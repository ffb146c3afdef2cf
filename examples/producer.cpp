// Publishes an order and its payment, in this order, through a spool that outlives the program.
//
//   producer GATEWAY_URL SPOOL_DIRECTORY [KEY]

#include "client/producer.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s GATEWAY_URL SPOOL_DIRECTORY [KEY]\n", argv[0]);
    return 2;
  }
  certes::ProducerOptions options;
  options.gateway_url = argv[1];
  options.spool = argv[2];
  options.key = argc > 3 ? argv[3] : "";
  auto opened = certes::Producer::open(std::move(options));
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  certes::Producer& producer = **opened;

  for (const char* type : {"order.created", "order.paid"}) {
    certes::ProducerEvent event;
    event.type = type;
    event.source = "urn:shop";
    event.partition_key = "order-42";  // what has the same key is accepted in this order
    event.data = R"({"order":42})";
    const auto id = producer.publish(std::move(event));
    if (!id) {  // the spool is full, or the disk is: nothing was taken, so try again later
      std::fprintf(stderr, "%s\n", id.error().message.c_str());
      return 1;
    }
    std::printf("published %s %s\n", type, id->c_str());  // durable: a crash does not lose it
  }

  const std::size_t left = producer.close(certes::Millis{10'000});
  std::printf("%zu wait for the next start\n", left);
  return 0;
}
