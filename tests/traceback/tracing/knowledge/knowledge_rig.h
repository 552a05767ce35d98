// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_KNOWLEDGE_RIG_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_KNOWLEDGE_RIG_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"
#include "tests/traceback/tracing/knowledge/sample_chains.h"
#include "traceback/tracing/knowledge/knowledge.h"

namespace cairn::tracing {

// Knowledge in a folder of its own, which can be opened anew.
struct KnowledgeRig {
  KnowledgeRig() { Restart(); }

  void Restart() {
    knowledge.reset();
    auto opened = Knowledge::Open(folder.File(""), AgentNamed(self), options, now);
    INFO(opened.status());
    REQUIRE(opened.ok());
    knowledge = *std::move(opened);
  }
  Added Add(const Chain& chain) { return knowledge->Add(chain, now); }
  size_t Count(const ChainQuery& query) const { return knowledge->Find(query).size(); }
  std::string Journal() const { return folder.File("chains"); }

  testing::ScratchFolder folder;
  std::string self = "self.example.org";
  KnowledgeOptions options;
  PacketTime now = SampleTime();
  std::unique_ptr<Knowledge> knowledge;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_KNOWLEDGE_RIG_H_
