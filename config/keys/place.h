// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_PLACE_H_
#define CAIRN_CONFIG_KEYS_PLACE_H_

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

// Where in a configuration a reader is, and what it found wrong there.
namespace cairn::config {

// A position in a text, counted from 1.  Line 0: no position (a value from the command line).
struct Mark {
  int line = 0;
  int column = 0;
  constexpr auto operator<=>(const Mark&) const = default;
};

// Collects all faults of one configuration, so that they are reported together.
class Problems {
 public:
  // `source` stands before every message: a file's name, or nothing.
  explicit Problems(std::string_view source) : source_(source) {}

  void Add(Mark mark, std::string_view text);
  // What is accepted and would be better written otherwise.
  void Warn(Mark mark, std::string_view text);
  bool empty() const { return faults_.kept.empty(); }
  // Further problems are only counted: their texts need not be made.
  bool full() const;
  // "SOURCE:LINE:COLUMN", as much of it as there is.
  std::string Position(Mark mark) const;
  // OK, or InvalidArgument with one line "SOURCE:LINE:COLUMN: TEXT" for each problem in the order
  // of the file.
  absl::Status ToStatus() const;
  // The warnings in the same form, "SOURCE:LINE:COLUMN: warning: TEXT"; empty: none.
  std::string WarningText() const;

 private:
  struct Problem {
    Mark mark;
    std::string text;
  };
  struct List {
    std::vector<Problem> kept;
    size_t left_out = 0;
    void Add(Mark mark, std::string_view text);
  };
  std::string Text(const List& list, std::string_view kind) const;

  std::string source_;
  List faults_;
  List warnings_;
};

// The key whose value is being read.  A view: it must not outlive the `problems` it was made with.
class Place {
 public:
  Place(Problems& problems, std::string path) : problems_(&problems), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  Problems& problems() const { return *problems_; }
  // The place of the key `name` below this one.
  Place Key(std::string_view name) const;
  // The place of the list item `index`, counted from 0 but written from 1, as people count.
  Place Item(size_t index) const;
  // Adds the problem "PATH: TEXT".
  void Fail(Mark mark, std::string_view text) const;
  // Adds the warning "PATH: TEXT".
  void Warn(Mark mark, std::string_view text) const;

 private:
  std::string Line(std::string_view text) const;

  Problems* problems_;
  std::string path_;
};

// `text` in quotes for a message: control characters escaped, a long text cut.
std::string Quoted(std::string_view text);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_PLACE_H_
