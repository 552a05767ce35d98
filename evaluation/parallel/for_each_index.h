// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_PARALLEL_FOR_EACH_INDEX_H_
#define CAIRN_EVALUATION_PARALLEL_FOR_EACH_INDEX_H_

#include <cstddef>
#include <functional>

namespace cairn::evaluation {

// Calls work(0) ... work(count - 1), each once, on `threads` threads, in any order; returns when
// all are done.  The result is the same for every number of threads when each call writes only what
// belongs to its index.  Requires: threads >= 1.
void ForEachIndex(size_t count, int threads, const std::function<void(size_t)>& work);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_PARALLEL_FOR_EACH_INDEX_H_
