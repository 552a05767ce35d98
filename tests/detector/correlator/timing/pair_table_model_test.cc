// SPDX-License-Identifier: BSD-3-Clause
// The pair table and the states that it keeps alive, against a plain map, under random operations.
#include <map>
#include <random>
#include <set>

#include "catch2/catch.hpp"

#include "detector/correlator/timing/pair_table.h"
#include "tests/support/segment_builder.h"

namespace cairn::timing {
namespace {

constexpr uint32_t kConnections = 30;

Onset OnsetOf(uint32_t slot, uint64_t uid) {
  Onset onset;
  onset.time = testing::Ms(static_cast<int64_t>(uid));
  onset.slot = slot;
  onset.uid = uid;
  onset.history[0] = {.is_onset = true, .count = 1, .reverse_count = 0, .previous = {}};
  return onset;
}

// A pair is known by its two inputs, in either order.
using Key = std::pair<std::pair<uint32_t, uint8_t>, std::pair<uint32_t, uint8_t>>;
Key KeyOf(uint32_t a, uint8_t fa, uint32_t b, uint8_t fb) {
  return std::minmax(std::pair{a, fa}, std::pair{b, fb});
}

// Connections on slots 0..kConnections-1, pairs among them.
class PairTableModelBench {
 public:
  PairTableModelBench(uint32_t max_pairs, uint32_t max_per_connection)
      : max_pairs_(max_pairs),
        max_per_connection_(max_per_connection),
        table_(states_, max_pairs, max_per_connection) {
    for (uint32_t slot = 0; slot < kConnections; ++slot) Start(slot);
  }

  void Start(uint32_t slot) {
    uid_[slot] = ++last_uid_;
    states_.OnOnset(OnsetOf(slot, uid_[slot]));
  }

  void Insert(uint32_t a, uint8_t fa, uint32_t b, uint8_t fb, uint32_t coincidences) {
    const Key key = KeyOf(a, fa, b, fb);
    const bool known = model_.contains(key);
    const uint32_t state_a = states_.Find(a);
    const uint32_t state_b = states_.Find(b);
    if (state_a != ConnectionStates::kNone && state_b != ConnectionStates::kNone) {
      const auto found = table_.Find({state_a, fa}, {state_b, fb});
      REQUIRE(found.has_value() == known);
      REQUIRE(table_.Find({state_b, fb}, {state_a, fa}) == found);
      if (known) REQUIRE(table_[*found].direction[0].coincidences == model_[key]);
    } else {
      REQUIRE_FALSE(known);
    }
    if (known) return;
    const Pair::Input first{states_.FindOrCreate(OnsetOf(a, uid_[a])), fa};
    const Pair::Input second{states_.FindOrCreate(OnsetOf(b, uid_[b])), fb};
    const auto index = table_.Insert(first, second, PairKind::kDirect);
    Forget();  // what has been evicted
    if (!index.has_value()) {
      ++refused_;
      return;
    }
    table_[*index].direction[0].coincidences = coincidences;
    table_[*index].reported = coincidences >= 990;
    model_[key] = coincidences;
    if (coincidences >= 990) reported_.insert(key);
  }

  void EndConnection(uint32_t slot) {
    states_.OnEnd(slot);
    const uint32_t state = states_.Find(slot);
    if (state != ConnectionStates::kNone) {
      while (true) {
        const bool last = states_[state].pairs == 1;
        table_.Erase(states_[state].first_pair / 2);
        if (last) break;
      }
    }
    std::erase_if(model_, [&](const auto& entry) {
      return entry.first.first.first == slot || entry.first.second.first == slot;
    });
    std::erase_if(reported_, [&](const Key& key) {
      return key.first.first == slot || key.second.first == slot;
    });
    REQUIRE(states_.Find(slot) == ConnectionStates::kNone);
    Start(slot);
  }

  void Check() {
    REQUIRE(table_.size() == model_.size());
    REQUIRE(table_.size() <= max_pairs_);
    for (const Key& key : reported_) REQUIRE(model_.contains(key));
    for (uint32_t slot = 0; slot < kConnections; ++slot) {
      std::multiset<uint32_t> expected;
      for (const auto& [key, coincidences] : model_) {
        if (key.first.first == slot || key.second.first == slot) expected.insert(coincidences);
      }
      const uint32_t state = states_.Find(slot);
      REQUIRE((state == ConnectionStates::kNone) == expected.empty());
      if (expected.empty()) continue;
      REQUIRE(states_[state].uid == uid_[slot]);
      REQUIRE(states_[state].pairs == expected.size());
      REQUIRE(states_[state].pairs <= max_per_connection_);
      std::multiset<uint32_t> listed;
      for (uint32_t link = states_[state].first_pair; link != Pair::kNoLink;
           link = table_[link / 2].next[link % 2]) {
        REQUIRE(table_[link / 2].in_use);
        REQUIRE(table_[link / 2].input[link % 2].state == state);
        listed.insert(table_[link / 2].direction[0].coincidences);
      }
      REQUIRE(listed == expected);
    }
  }

  uint64_t evicted() const { return table_.evicted(); }
  uint64_t created() const { return table_.created(); }
  int refused() const { return refused_; }

 private:
  // Drops from the model what the table has evicted: never a reported pair.
  void Forget() {
    std::erase_if(model_, [&](const auto& entry) {
      const uint32_t a = states_.Find(entry.first.first.first);
      const uint32_t b = states_.Find(entry.first.second.first);
      const bool kept =
          a != ConnectionStates::kNone && b != ConnectionStates::kNone &&
          table_.Find({a, entry.first.first.second}, {b, entry.first.second.second}).has_value();
      if (!kept) REQUIRE_FALSE(reported_.contains(entry.first));
      return !kept;
    });
  }

  const uint32_t max_pairs_;
  const uint32_t max_per_connection_;
  ConnectionStates states_;
  PairTable table_;
  std::map<Key, uint32_t> model_;
  std::set<Key> reported_;
  std::array<uint64_t, kConnections> uid_{};
  uint64_t last_uid_ = 0;
  int refused_ = 0;
};

void Exercise(PairTableModelBench& bench, uint32_t seed) {
  std::mt19937 random(seed);
  for (int step = 0; step < 4000; ++step) {
    if (random() % 20 == 0) {
      bench.EndConnection(static_cast<uint32_t>(random() % kConnections));
    } else {
      const auto a = static_cast<uint32_t>(random() % kConnections);
      const auto b = static_cast<uint32_t>(random() % kConnections);
      if (a != b) {
        bench.Insert(a, static_cast<uint8_t>(random() % 2), b, static_cast<uint8_t>(random() % 2),
                     static_cast<uint32_t>(random() % 1000));
      }
    }
    bench.Check();
  }
}

TEST_CASE("The pair table holds what a map would hold, and a state lives as long as its pairs") {
  PairTableModelBench bench(1000000, 1000000);
  Exercise(bench, 1);
  CHECK(bench.evicted() == 0);
  CHECK(bench.refused() == 0);
}

TEST_CASE("A bounded pair table keeps its bounds and its reported pairs") {
  SECTION("in total") {
    PairTableModelBench bench(40, 1000);
    Exercise(bench, 2);
    CHECK(bench.evicted() > 1000);
  }
  SECTION("per connection") {
    PairTableModelBench bench(1000000, 4);
    Exercise(bench, 3);
    CHECK(bench.evicted() > 1000);
  }
  SECTION("a single pair") {
    PairTableModelBench bench(1, 1);
    Exercise(bench, 4);
    CHECK(bench.evicted() > 100);
    CHECK(bench.refused() > 10);
  }
}

DirectionStats Counts(uint32_t coincidences, uint32_t consecutive) {
  DirectionStats direction;
  direction.coincidences = coincidences;
  direction.consecutive = consecutive;
  return direction;
}

TEST_CASE("The pair that gives way has the fewest consecutive coincidences, then the fewest") {
  ConnectionStates states;
  PairTable table(states, 1000, 3);
  const auto state = [&](uint32_t slot) {
    const Onset onset = OnsetOf(slot, slot + 1);
    states.OnOnset(onset);
    return states.FindOrCreate(onset);
  };
  const auto insert = [&](uint32_t slot) {
    return table.Insert({state(0), 0}, {state(slot), 0}, PairKind::kDirect);
  };
  const auto is_held = [&](uint32_t slot) { return states.Find(slot) != ConnectionStates::kNone; };
  table[*insert(1)].direction[0] = Counts(9, 0);
  table[*insert(2)].direction[1] = Counts(2, 1);
  table[*insert(3)].direction[0] = Counts(8, 0);
  table[*insert(4)].direction[0] = Counts(20, 5);
  CHECK_FALSE(is_held(3));
  table[*insert(5)].direction[0] = Counts(20, 5);
  CHECK_FALSE(is_held(1));
  insert(6);
  CHECK_FALSE(is_held(2));
  CHECK(table.size() == 3);
  CHECK(table.evicted() == 3);
}

TEST_CASE("When all pairs are reported a new one is refused, and leaves nothing behind") {
  ConnectionStates states;
  PairTable table(states, 1, 10);
  const auto state = [&](uint32_t slot) {
    const Onset onset = OnsetOf(slot, slot + 1);
    states.OnOnset(onset);
    return states.FindOrCreate(onset);
  };
  table[*table.Insert({state(0), 0}, {state(1), 0}, PairKind::kDirect)].reported = true;
  CHECK_FALSE(table.Insert({state(2), 0}, {state(1), 0}, PairKind::kDirect).has_value());
  CHECK(states.Find(2) == ConnectionStates::kNone);
  CHECK(states.Find(1) != ConnectionStates::kNone);
  CHECK(table.size() == 1);
}

}  // namespace
}  // namespace cairn::timing
