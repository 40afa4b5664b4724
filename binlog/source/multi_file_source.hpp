// Events of several log files in order: a list from the command line, or a folder with its index.
//
// Owns the files, one open at a time; one thread. Every file begins with `file_begin` and ends with `file_end`; only
// the last may have a torn tail. A group cut at the end of an earlier file is for the assembler to see.
#pragma once

#include "binlog/source/file_source.hpp"
#include "binlog/source/log_directory.hpp"
#include "binlog/source/rotation.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace binferry {

struct MultiFileOptions {
  // `file.start` counts in the first file that is read; `file.tail` is the rule for the last.
  FileSourceOptions file{};
  // Base name of the file to begin with; empty: the first.
  std::string start_file{};
  // Told what is odd but no error, in one line.
  std::function<void(const std::string&)> note{};
};

class MultiFileSource final : public EventSource {
 public:
  // Files, `-`, or one folder or index file. In a folder every file must be there and follow the one before it; files
  // named one by one may be of any origin, and a ROTATE to another file than the next is only noted.
  // Errors: `usage` (a folder among files), `not_found` (also an empty folder, or one without start_file), `io`.
  static Result<std::unique_ptr<MultiFileSource>> open(const std::vector<std::string>& arguments,
                                                       const MultiFileOptions& options = {});

  Result<SourceState> next(RawEvent& event) override;
  [[nodiscard]] const FormatDescription& format() const override { return current_->format(); }
  [[nodiscard]] const std::string& file() const override { return current_->file(); }
  [[nodiscard]] const std::string& path() const override { return current_->path(); }
  [[nodiscard]] std::uint64_t torn_tail_bytes() const override { return current_->torn_tail_bytes(); }
  [[nodiscard]] std::uint64_t header_bytes() const override { return current_->header_bytes(); }
  [[nodiscard]] std::uint64_t skipped_bytes() const override { return current_->skipped_bytes(); }
  [[nodiscard]] std::uint64_t file_bytes() const override { return current_->file_bytes(); }

  // Paths of the files that are read, in order.
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }

 private:
  MultiFileSource(std::vector<std::string> paths, bool in_sequence, const MultiFileOptions& options)
      : options_(options), paths_(std::move(paths)), in_sequence_(in_sequence) {}

  Status open_current();
  Status check_rotation() const;

  MultiFileOptions options_;
  std::vector<std::string> paths_;
  bool in_sequence_;  // the files are one server's, without a gap
  std::size_t index_ = 0;
  std::unique_ptr<FileSource> current_;
  Rotation rotation_;
};

}  // namespace binferry
