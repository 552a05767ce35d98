// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_METHOD_H_
#define CAIRN_EVALUATION_METHOD_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/flow.h"

namespace cairn::evaluation {

// One way to tell a stepping stone from strangers.
struct Method {
  std::string name;  // short: a column's heading
  std::string what;  // for people
  // The higher, the likelier a stepping stone.  Called from several threads at once.
  std::function<double(const FlowPair&)> score;
  // The score from which on the method would alert, where it names one: then the error rates at it
  // and the time until it is reached are measured, too.
  std::optional<double> alert_at;
};

// The methods that the protocol compares, in the order of the report.  A new one is one more entry
// in method.cc.  `needed_nats`: what the methods by evidence alert at.
std::vector<Method> Methods(double needed_nats);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_METHOD_H_
