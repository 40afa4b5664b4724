#include "position/checkpoint.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace binferry {
namespace {

namespace json = boost::json;

constexpr std::string_view kHint = "a newer binferry may have written it: upgrade, or make the replica again";

// Reads members one by one, so that one that is missing, odd or unknown is seen.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  void text(std::string_view name, std::string& into) {
    const json::value* const value = take(name);
    if (value == nullptr) return;
    if (const json::string* const found = value->if_string()) {
      into.assign(found->data(), found->size());
    } else {
      fail_with(name);
    }
  }

  template <class Number>
  void number(std::string_view name, Number& into) {
    const json::value* const value = take(name);
    if (value == nullptr) return;
    boost::system::error_code error;
    into = value->to_number<Number>(error);
    if (error) fail_with(name);
  }

  void boolean(std::string_view name, bool& into) {
    const json::value* const value = take(name);
    if (value == nullptr) return;
    if (const bool* const found = value->if_bool()) {
      into = *found;
    } else {
      fail_with(name);
    }
  }

  [[nodiscard]] bool has(std::string_view name) const { return object_.contains({name.data(), name.size()}); }

  [[nodiscard]] Status status() const {
    if (!failed_.empty())
      return fail(Errc::replica, "the checkpoint's member " + failed_ + " is missing or wrong", std::string(kHint));
    if (taken_ != object_.size())
      return fail(Errc::replica, "the checkpoint has members that are not known", std::string(kHint));
    return {};
  }

 private:
  const json::value* take(std::string_view name) {
    const json::value* const value = object_.if_contains({name.data(), name.size()});
    if (value == nullptr) {
      fail_with(name);
    } else {
      ++taken_;
    }
    return value;
  }
  void fail_with(std::string_view name) {
    if (failed_.empty()) failed_ = name;
  }

  const json::object& object_;
  std::size_t taken_ = 0;
  std::string failed_;
};

bool is_mariadb(std::string_view version) {
  return version.find("MariaDB") != std::string_view::npos;
}

}  // namespace

std::string to_json(const Checkpoint& checkpoint) {
  json::object object;
  object["server_uuid"] = checkpoint.source.server_uuid;
  object["server_id"] = checkpoint.source.server_id;
  object["version"] = checkpoint.source.version;
  object["file_created"] = checkpoint.source.file_created;
  object["closed_file"] = checkpoint.source.closed_file;
  object["closed_created"] = checkpoint.source.closed_created;
  object["file"] = checkpoint.position.file;
  object["offset"] = checkpoint.position.offset;
  object["gtids"] = checkpoint.gtids.text();
  object["source_commit_us"] = checkpoint.source_commit_us;
  object["timestamp"] = checkpoint.timestamp;
  object["applied_at_us"] = checkpoint.applied_at_us;
  object["transactions"] = checkpoint.transactions;
  object["rows"] = checkpoint.rows;
  if (checkpoint.indexes_pending) object["indexes_pending"] = true;
  return json::serialize(object);
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object())
    return fail(Errc::replica, "the checkpoint is not a JSON object", std::string(kHint));
  Checkpoint checkpoint;
  std::string gtids;
  Members members(value.get_object());
  members.text("server_uuid", checkpoint.source.server_uuid);
  members.number("server_id", checkpoint.source.server_id);
  members.text("version", checkpoint.source.version);
  members.number("file_created", checkpoint.source.file_created);
  if (members.has("closed_file")) {  // not in those of earlier versions
    members.text("closed_file", checkpoint.source.closed_file);
    members.number("closed_created", checkpoint.source.closed_created);
  }
  members.text("file", checkpoint.position.file);
  members.number("offset", checkpoint.position.offset);
  members.text("gtids", gtids);
  members.number("source_commit_us", checkpoint.source_commit_us);
  members.number("timestamp", checkpoint.timestamp);
  members.number("applied_at_us", checkpoint.applied_at_us);
  members.number("transactions", checkpoint.transactions);
  members.number("rows", checkpoint.rows);
  if (members.has("indexes_pending")) members.boolean("indexes_pending", checkpoint.indexes_pending);
  if (Status read = members.status(); !read) return propagate(read);
  if (gtids.empty()) return checkpoint;
  Result<AnyGtidSet> set = AnyGtidSet::parse(gtids);
  if (!set) return fail(Errc::replica, "the checkpoint's GTIDs: " + set.error().what, std::string(kHint));
  checkpoint.gtids = std::move(*set);
  return checkpoint;
}

Status check_same_source(const SourceIdentity& expected, const SourceIdentity& found) {
  constexpr const char* kWrong = "give the logs of the replica's own source, or make another replica";
  const auto differ = [&](std::string_view what, const auto& mine, const auto& theirs) {
    return fail(
        Errc::wrong_source,
        fmt::format("the log is another server's: its {} is {}, the replica's source has {}", what, theirs, mine),
        kWrong);
  };
  if (!expected.known() || !found.known()) return {};
  if (!expected.server_uuid.empty() && !found.server_uuid.empty()) {
    if (expected.server_uuid != found.server_uuid) return differ("UUID", expected.server_uuid, found.server_uuid);
    return {};
  }
  if (is_mariadb(expected.version) != is_mariadb(found.version))
    return differ("version", expected.version, found.version);
  if (expected.server_id != found.server_id) return differ("server id", expected.server_id, found.server_id);
  return {};
}

Status check_same_file(const Checkpoint& checkpoint, std::string_view file, const SourceIdentity& found) {
  if (Status same = check_same_source(checkpoint.source, found); !same) return same;
  const std::uint64_t begun = checkpoint.source.file_created;
  if (file != checkpoint.position.file || begun == 0 || begun == found.file_created) return {};
  return fail(Errc::diverged,
              fmt::format("{} is not the file that the replica has read: it was begun at another time", file),
              "the source's log was reset, or this is another server's: make the replica again");
}

}  // namespace binferry
