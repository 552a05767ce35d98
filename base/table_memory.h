// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_TABLE_MEMORY_H_
#define CAIRN_BASE_TABLE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>

namespace cairn {

// A table did not get the memory that a setting asks for.  Never leaves the detector, which makes a
// status of it (detector/detector.h).
class NoTableMemory : public std::bad_alloc {
 public:
  // `setting`: its key in the configuration; must live for ever.
  NoTableMemory(const char* setting, uint64_t bytes) : setting_(setting), bytes_(bytes) {}

  const char* what() const noexcept override { return "no memory for a table"; }
  const char* setting() const { return setting_; }
  uint64_t bytes() const { return bytes_; }  // asked for at once

 private:
  const char* setting_;
  uint64_t bytes_;
};

// Gives `table`, a vector or the like, `size` elements.
template <typename Table>
void AllocateTable(Table& table, size_t size, const char* setting) {
  try {
    table.resize(size);
  } catch (const std::bad_alloc&) {
    throw NoTableMemory(setting, size * sizeof(typename Table::value_type));
  } catch (const std::length_error&) {
    throw NoTableMemory(setting, size * sizeof(typename Table::value_type));
  }
}

}  // namespace cairn

#endif  // CAIRN_BASE_TABLE_MEMORY_H_
