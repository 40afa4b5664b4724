#include "cli/reading.hpp"

#include "binlog/schema/schema_dump.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace binferry::cli {
namespace {

// Small files of the operator's own: keys, a schema.
Result<std::string> read_whole_file(const std::string& path) {
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rb"));
  std::string content;
  if (file) {
    char chunk[65536];
    while (const std::size_t count = std::fread(chunk, 1, sizeof chunk, file.get())) content.append(chunk, count);
  }
  if (!file || std::ferror(file.get()) != 0) {
    const Errc code = errno == ENOENT ? Errc::not_found : Errc::io;
    return std::unexpected(Error{code, std::string("cannot read: ") + std::strerror(errno), path, {}});
  }
  return content;
}

}  // namespace

Result<Keys> load_keys(const ReadArguments& arguments) {
  Keys keys;
  if (!arguments.key_file.empty()) {
    Result<std::string> content = read_whole_file(arguments.key_file);
    if (!content) return propagate(content);
    Result<MariadbKeys> parsed = MariadbKeys::parse(bytes_of(*content), arguments.key_file_password);
    if (!parsed) return propagate(parsed, arguments.key_file);
    keys.mariadb = std::move(*parsed);
  }
  if (!arguments.keyring.empty()) {
    Result<std::string> content = read_whole_file(arguments.keyring);
    if (!content) return propagate(content);
    Result<MysqlKeyring> parsed = MysqlKeyring::parse(bytes_of(*content));
    if (!parsed) return propagate(parsed, arguments.keyring);
    keys.mysql = std::move(*parsed);
  }
  return keys;
}

Result<Catalogue> load_catalogue(const ReadArguments& arguments, Catalogue catalogue) {
  if (arguments.schema_file.empty()) return catalogue;
  Result<std::string> content = read_whole_file(arguments.schema_file);
  if (!content) return propagate(content);
  if (Status loaded = load_schema_dump(*content, {}, catalogue); !loaded) {
    return propagate<void>(std::unexpected(std::move(loaded.error()).at(arguments.schema_file)));
  }
  return catalogue;
}

std::unique_ptr<Formatter> make_formatter(const ReadArguments& arguments, bool colour) {
  switch (arguments.format) {
    case OutputFormat::json: return make_json_formatter();
    case OutputFormat::sql: return make_sql_formatter();
    case OutputFormat::text: break;
  }
  return make_text_formatter({.colour = colour, .notes = arguments.verbose});
}

}  // namespace binferry::cli
