// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/process_limits.h"

#include "catch2/catch.hpp"

namespace cairn::tracing {

TEST_CASE("descriptors are enough for all links at their worst") {
  const Options options;
  // A connection of a peer that moves to another port: itself, the listener, those who knock there
  // and the one that is accepted just now; one of this host's own: the old and the new one.
  const uint64_t links = uint64_t{options.links.max_links} * (7 + 2);
  const uint64_t limit = LimitsOf(options).descriptors;
  CHECK(limit > links + options.links.max_handshakes + options.links.addresses.size());
  CHECK(limit < links + 200);
  Options more = options;
  more.links.max_links = 1000;
  more.links.max_handshakes = 100;
  CHECK(LimitsOf(more).descriptors == limit + 872 * 9 + 92);
}

TEST_CASE("where the system has fewer descriptors there are fewer links") {
  Options options;
  options.links.max_links = 10000;
  for (const uint64_t most : {uint64_t{16384}, uint64_t{4096}, uint64_t{1024}}) {
    const Options fitted = WithLinksFor(options, most);
    CAPTURE(most, fitted.links.max_links);
    CHECK(LimitsOf(fitted).descriptors <= most);
    CHECK(LimitsOf(fitted).descriptors > most - 9);
  }
  CHECK(WithLinksFor(options, 0).links.max_links == 2);
  // What fits stays as it is.
  const Options usual;
  CHECK(WithLinksFor(usual, LimitsOf(usual).descriptors).links.max_links == usual.links.max_links);
}

TEST_CASE("files and memory have room for what the agent keeps") {
  Options options;
  const ProcessLimits usual = LimitsOf(options);
  options.knowledge.max_bytes = 1ULL << 30;
  const ProcessLimits large = LimitsOf(options);
  // A file is written anew at one and a half times of what is kept.
  CHECK(usual.file_bytes > 2 * Options().knowledge.max_bytes);
  CHECK(large.file_bytes > 2 * options.knowledge.max_bytes);
  CHECK(large.memory_bytes > 2 * options.knowledge.max_bytes);
  options.knowledge.max_bytes = 1ULL << 40;
  CHECK(LimitsOf(options).memory_bytes > options.knowledge.max_bytes);
}

}  // namespace cairn::tracing
