// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/sqlite_writer.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "output/sessions/columns.h"
#include "output/sessions/own_sessions.h"
#include "output/sessions/sqlite_schema.h"

namespace cairn::output {
namespace {

using Access = SqliteDatabase::Access;

constexpr uint64_t kBatch = 8192;
constexpr uint64_t kFirstGuess = 300;  // bytes of a record, before there is a mean

// Whether there is a file to speak of.
bool HoldsSomething(const std::string& path) {
  std::error_code fault;
  return std::filesystem::is_regular_file(path, fault) &&
         std::filesystem::file_size(path, fault) > 0;
}

absl::Status Remove(const std::string& path) {
  // The log goes first: without it the database is an older one, but a whole one.
  for (const std::string_view suffix : {"-wal", "-shm", "-journal", ""}) {
    std::error_code fault;
    std::filesystem::remove(fmt::format("{}{}", path, suffix), fault);
    if (fault) {
      return absl::PermissionDeniedError(
          fmt::format("{}: cannot be replaced: {}; remove it first", path, fault.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteDatabase> database)
    : database_(std::move(database)), places_(SessionColumns().size()) {}

absl::StatusOr<std::unique_ptr<SessionWriter>> SqliteWriter::Open(const std::string& path,
                                                                  ExistingFile existing,
                                                                  const files::OutputGuard& guard) {
  // The database looks at the contents itself: to open the file beside it would cost it its locks.
  const files::Output output = SessionOutput(path, SessionFormat::kSqlite, existing);
  if (absl::Status input = guard.CheckNoInput(output); !input.ok()) return input;
  const absl::Status others = CheckSessionDatabase(path, existing);
  const bool foreign = absl::IsInvalidArgument(others) && guard.replaces_foreign();
  if (!others.ok() && !foreign) return others;
  if (foreign || (existing == ExistingFile::kReplace && HoldsSomething(path))) {
    const absl::Status removed = Remove(path);
    if (!removed.ok()) return removed;
  }
  if (std::error_code fault; !std::filesystem::exists(path, fault)) {
    // The name's faults in the words of the other formats.
    const auto file = LineWriter::Open(output, guard);
    if (!file.ok()) return file.status();
  }
  absl::StatusOr<std::unique_ptr<SqliteDatabase>> database =
      SqliteDatabase::Open(path, Access::kCreate);
  if (!database.ok()) return database.status();
  std::unique_ptr<SqliteWriter> writer(new SqliteWriter(*std::move(database)));
  const absl::Status begun = writer->Begin();
  if (!begun.ok()) return begun;
  return writer;
}

absl::Status SqliteWriter::Begin() {
  // The log is made durable when it is moved into the database, not at every commit: a crash of the
  // whole system may cost the last commits, and never the file.
  absl::Status status = database_->Run(
      "PRAGMA page_size = 8192; PRAGMA cache_size = -16384; PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2048; BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> tables = database_->Text("SELECT count(*) FROM sqlite_master");
  if (!tables.ok()) return tables.status();
  status = *tables == "0" ? CreateSessionTables(*database_) : CheckSessionTables(*database_);
  if (!status.ok()) return status;
  absl::StatusOr<SqliteStatement> insert = database_->Prepare(InsertSessionSql());
  if (!insert.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: its table has other columns than this version writes; name another file",
                    database_->path()));
  }
  insert_ = *std::move(insert);
  absl::StatusOr<SqliteStatement> page_count = database_->Prepare("PRAGMA page_count");
  if (!page_count.ok()) return page_count.status();
  page_count_ = *std::move(page_count);
  const absl::StatusOr<std::string> page_bytes = database_->Text("PRAGMA page_size");
  if (!page_bytes.ok()) return page_bytes.status();
  ParseNumber(*page_bytes, page_bytes_);
  return Commit();
}

absl::Status SqliteWriter::Write(const SessionRecord& session) {
  if (!fault_.ok()) {
    ++lost_;
    return fault_;
  }
  ++uncommitted_;
  const absl::Status bound = Bind(session);
  if (!bound.ok()) return Keep(bound);
  const int code = sqlite3_step(insert_.get());
  if (code != SQLITE_DONE) return Keep(database_->Fault(database_->last_code()));
  sqlite3_reset(insert_.get());
  return uncommitted_ < kBatch ? absl::OkStatus() : Commit();
}

absl::Status SqliteWriter::Bind(const SessionRecord& session) {
  int place = 0;
  for (const Column& column : SessionColumns()) {
    ++place;
    const int code = column.get(session, cell_) ? BindColumn(place, column, session)
                                                : sqlite3_bind_null(insert_.get(), place);
    if (code != SQLITE_OK) return database_->Fault(code);
  }
  return absl::OkStatus();
}

int SqliteWriter::BindColumn(int place, const Column& column, const SessionRecord& session) {
  sqlite3_stmt* insert = insert_.get();
  switch (column.sql) {
    case SqlKind::kInteger:
    case SqlKind::kNanoseconds:
      return sqlite3_bind_int64(insert, place, static_cast<int64_t>(cell_.number));
    case SqlKind::kReal:
      return sqlite3_bind_double(insert, place, cell_.real);
    case SqlKind::kText:
      return BindText(place, cell_.text.data(), cell_.text.size());
    case SqlKind::kWord: {
      RowText row(times_, words_);
      char* own = places_[static_cast<size_t>(place) - 1].data();
      const char* end = column.PutOf(TextFormat::kTsv)(session, row, own);
      return sqlite3_bind_text(insert, place, own, static_cast<int>(end - own), SQLITE_STATIC);
    }
    case SqlKind::kWords: {
      words_.Clear();
      RowText row(times_, words_);
      row.Commit(column.PutOf(TextFormat::kTsv)(session, row, row.Room()));
      return sqlite3_bind_text(insert, place, words_.text().data(), static_cast<int>(words_.size()),
                               SQLITE_TRANSIENT);
    }
  }
  return SQLITE_MISUSE;
}

// Text that another column's value may take the place of.
int SqliteWriter::BindText(int place, const char* text, size_t bytes) {
  char* own = places_[static_cast<size_t>(place) - 1].data();
  if (bytes > kLongestPart) {
    return sqlite3_bind_text(insert_.get(), place, text, static_cast<int>(bytes), SQLITE_TRANSIENT);
  }
  std::copy_n(text, bytes, own);
  return sqlite3_bind_text(insert_.get(), place, own, static_cast<int>(bytes), SQLITE_STATIC);
}

absl::Status SqliteWriter::Flush() {
  if (!fault_.ok() || uncommitted_ == 0) return fault_;
  return Commit();
}

absl::Status SqliteWriter::Commit() {
  absl::Status status = database_->Run("COMMIT");
  if (!status.ok()) return Keep(status);
  committed_ += uncommitted_;
  uncommitted_ = 0;
  // At once, which keeps a second writer out.
  status = database_->Run("BEGIN IMMEDIATE");
  if (!status.ok()) return Keep(status);
  if (sqlite3_step(page_count_.get()) == SQLITE_ROW) {
    committed_bytes_ =
        static_cast<uint64_t>(sqlite3_column_int64(page_count_.get(), 0)) * page_bytes_;
  }
  sqlite3_reset(page_count_.get());
  return absl::OkStatus();
}

// After a fault: what is not committed is taken back.
absl::Status SqliteWriter::Keep(absl::Status fault) {
  fault_ = std::move(fault);
  lost_ += std::exchange(uncommitted_, 0);
  sqlite3_reset(insert_.get());
  // SQLite may have done so itself.
  static_cast<void>(database_->Run("ROLLBACK"));
  return fault_;
}

absl::Status SqliteWriter::Close() {
  if (fault_.ok() && uncommitted_ > 0) static_cast<void>(Commit());
  if (!fault_.ok()) return fault_;
  absl::Status status = database_->Run("COMMIT");
  status.Update(CreateSessionIndexes(*database_));
  insert_.reset();
  page_count_.reset();
  // One file at the end.  Somebody who reads just now keeps the log; whoever closes last removes
  // it.
  if (status.ok()) {
    status = database_->Run("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    if (absl::IsUnavailable(status)) status = absl::OkStatus();
  }
  return fault_ = status;
}

uint64_t SqliteWriter::bytes() const {
  const uint64_t mean = committed_ > 0 ? committed_bytes_ / committed_ : kFirstGuess;
  return committed_bytes_ + uncommitted_ * mean;
}

}  // namespace cairn::output
