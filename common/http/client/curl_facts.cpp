#include "common/http/client/curl_facts.hpp"

#include <algorithm>
#include <limits>

#include "common/http/listener.hpp"

namespace certes::http {
namespace {

curl_off_t until(CURL* easy, CURLINFO info) {
  curl_off_t us = 0;
  return ::curl_easy_getinfo(easy, info, &us) == CURLE_OK ? us : 0;
}

// libcurl's times are from the beginning on; of what did not come about they are 0.
Phases::Part between(curl_off_t from, curl_off_t to) {
  if (to <= 0) return std::nullopt;
  constexpr curl_off_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<curl_off_t>(to - from, 0, kMost));
}

}  // namespace

// Of a connection that was kept they say nothing.
Phases phases_of(CURL* easy, SteadyTime name_asked, SteadyTime begun) {
  Phases phases;
  if (name_asked <= begun)
    phases.name = between(0, std::chrono::ceil<std::chrono::microseconds>(begun - name_asked).count());
  long made = 0;
  ::curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made);
  const curl_off_t connected = until(easy, CURLINFO_CONNECT_TIME_T);
  if (made > 0) {
    phases.connect = between(until(easy, CURLINFO_NAMELOOKUP_TIME_T), connected);
    phases.tls = between(connected, until(easy, CURLINFO_APPCONNECT_TIME_T));
  }
  phases.first_byte = between(until(easy, CURLINFO_PRETRANSFER_TIME_T), until(easy, CURLINFO_STARTTRANSFER_TIME_T));
  return phases;
}

// libcurl knows it once it is connected.
std::string address_of(CURL* easy, const sockaddr_storage* dialled) {
  const char* ip = nullptr;
  long port = 0;
  ::curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
  ::curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
  const bool known = ip != nullptr && *ip != 0;
  if (!known && dialled == nullptr) return {};
  std::string address = known ? std::string(ip) : numeric_address(*dialled);
  if (address.find(':') != std::string::npos) address = "[" + address + "]";
  return address + ":" + std::to_string(known ? port : port_of(*dialled));
}

}  // namespace certes::http
