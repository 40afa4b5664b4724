#include "binlog/source/mysql/address.hpp"

#include "binlog/base/hex.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace binferry::mysql {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

// The options that mean something to binferry. Others of a my.cnf are for other programs.
constexpr auto kKnown = std::to_array<std::string_view>(
    {"host", "port", "socket", "user", "password", "ssl-mode", "ssl-ca", "ssl-cert", "ssl-key",
     "server-public-key-path", "get-server-public-key", "enable-cleartext-plugin", "connect-timeout"});

std::unexpected<Error> usage(std::string what, std::string hint = {}) {
  return fail(Errc::usage, std::move(what), std::move(hint));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const std::optional<std::string> byte = from_hex(text.substr(std::min(i + 1, text.size()), 2));
    if (!byte || byte->size() != 1 || byte->front() == '\0')
      return usage("a % in the address without two digits behind it");
    decoded += *byte;
    i += 2;
  }
  return decoded;
}

template <class Number>
Result<Number> number_of(std::string_view name, std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return usage(std::string(name) + " is not a number in its range: " + std::string(text));
  }
  return value;
}

Result<bool> switch_of(std::string_view name, std::string_view text) {
  if (text.empty() || text == "1" || text == "true" || text == "ON" || text == "on") return true;
  if (text == "0" || text == "false" || text == "OFF" || text == "off") return false;
  return usage(std::string(name) + " is true or false, not " + std::string(text));
}

Result<SslMode> ssl_mode_of(std::string_view text) {
  std::string mode(text);
  std::ranges::transform(mode, mode.begin(), [](char c) {
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (mode == "disabled") return SslMode::disabled;
  if (mode == "preferred") return SslMode::preferred;
  if (mode == "required") return SslMode::required;
  if (mode == "verify-ca") return SslMode::verify_ca;
  if (mode == "verify-identity") return SslMode::verify_identity;
  return usage("ssl-mode is disabled, preferred, required, verify-ca or verify-identity, not " + std::string(text));
}

// As the manual's "Using Option Files": quotes around the value, and backslash escapes.
std::string option_value(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  std::string value;
  value.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      value.push_back(text[i]);
      continue;
    }
    switch (const char next = text[++i]) {
      case 'b': value.push_back('\b'); break;
      case 't': value.push_back('\t'); break;
      case 'n': value.push_back('\n'); break;
      case 'r': value.push_back('\r'); break;
      case 's': value.push_back(' '); break;
      case '\\':
      case '"':
      case '\'': value.push_back(next); break;
      default: value.append({'\\', next});
    }
  }
  return value;
}

Result<std::string> read_small_file(const std::string& path) {
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "rb"));
  if (!file) {
    return std::unexpected(Error{
        errno == ENOENT ? Errc::not_found : Errc::io, std::string("cannot read: ") + std::strerror(errno), path, {}});
  }
  std::string content(kLargestFile, '\0');
  const std::size_t size = std::fread(content.data(), 1, content.size(), file.get());
  if (std::ferror(file.get()) != 0 || size == content.size()) {
    wipe(content);
    return std::unexpected(Error{Errc::io, "cannot read the file, or it is larger than 1 MiB", path, {}});
  }
  content.resize(size);
  return content;
}

// What is not a string comes here; the password goes its own way.
Status apply_options(const OptionValues& options, Address& address) {
  const auto text = [&](std::string_view name, std::string& into) {
    if (const auto found = options.find(name); found != options.end()) into = found->second;
  };
  text("host", address.host);
  text("socket", address.socket);
  text("user", address.credentials.user);
  text("ssl-ca", address.ssl_ca);
  text("ssl-cert", address.ssl_cert);
  text("ssl-key", address.ssl_key);
  text("server-public-key-path", address.server_public_key_path);
  for (const auto& [name, value] : options) {
    if (name == "port") {
      Result<std::uint16_t> port = number_of<std::uint16_t>(name, value);
      if (!port) return propagate(port);
      if (*port == 0) return usage("port 0");
      address.port = *port;
    } else if (name == "connect-timeout") {
      Result<std::uint32_t> seconds = number_of<std::uint32_t>(name, value);
      if (!seconds) return propagate(seconds);
      if (*seconds == 0 || *seconds > 86'400) return usage("connect-timeout is 1 to 86400 seconds");
      address.connect_timeout_ms = *seconds * 1000;
    } else if (name == "ssl-mode") {
      Result<SslMode> mode = ssl_mode_of(value);
      if (!mode) return propagate(mode);
      address.credentials.ssl_mode = *mode;
    } else if (name == "get-server-public-key" || name == "enable-cleartext-plugin") {
      Result<bool> on = switch_of(name, value);
      if (!on) return propagate(on);
      (name == "get-server-public-key" ? address.credentials.request_public_key
                                       : address.credentials.allow_clear_password) = *on;
    }
  }
  return {};
}

// `user@host:port`; host may be an IPv6 address in brackets.
Status parse_authority(std::string_view authority, OptionValues& options) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    if (user.find(':') != std::string_view::npos) {
      return usage("a password in the address would show in the list of processes",
                   "put it into ~/.my.cnf or MYSQL_PWD, or use --password to be asked");
    }
    Result<std::string> decoded = percent_decoded(user);
    if (!decoded) return propagate(decoded);
    options["user"] = std::move(*decoded);
    authority.remove_prefix(at + 1);
  }
  std::string_view host = authority;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return usage("no ] behind the host's address");
    host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (!rest.empty()) {
    if (rest.front() != ':') return usage("what stands behind the host is no port: " + std::string(rest));
    options["port"] = rest.substr(1);
  }
  if (host.empty()) return {};
  Result<std::string> decoded = percent_decoded(host);
  if (!decoded) return propagate(decoded);
  // A path for a host is a socket, as PostgreSQL's and other clients have it.
  options[decoded->starts_with('/') ? "socket" : "host"] = std::move(*decoded);
  return {};
}

Status parse_query(std::string_view query, OptionValues& options) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string name(item.substr(0, equals));
    if (name == "password") {
      return usage("a password in the address would show in the list of processes", "put it into ~/.my.cnf");
    }
    if (std::ranges::find(kKnown, name) == kKnown.end()) return usage("unknown option of the address: " + name);
    Result<std::string> value = percent_decoded(item.substr(std::min(equals + 1, item.size())));
    if (!value) return propagate(value);
    options[name] = std::move(*value);
  }
  return {};
}

Status parse_schemas(std::string_view list, std::vector<std::string>& schemas) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    Result<std::string> name = percent_decoded(item);
    if (!name) return propagate(name);
    if (name->empty()) return usage("an empty schema name in the address");
    schemas.push_back(std::move(*name));
  }
  return {};
}

}  // namespace

std::string Address::text() const {
  std::string text(kAddressPrefix);
  if (!credentials.user.empty()) text += credentials.user + "@";
  if (!socket.empty()) return text + socket;
  return text + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

Result<OptionValues> parse_option_file(std::string_view text, const std::vector<std::string_view>& groups) {
  OptionValues options;
  bool is_ours = false;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    // `!include` names files for servers and other clients; binferry reads the one file it was told of.
    if (line.empty() || line.front() == '#' || line.front() == ';' || line.front() == '!') continue;
    if (line.front() == '[') {
      if (line.find(']') == std::string_view::npos)
        return usage("line " + std::to_string(number) + ": no ] behind the group");
      is_ours = std::ranges::find(groups, line.substr(1, line.find(']') - 1)) != groups.end();
      continue;
    }
    if (!is_ours) continue;
    const std::size_t equals = std::min(line.find('='), line.size());
    std::string name(trimmed(line.substr(0, equals)));
    std::ranges::replace(name, '_', '-');
    if (name.starts_with("loose-")) name.erase(0, 6);
    std::string_view value = line.substr(std::min(equals + 1, line.size()));
    // A comment may stand behind a value; inside quotes # is itself.
    if (const std::string_view bare = trimmed(value); bare.empty() || (bare.front() != '"' && bare.front() != '\'')) {
      value = value.substr(0, value.find(" #"));
    }
    options[std::move(name)] = option_value(trimmed(value));
  }
  return options;
}

Result<Address> load_address(std::string_view text, const AddressContext& context) {
  if (!text.starts_with(kAddressPrefix)) {
    return usage("an address begins with " + std::string(kAddressPrefix), "mysql://user@host:port/schema");
  }
  std::string_view rest = text.substr(kAddressPrefix.size());
  const std::size_t question = std::min(rest.find('?'), rest.size());
  const std::string_view query = rest.substr(std::min(question + 1, rest.size()));
  rest = rest.substr(0, question);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  OptionValues given;
  if (Status parsed = parse_authority(rest.substr(0, slash), given); !parsed) return propagate(parsed);
  if (Status parsed = parse_query(query, given); !parsed) return propagate(parsed);

  OptionValues options;
  const std::string path = !context.defaults_file.empty() ? context.defaults_file
                           : context.home.empty()         ? std::string()
                                                          : context.home + "/.my.cnf";
  if (!path.empty()) {
    Result<std::string> content = read_small_file(path);
    const bool may_lack = context.defaults_file.empty() && !content && content.error().code == Errc::not_found;
    if (!content && !may_lack) return propagate(content);
    if (content) {
      Result<OptionValues> parsed = parse_option_file(*content, {"client", "binferry"});
      wipe(*content);
      if (!parsed) return propagate(parsed, path);
      options = std::move(*parsed);
    }
  }

  Address address;
  if (const auto found = options.find("password"); found != options.end()) {
    address.credentials.password = Secret(std::move(found->second));
    options.erase(found);
  }
  if (context.password) address.credentials.password = *context.password;
  // A host in the address takes the place of a socket in the file.
  if (given.contains("host") && !given.contains("socket")) options.erase("socket");
  for (auto& [name, value] : given) options[name] = std::move(value);
  if (options.contains("ssl-ca") && !options.contains("ssl-mode")) options["ssl-mode"] = "verify-ca";
  if (Status applied = apply_options(options, address); !applied) return propagate(applied);
  if (Status parsed = parse_schemas(rest.substr(std::min(slash + 1, rest.size())), address.schemas); !parsed) {
    return propagate(parsed);
  }
  address.credentials.is_local = !address.socket.empty();
  if (!address.server_public_key_path.empty()) {
    Result<std::string> key = read_small_file(address.server_public_key_path);
    if (!key) return propagate(key);
    address.credentials.server_public_key = std::move(*key);
  }
  return address;
}

}  // namespace binferry::mysql
