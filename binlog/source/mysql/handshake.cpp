#include "binlog/source/mysql/handshake.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/byte_writer.hpp"
#include "binlog/source/mysql/server_error.hpp"

namespace binferry::mysql {
namespace {

// Capability flags of the client protocol, by the names of the MySQL manual.
constexpr std::uint32_t kLongPassword = 0x1;
constexpr std::uint32_t kProtocol41 = 0x200;
constexpr std::uint32_t kSsl = 0x800;
constexpr std::uint32_t kTransactions = 0x2000;
constexpr std::uint32_t kSecureConnection = 0x8000;
constexpr std::uint32_t kPluginAuth = 0x80000;
constexpr std::uint32_t kConnectAttributes = 0x100000;
constexpr std::uint32_t kPluginAuthLenenc = 0x200000;

constexpr std::uint32_t kNeeded = kProtocol41 | kSecureConnection | kPluginAuth;
// DEPRECATE_EOF is left out: the end of a stream and of a result is then always the short EOF packet.
constexpr std::uint32_t kWanted = kNeeded | kLongPassword | kTransactions | kConnectAttributes | kPluginAuthLenenc;

constexpr std::uint32_t kLargestPacket = 1 << 30;
constexpr std::uint8_t kUtf8mb4 = 45;  // utf8mb4_general_ci, known to every server since 5.5
constexpr int kMaxSwitches = 8;        // of plugins in one login; MariaDB may ask for several in turn

constexpr std::uint8_t kMoreData = 0x01;
constexpr std::uint8_t kSwitch = 0xFE;
constexpr std::uint8_t kSha256RequestPublicKey = 0x01;  // of sha256_password
// Of caching_sha2_password.
constexpr std::uint8_t kRequestPublicKey = 0x02;
constexpr std::uint8_t kFastSuccess = 0x03;
constexpr std::uint8_t kFullAuthentication = 0x04;

std::unexpected<Error> unsupported_plugin(std::string_view name) {
  return fail(Errc::unsupported,
              "the server wants to log in by " + std::string(name) + ", which binferry does not speak",
              "give the account ed25519 or mysql_native_password (MariaDB), or caching_sha2_password (MySQL)");
}

}  // namespace

Result<Greeting> parse_greeting(Bytes packet) {
  ByteReader reader(packet);
  if (const std::uint8_t version = reader.u8(); version != 10 && !reader.failed()) {
    return fail(Errc::unsupported, "the server speaks protocol version " + std::to_string(version),
                "check that host and port are those of a MySQL or MariaDB server");
  }
  Greeting greeting;
  std::string_view version = reader.text_until_nul();
  greeting.connection_id = reader.u32();
  greeting.scramble = reader.text(8);
  reader.skip(1);
  greeting.capabilities = reader.u16();
  reader.skip(3);  // character set and status
  greeting.capabilities |= std::uint32_t{reader.u16()} << 16;
  const std::uint8_t scramble_bytes = reader.u8();
  reader.skip(10);
  if (Status read = reader.finish_open("greeting"); !read) return propagate(read);
  if ((greeting.capabilities & kNeeded) != kNeeded) {
    return fail(Errc::unsupported, "the server (" + std::string(version) + ") is too old to log in to",
                "binferry needs MySQL 5.6 or MariaDB 10.0, or later");
  }
  const std::size_t rest = scramble_bytes > 21 ? scramble_bytes - 8U : 13U;
  const std::string_view second = reader.text(rest);
  greeting.scramble.append(second.substr(0, kScrambleBytes - 8));
  greeting.auth_plugin = reader.text_until_nul();
  if (Status read = reader.finish_open("greeting"); !read) return propagate(read);
  if (version.starts_with("5.5.5-") && version.find("MariaDB") != std::string_view::npos) version.remove_prefix(6);
  greeting.version = version;
  greeting.version_number = parse_server_version(version);
  greeting.kind = version.find("MariaDB") != std::string_view::npos ? ServerKind::mariadb : ServerKind::mysql;
  return greeting;
}

Result<Handshake::Step> Handshake::resume(Bytes packet) {
  if (packet.empty()) return fail(Errc::protocol, "an empty packet in the login");
  if (is_error_packet(packet)) return std::unexpected(to_error(parse_server_error(packet), "the login"));
  switch (state_) {
    case State::greeting: return on_greeting(packet);
    case State::authenticating:
    case State::awaiting_key: break;
    case State::starting_tls:
    case State::done: return fail(Errc::internal, "a login resumed out of turn");
  }
  switch (packet[0]) {
    case 0x00: state_ = State::done; return Step::done;
    case kSwitch: return on_switch(packet);
    case kMoreData: return on_more_data(packet.subspan(1));
    default: return fail(Errc::protocol, "an unknown packet in the login");
  }
}

Result<Handshake::Step> Handshake::on_greeting(Bytes packet) {
  Result<Greeting> greeting = parse_greeting(packet);
  if (!greeting) return propagate(greeting);
  greeting_ = std::move(*greeting);
  capabilities_ = kWanted & greeting_.capabilities;
  const bool offered = (greeting_.capabilities & kSsl) != 0;
  if (credentials_.ssl_mode >= SslMode::required && !offered) {
    return fail(Errc::refused, "the server does not offer TLS", "set up its certificate, or use --ssl-mode=preferred");
  }
  const bool wanted = credentials_.ssl_mode >= SslMode::required ||
                      (credentials_.ssl_mode == SslMode::preferred && !credentials_.is_local);
  if (!wanted || !offered) return log_in();
  if (codec_.unread_bytes() != 0) return fail(Errc::protocol, "the server sent more before TLS began");
  capabilities_ |= kSsl;
  ByteWriter request;
  request.u32(capabilities_).u32(kLargestPacket).u8(kUtf8mb4).fill(23);
  codec_.write(request.view());
  state_ = State::starting_tls;
  return Step::start_tls;
}

Result<Handshake::Step> Handshake::tls_started() {
  if (state_ != State::starting_tls) return fail(Errc::internal, "TLS started out of turn");
  encrypted_ = true;
  return log_in();
}

Result<Handshake::Step> Handshake::log_in() {
  // A plugin that is not spoken here may not be the account's: the server switches if it must.
  // Nor can the greeting's random data serve every plugin.
  plugin_ = find_auth_plugin(greeting_.auth_plugin).value_or(AuthPlugin::native_password);
  if (plugin_ != AuthPlugin::caching_sha2_password) plugin_ = AuthPlugin::native_password;
  Result<std::string> answer = first_answer(plugin_);
  if (!answer) return propagate(answer);
  ByteWriter response;
  response.u32(capabilities_).u32(kLargestPacket).u8(kUtf8mb4).fill(23);
  response.text(credentials_.user).u8(0);
  response.lenenc(*answer);  // of at most 32 bytes, so that the plain length byte of old servers is the same
  response.text(name_of(plugin_)).u8(0);
  if ((capabilities_ & kConnectAttributes) != 0) {
    ByteWriter attributes;
    attributes.lenenc("_client_name").lenenc("binferry").lenenc("program_name").lenenc("binferry");
    response.lenenc(attributes.str());
  }
  codec_.write(response.view());
  state_ = State::authenticating;
  return Step::receive;
}

// What goes with the plugin's name, before the server asks for more.
Result<std::string> Handshake::first_answer(AuthPlugin plugin) {
  const Bytes scramble = bytes_of(greeting_.scramble);
  switch (plugin) {
    case AuthPlugin::native_password: return native_password_answer(credentials_.password.reveal(), scramble);
    case AuthPlugin::caching_sha2_password: return caching_sha2_answer(credentials_.password.reveal(), scramble);
    case AuthPlugin::sha256_password: return sha256_answer();
    case AuthPlugin::ed25519: return ed25519_answer(credentials_.password.reveal(), scramble);
    case AuthPlugin::clear_password: break;
  }
  if (!credentials_.allow_clear_password) {
    return fail(Errc::refused, "the server asks for the password in clear",
                "allow it with enable-cleartext-plugin=true, over TLS only");
  }
  if (!is_confidential()) {
    return fail(Errc::refused, "the server asks for the password in clear over an unencrypted link",
                "use --ssl-mode=verify-identity");
  }
  return clear_password_answer(credentials_.password.reveal());
}

// Always the password itself: within TLS as it is, elsewhere by the server's key. Unlike caching_sha2_password, it does
// not take a Unix socket for safe.
Result<std::string> Handshake::sha256_answer() {
  if (credentials_.password.reveal().empty()) return std::string(1, '\0');
  if (encrypted_) return clear_password_answer(credentials_.password.reveal());
  if (!credentials_.server_public_key.empty()) {
    return rsa_password_answer(credentials_.password.reveal(), bytes_of(greeting_.scramble),
                               credentials_.server_public_key);
  }
  if (!credentials_.request_public_key) return needs_encryption();
  return std::string(1, static_cast<char>(kSha256RequestPublicKey));
}

std::unexpected<Error> Handshake::needs_encryption() const {
  return fail(Errc::refused, std::string(name_of(plugin_)) + " needs an encrypted link here",
              "use TLS (--ssl-mode=required or better), or name the server's key: server-public-key-path=FILE");
}

Result<Handshake::Step> Handshake::on_switch(Bytes packet) {
  if (packet.size() == 1) return unsupported_plugin("mysql_old_password");
  if (++switches_ > kMaxSwitches) return fail(Errc::protocol, "the server keeps changing the way to log in");
  ByteReader reader(packet);
  reader.skip(1);
  const std::string_view name = reader.text_until_nul();
  if (reader.failed()) return fail(Errc::protocol, "a malformed request to log in another way");
  std::string_view data = text_of(reader.rest());
  const std::optional<AuthPlugin> plugin = find_auth_plugin(name);
  if (!plugin) return unsupported_plugin(name.substr(0, 64));
  // A NUL may follow; the random data itself may end with one, too.
  const std::size_t wanted = *plugin == AuthPlugin::ed25519 ? kNonceBytes : kScrambleBytes;
  if (data.size() == wanted + 1 && data.ends_with('\0')) data.remove_suffix(1);
  if (*plugin != AuthPlugin::clear_password && data.size() != wanted) {
    return fail(Errc::protocol, "random data of " + std::to_string(data.size()) + " bytes to log in with");
  }
  greeting_.scramble = data;
  plugin_ = *plugin;
  Result<std::string> answer = first_answer(plugin_);
  if (!answer) return propagate(answer);
  const bool asks_for_key = plugin_ == AuthPlugin::sha256_password && answer->size() == 1 && answer->front() != '\0';
  state_ = asks_for_key ? State::awaiting_key : State::authenticating;
  send_confidential(std::move(*answer));
  return Step::receive;
}

Result<Handshake::Step> Handshake::on_more_data(Bytes data) {
  if (state_ == State::awaiting_key) {
    state_ = State::authenticating;
    return send_by_rsa(text_of(data));
  }
  if (plugin_ != AuthPlugin::caching_sha2_password) return fail(Errc::protocol, "an unknown packet in the login");
  if (data.size() != 1) return fail(Errc::protocol, "an unknown packet in the login");
  if (data[0] == kFastSuccess) return Step::receive;  // OK follows
  if (data[0] != kFullAuthentication) return fail(Errc::protocol, "an unknown packet in the login");
  if (is_confidential()) {
    send_confidential(clear_password_answer(credentials_.password.reveal()));
    return Step::receive;
  }
  if (!credentials_.server_public_key.empty()) return send_by_rsa(credentials_.server_public_key);
  if (!credentials_.request_public_key) return needs_encryption();
  codec_.write(Bytes(&kRequestPublicKey, 1));
  state_ = State::awaiting_key;
  return Step::receive;
}

Result<Handshake::Step> Handshake::send_by_rsa(std::string_view pem) {
  Result<std::string> answer = rsa_password_answer(credentials_.password.reveal(), bytes_of(greeting_.scramble), pem);
  if (!answer) return propagate(answer);
  send_confidential(std::move(*answer));
  return Step::receive;
}

void Handshake::send_confidential(std::string&& answer) {
  codec_.write(bytes_of(answer));
  wipe(answer);
}

}  // namespace binferry::mysql
