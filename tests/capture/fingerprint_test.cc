// SPDX-License-Identifier: BSD-3-Clause
#include "capture/fingerprint.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::capture {
namespace {

int64_t FingerprintOf(const std::string& text) {
  return Fingerprint({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

std::string Words(std::mt19937& random, size_t bytes) {
  static const std::vector<std::string> kWords = {
      "GET ",  "/scripts/", "root.exe", "?/c+dir", " HTTP/1.0\r\n", "Host: ", "www.example.com",
      "\r\n",  "User-",     "Agent: ",  "Mozilla", "/4.0 (",        "compat", "ible; ",
      "MSIE ", "6.0)",      "Accept: ", "image/",  "gif, ",         "*/*",    "Connection: "};
  std::string text;
  while (text.size() < bytes) text += kWords[random() % kWords.size()];
  text.resize(bytes);
  return text;
}

// The median distance between a text and what `change` makes of it.
int64_t MedianDistance(size_t bytes,
                       const std::function<std::string(std::string, std::mt19937&)>& change) {
  std::mt19937 random(11);
  std::vector<int64_t> distances;
  for (int i = 0; i < 1001; ++i) {
    const std::string text = Words(random, bytes);
    distances.push_back(std::abs(FingerprintOf(text) - FingerprintOf(change(text, random))));
  }
  std::nth_element(distances.begin(), distances.begin() + 500, distances.end());
  return distances[500];
}

std::string OneByteChanged(std::string text, std::mt19937& random) {
  text[random() % text.size()] = static_cast<char>('!' + random() % 90);
  return text;
}

std::string AddressChanged(std::string text, std::mt19937& random) {
  const auto place = static_cast<std::ptrdiff_t>(text.size() / 2);
  const auto address = [&random] {
    return std::to_string(random() % 256) + '.' + std::to_string(random() % 256) + '.' +
           std::to_string(random() % 256) + '.' + std::to_string(random() % 256);
  };
  const std::string other = address();
  std::copy(other.begin(), other.end(), text.begin() + place);
  return text;
}

std::string Unrelated(std::string text, std::mt19937& random) { return Words(random, text.size()); }

std::string OtherBytes(std::string text, std::mt19937& random) {
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST_CASE("equal data have equal fingerprints, whenever they are taken") {
  std::mt19937 random(3);
  for (size_t bytes = 0; bytes < 300; ++bytes) {
    const std::string text = Words(random, bytes);
    CHECK(FingerprintOf(text) == FingerprintOf(std::string(text)));
  }
  // Written in files, so they must never change.
  CHECK(FingerprintOf("") == 0);
  CHECK(FingerprintOf("GET / HTTP/1.0\r\n\r\n") == 299);
}

TEST_CASE("the nearer the data the nearer the fingerprints: one byte, an address, other data") {
  for (const size_t bytes : {size_t{64}, size_t{200}, size_t{1000}}) {
    INFO(bytes);
    const int64_t one_byte = MedianDistance(bytes, OneByteChanged);
    const int64_t address = MedianDistance(bytes, AddressChanged);
    const int64_t unrelated = MedianDistance(bytes, Unrelated);
    const int64_t random = MedianDistance(bytes, OtherBytes);
    INFO(one_byte << ' ' << address << ' ' << unrelated << ' ' << random);
    // As the header says: 16 for each run of three that the two do not share.
    CHECK(one_byte > 30);
    CHECK(one_byte < 200);
    CHECK(address > one_byte);
    CHECK(address < 1100);
    CHECK(unrelated > one_byte * 4);
    CHECK(random > static_cast<int64_t>(bytes) * 20);
    CHECK(random < static_cast<int64_t>(bytes) * 50);
  }
}

TEST_CASE("data of the same kind stand together among others") {
  // Of a hundred requests that differ in an address, most are nearest to another of their kind.
  std::mt19937 random(5);
  const std::string request = Words(random, 200);
  std::vector<int64_t> alike;
  std::vector<int64_t> others;
  for (int i = 0; i < 100; ++i) {
    alike.push_back(FingerprintOf(AddressChanged(request, random)));
    others.push_back(FingerprintOf(OtherBytes(request, random)));
  }
  int together = 0;
  for (size_t i = 0; i < alike.size(); ++i) {
    const auto nearest = [&](const std::vector<int64_t>& among, bool own) {
      int64_t least = std::numeric_limits<int64_t>::max();
      for (size_t k = 0; k < among.size(); ++k) {
        if (!own || k != i) least = std::min(least, std::abs(among[k] - alike[i]));
      }
      return least;
    };
    if (nearest(alike, true) < nearest(others, false)) ++together;
  }
  CHECK(together >= 85);
}

TEST_CASE("the shortest data have fingerprints, too") {
  CHECK(FingerprintOf("a") != FingerprintOf("b"));
  CHECK(FingerprintOf("ab") != FingerprintOf("ba"));
}

}  // namespace
}  // namespace cairn::capture
