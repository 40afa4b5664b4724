#include "binlog/source/file_source.hpp"

#include "binlog/base/byte_reader.hpp"

#include <algorithm>

namespace binferry {
namespace {

constexpr std::size_t kMagicSize = 4;
constexpr std::string_view kPlainMagic = "\xFE\x62in";
// A followed file's last event may be read while it is written. It is read again this often before it counts as
// corrupt.
constexpr int kBrokenReads = 25;

constexpr const char* kFetchAgain = "fetch the file again, or restore it from another copy";

std::string base_name(const std::string& path) {
  if (path == "-") return "stdin";
  return path.substr(path.rfind('/') + 1);
}

bool is_head_event(EventType type) {
  return type == EventType::format_description || type == EventType::start_encryption ||
         type == EventType::previous_gtids || type == EventType::gtid_list;
}

// What stands behind the encryption header of a MySQL log, as the plain file it decrypts to.
class DecryptingInput final : public Input {
 public:
  DecryptingInput(std::unique_ptr<Input> input, MysqlFileDecryptor decryptor)
      : input_(std::move(input)), decryptor_(std::move(decryptor)) {}

  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t at_least) override {
    Result<std::size_t> got = input_->read(offset + kMysqlEncryptionHeaderSize, into, at_least);
    if (!got) return got;
    if (Status done = decryptor_.decrypt(offset, into.first(*got)); !done) return propagate(done);
    return got;
  }
  Result<std::optional<std::uint64_t>> size() const override {
    Result<std::optional<std::uint64_t>> total = input_->size();
    if (total && total->has_value()) *total = **total - std::min<std::uint64_t>(**total, kMysqlEncryptionHeaderSize);
    return total;
  }
  [[nodiscard]] bool is_still(const std::string& path) const override { return input_->is_still(path); }

 private:
  std::unique_ptr<Input> input_;
  MysqlFileDecryptor decryptor_;
};

std::size_t checksum_size(const FormatDescription& format) {
  return format.checksum == ChecksumAlgorithm::crc32 ? kChecksumSize : 0;
}

}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path, const FileSourceOptions& options) {
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return propagate(input, path);
  return std::make_unique<FileSource>(std::move(*input), path, options);
}

FileSource::FileSource(std::unique_ptr<Input> input, const std::string& path, const FileSourceOptions& options)
    : options_(options),
      path_(path),
      name_(base_name(path)),
      window_(std::move(input), options.buffer_bytes),
      framer_(FramerOptions{.keys = options.mariadb_keys, .limits = options.limits}) {}

const FormatDescription& FileSource::format() const {
  static const FormatDescription kNone;
  return framer_.format() != nullptr ? *framer_.format() : kNone;
}

Result<SourceState> FileSource::next(RawEvent& event) {
  switch (phase_) {
    case Phase::events: return next_event(event);
    case Phase::head: return next_in_head(event);
    case Phase::magic: return read_magic(event);
    case Phase::begin: phase_ = Phase::magic; return SourceState::file_begin;
    case Phase::ended: break;
  }
  return SourceState::end;
}

Result<SourceState> FileSource::read_magic(RawEvent& event) {
  Result<Bytes> magic = window_.at(0, kMagicSize);
  if (!magic) return propagate(magic, name_);
  if (magic->size() < kMagicSize) return at_end(*magic, magic->size());
  if (is_mysql_encrypted(*magic) && !decrypted_) return begin_decryption(event);
  if (text_of(*magic) != kPlainMagic && decrypted_) {
    return std::unexpected(
        Error{Errc::encrypted, "the keyring's key does not open this log", name_, "give the server's keyring"});
  }
  if (text_of(*magic) != kPlainMagic) {
    return std::unexpected(Error{Errc::corrupt, "not a binary log: it begins with " + to_hex(*magic), name_,
                                 "a log begins with FE62696E"});
  }
  offset_ = kFirstEventOffset;
  if (options_.start < kFirstEventOffset) return std::unexpected(not_a_boundary());
  phase_ = options_.start == kFirstEventOffset ? Phase::events : Phase::head;
  return next(event);
}

Result<SourceState> FileSource::begin_decryption(RawEvent& event) {
  Result<Bytes> head = window_.at(0, kMysqlEncryptionHeaderSize);
  if (!head) return propagate(head, name_);
  if (head->size() < kMysqlEncryptionHeaderSize) return at_end(*head, head->size());
  Result<MysqlEncryptionHeader> header = parse_mysql_encryption_header(*head);
  if (!header) return propagate(header, name_);
  if (options_.mysql_keyring == nullptr) {
    return std::unexpected(Error{Errc::encrypted, "the log is encrypted with the key " + header->key_id, name_,
                                 "give the server's keyring file"});
  }
  Result<MysqlFileDecryptor> decryptor = MysqlFileDecryptor::create(*header, *options_.mysql_keyring);
  if (!decryptor) return propagate(decryptor, name_);
  window_.wrap_input([&](std::unique_ptr<Input> input) {
    return std::make_unique<DecryptingInput>(std::move(input), std::move(*decryptor));
  });
  decrypted_ = true;
  return read_magic(event);
}

Result<SourceState> FileSource::next_in_head(RawEvent& event) {
  // In an encrypted file the type of an event cannot be seen, and nothing behind START_ENCRYPTION is depended on.
  if (offset_ < options_.start && !framer_.decrypting()) {
    Result<Bytes> stored = window_.at(offset_, kEventHeaderSize);
    if (!stored) return propagate(stored, name_);
    if (offset_ == kFirstEventOffset) return next_event(event);
    if (stored->size() == kEventHeaderSize && is_head_event(EventType{(*stored)[4]})) return next_event(event);
  }
  if (Status sought = seek_to_start(); !sought) return propagate(sought);
  phase_ = Phase::events;
  return next_event(event);
}

Status FileSource::seek_to_start() {
  if (options_.start < offset_) return std::unexpected(not_a_boundary());
  Result<std::optional<std::uint64_t>> total = window_.input().size();
  if (!total) return propagate(total, name_);
  if (total->has_value() && options_.start > **total) {
    return std::unexpected(Error{Errc::not_found,
                                 "position " + std::to_string(options_.start) +
                                     " is beyond the end of the file, which has " + std::to_string(**total) + " bytes",
                                 name_, "check that it is the right file"});
  }
  head_end_ = offset_;
  // A relay log may hold several FORMAT_DESCRIPTIONs, each in force up to the next; a pipe must be read in any case.
  if (relay_log_ || !total->has_value()) return walk_to_start();
  unproven_start_ = offset_ != options_.start;
  offset_ = options_.start;
  return {};
}

// Whether an event begins at options_.start, of which `head` is there. Its end position tells in a glance; where that
// is missing or unreadable, only the events before it can.
Status FileSource::prove_start(Bytes head) {
  if (head.empty() || (head.size() < kEventHeaderSize && options_.follow)) return {};  // ask again when there is more
  unproven_start_ = false;
  if (head.size() == kEventHeaderSize && !framer_.decrypting()) {
    const Result<EventHeader> header = parse_header(head);
    if (!header) return std::unexpected(not_a_boundary());
    if (header->log_pos != 0 && counts_positions()) {
      if (header->log_pos == static_cast<std::uint32_t>(offset_ + header->length)) return {};
      return std::unexpected(not_a_boundary());
    }
  }
  offset_ = head_end_;
  return walk_to_start();
}

Status FileSource::walk_to_start() {
  RawEvent passed;
  while (offset_ < options_.start) {
    Result<SourceState> state = next_event(passed);
    if (!state) return propagate(state);
    if (*state != SourceState::event) return std::unexpected(not_a_boundary());
  }
  if (offset_ != options_.start) return std::unexpected(not_a_boundary());
  return {};
}

Result<SourceState> FileSource::next_event(RawEvent& event) {
  if (!mapped_.bytes().empty()) mapped_.clear();
  Result<Bytes> head = window_.at(offset_, kEventHeaderSize);
  if (!head) return propagate(head, name_);
  if (offset_ == kFirstEventOffset && head->size() == kEventHeaderSize)
    in_use_ = ((*head)[17] & EventHeader::kInUse) != 0;
  if (unproven_start_) [[unlikely]] {
    if (Status proved = prove_start(*head); !proved) return propagate(proved);
    head = window_.at(offset_, kEventHeaderSize);
    if (!head) return propagate(head, name_);
  }
  if (head->size() < kEventHeaderSize) return at_end(*head, head->size());

  const Result<std::uint32_t> length = event_length(*head, options_.limits);
  if (!length) {
    Error error = length.error();
    error = std::move(error).at(place(*head));
    if (options_.tail != TailRule::whole && (in_use_ || options_.tail == TailRule::active)) {
      Result<std::uint64_t> zeros = zeros_to_end();
      if (!zeros) return propagate(zeros, name_);
      if (*zeros != 0) return at_end({}, *zeros);
    }
    return broken(std::move(error));
  }
  if (*length > options_.buffer_bytes) [[unlikely]] {
    const Result<EventHeader> header = parse_header(*head);
    // No memory for an event that is not there: the length may be anything.
    Result<std::optional<std::uint64_t>> total = window_.input().size();
    if (!total) return propagate(total, name_);
    if (total->has_value() && offset_ + *length > **total) return at_end(*head, head->size());
    if (*length > options_.mapped_event_bytes && !framer_.decrypting()) return next_large(*header, event);
  }
  Result<Bytes> stored = window_.at(offset_, *length);
  if (!stored) return propagate(stored, name_);
  if (stored->size() < *length) return at_end(*stored, stored->size());
  event.is_mapped = false;
  if (Status framed = framer_.frame(*stored, offset_, name_, event); !framed) return broken(std::move(framed.error()));
  return accept(event);
}

// What the framer does, without ever looking at the whole of the event.
Result<SourceState> FileSource::next_large(const EventHeader& header, RawEvent& event) {
  const std::string where = name_ + ":" + std::to_string(offset_) + ": " + std::string(name_of(header.type));
  const FormatDescription* format = framer_.format();
  if (format == nullptr || header.type == EventType::format_description || header.type == EventType::start_encryption) {
    return broken(Error{Errc::corrupt, "length " + std::to_string(header.length) + " cannot be", where, kFetchAgain});
  }
  if (duty_of(header.type) == EventDuty::unknown && (header.flags & EventHeader::kIgnorable) == 0) {
    return std::unexpected(Error{Errc::unknown_event, "event type " + std::to_string(static_cast<int>(header.type)),
                                 where, "a newer binferry may know it"});
  }
  const std::size_t checksum_bytes = checksum_size(*format);
  Result<bool> loaded = mapped_.load(window_, offset_, header.length, checksum_bytes, options_.temporary_directory);
  if (!loaded) return propagate(loaded, where);
  if (!*loaded) {  // the end of a pipe: files were measured before
    return at_end({}, kEventHeaderSize);
  }
  const Bytes bytes = mapped_.bytes();
  if (checksum_bytes != 0) {
    ByteReader stored(bytes.last(kChecksumSize));
    if (const std::uint32_t crc = stored.u32(); crc != mapped_.crc()) {
      return broken(Error{Errc::checksum,
                          "checksum mismatch in an event of " + std::to_string(header.length) + " bytes", where,
                          kFetchAgain});
    }
  }
  event = RawEvent{.header = header,
                   .bytes = bytes,
                   .body = bytes.subspan(format->header_length, bytes.size() - format->header_length - checksum_bytes),
                   .file = name_,
                   .offset = offset_,
                   .end = offset_ + header.length,
                   .is_mapped = true};
  return accept(event);
}

// The checks that need the event's place, and the step behind it.
Result<SourceState> FileSource::accept(RawEvent& event) {
  const EventHeader& header = event.header;
  const std::uint64_t end = offset_ + header.length;
  if ((header.flags & (EventHeader::kRelayLog | EventHeader::kArtificial)) != 0 ||
      (header.type == EventType::format_description && offset_ != kFirstEventOffset)) [[unlikely]] {
    // Only a replica's own file has such events, and its others keep the end positions of the source's file.
    relay_log_ = true;
  }
  const bool has_position = header.log_pos != 0 && !relay_log_ && counts_positions();
  if (has_position && header.log_pos != static_cast<std::uint32_t>(end)) [[unlikely]] {
    return broken(Error{Errc::corrupt,
                        "the header says that the event ends at " + std::to_string(header.log_pos) + ", it ends at " +
                            std::to_string(end),
                        event.place(), kFetchAgain});
  }
  offset_ = end;
  event.end = end;
  broken_reads_ = 0;
  return SourceState::event;
}

// `available`: what there is of the event's first bytes. `left`: bytes up to the end, for inputs that do not know.
Result<SourceState> FileSource::at_end(Bytes available, std::uint64_t left) {
  const std::string where = place(available);
  Result<std::optional<std::uint64_t>> total = window_.input().size();
  if (!total) return propagate(total, name_);
  if (total->has_value()) left = **total > offset_ ? **total - offset_ : 0;
  const bool has_format = framer_.format() != nullptr;
  window_.forget();
  if (options_.follow) return SourceState::wait;

  const bool may_be_torn = options_.tail == TailRule::active || (options_.tail == TailRule::newest && in_use_);
  const bool is_complete =
      left == 0 && (has_format || (options_.tail == TailRule::newest && offset_ == kFirstEventOffset));
  if (!is_complete && !may_be_torn) {
    std::string what = "the file ends inside an event, " + std::to_string(left) + " bytes behind its start";
    if (left == 0) what = offset_ == 0 ? "the file is empty" : "the file ends before its first event";
    const char* hint =
        options_.tail == TailRule::newest ? "fetch the file again, or wait if it is being written" : kFetchAgain;
    return std::unexpected(Error{Errc::truncated, std::move(what), where, hint});
  }
  torn_tail_bytes_ = left;
  phase_ = Phase::ended;
  return SourceState::file_end;
}

Result<SourceState> FileSource::broken(Error error) {
  const bool may_heal = error.code == Errc::corrupt || error.code == Errc::checksum || error.code == Errc::truncated;
  if (options_.follow && may_heal && ++broken_reads_ < kBrokenReads) {
    window_.forget();
    return SourceState::wait;
  }
  if (error.hint.empty()) error.hint = kFetchAgain;
  return std::unexpected(std::move(error));
}

void FileSource::finish(TailRule rule) {
  options_.follow = false;
  options_.tail = rule;
}

Result<std::uint64_t> FileSource::size() {
  Result<std::optional<std::uint64_t>> total = window_.input().size();
  if (!total) return propagate(total, name_);
  return total->value_or(offset_);
}

std::uint64_t FileSource::header_bytes() const {
  if (offset_ < kFirstEventOffset) return 0;
  return kFirstEventOffset + (decrypted_ ? kMysqlEncryptionHeaderSize : 0);
}

std::uint64_t FileSource::skipped_bytes() const {
  return head_end_ == 0 ? 0 : options_.start - head_end_;
}

// A file that was read to its end has the bytes that it had then: it may have grown since.
std::uint64_t FileSource::file_bytes() const {
  const std::uint64_t encryption_bytes = decrypted_ ? kMysqlEncryptionHeaderSize : 0;
  const std::uint64_t read_bytes = offset_ + torn_tail_bytes_ + encryption_bytes;
  if (phase_ == Phase::ended) return read_bytes;
  const Result<std::optional<std::uint64_t>> total = window_.input().size();
  return total && total->has_value() ? std::max(read_bytes, **total + encryption_bytes) : read_bytes;
}

// Preallocated or lost pages behind a crash of the machine. Their number, 0 if anything else follows.
Result<std::uint64_t> FileSource::zeros_to_end() {
  for (std::uint64_t at = offset_;;) {
    Result<Bytes> chunk = window_.at(at, options_.buffer_bytes);
    if (!chunk) return propagate(chunk);
    if (!std::ranges::all_of(*chunk, [](std::uint8_t byte) { return byte == 0; })) return 0;
    at += chunk->size();
    if (chunk->size() < options_.buffer_bytes) return at - offset_;
  }
}

Error FileSource::not_a_boundary() const {
  return Error{Errc::not_found, "no event begins at this position", name_ + ":" + std::to_string(options_.start),
               "`binferry inspect --events` lists the positions where events begin"};
}

// Servers older than checksums wrote positions inside the transaction's cache.
bool FileSource::counts_positions() const {
  return framer_.format() != nullptr && framer_.format()->has_checksum_field;
}

std::string FileSource::place(Bytes header) const {
  std::string where = name_ + ":" + std::to_string(offset_);
  if (header.size() > 4 && !framer_.decrypting()) where.append(": ").append(name_of(EventType{header[4]}));
  return where;
}

}  // namespace binferry
