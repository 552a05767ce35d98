// SPDX-License-Identifier: BSD-3-Clause
#include "output/chain_hops.h"

#include "catch2/catch.hpp"

#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

TEST_CASE("A chain is put together from the update that has all hops and those that add some") {
  ChainHops chain;
  CHECK_FALSE(chain.is_exact());
  ChainUpdate update = samples::ThreeHops();
  chain.Take(update);
  CHECK(chain.hops().size() == 3);
  CHECK(chain.is_exact());
  update.complete = false;
  update.hops.erase(update.hops.begin(), update.hops.begin() + 2);
  update.hop_count = 4;
  chain.Take(update);
  CHECK(chain.hops().size() == 4);
  CHECK(chain.is_exact());
  // A change that is not told yet.
  update.hops.clear();
  update.deferred = true;
  chain.Take(update);
  CHECK_FALSE(chain.is_exact());
  update.deferred = false;
  update.hop_count = 5;
  chain.Take(update);
  CHECK_FALSE(chain.is_exact());
  ChainUpdate whole = samples::ThreeHops();
  whole.ended = true;
  chain.Take(whole);
  CHECK(chain.hops().size() == 3);
  CHECK(chain.is_exact());
}

}  // namespace
}  // namespace cairn::output
