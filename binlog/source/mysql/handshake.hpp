// The login: greeting, TLS request, credentials, until the server says OK (PROTOCOL 6.2).
//
// Sans-io: resume() takes each packet, queues answers in the codec, and says what to do next. The caller sends what is
// queued before it does that. One thread; codec and credentials must outlive the handshake.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/base/secret.hpp"
#include "binlog/event/format_description.hpp"
#include "binlog/source/mysql/auth.hpp"
#include "binlog/source/mysql/packet_codec.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry::mysql {

// As MySQL's --ssl-mode.
enum class SslMode : std::uint8_t {
  disabled,
  preferred,        // TLS if the server offers it
  required,         // TLS, whoever answers
  verify_ca,        // and the certificate is signed by a trusted authority
  verify_identity,  // and made out to the host's name
};

struct Credentials {
  std::string user;
  Secret password;
  SslMode ssl_mode = SslMode::preferred;
  // The link never leaves this machine (a Unix socket): as good as encrypted.
  bool is_local = false;
  // Answer a server that asks for the password itself (mysql_clear_password); even then only over TLS or a Unix socket.
  bool allow_clear_password = false;
  // Without TLS: encrypt the password with the RSA key given here, or, only if asked, with whatever key the server
  // sends (whoever stands between could send his own).
  std::string server_public_key;
  bool request_public_key = false;
};

// What the server says first.
struct Greeting {
  std::string version;  // as written, without MariaDB's `5.5.5-` in front
  ServerKind kind = ServerKind::mysql;
  std::uint32_t version_number = 0;  // as FormatDescription::version
  std::uint32_t connection_id = 0;
  std::uint32_t capabilities = 0;
  std::string scramble;
  std::string auth_plugin;
};

// Errors: `unsupported` for another protocol version or a server without the capabilities needed, `truncated`.
Result<Greeting> parse_greeting(Bytes packet);

class Handshake {
 public:
  enum class Step : std::uint8_t {
    receive,    // give the next packet to resume()
    start_tls,  // shake hands for TLS, then call tls_started()
    done,       // logged in; the codec is ready for commands
  };

  Handshake(const Credentials& credentials, PacketCodec& codec) : credentials_(credentials), codec_(codec) {}

  // Errors: the server's refusal, `refused` where going on would be less safe than asked for, `unsupported` for a way
  // to log in that binferry does not speak, `protocol`.
  Result<Step> resume(Bytes packet);
  Result<Step> tls_started();

  [[nodiscard]] const Greeting& greeting() const { return greeting_; }

 private:
  enum class State : std::uint8_t { greeting, starting_tls, authenticating, awaiting_key, done };

  Result<Step> on_greeting(Bytes packet);
  Result<Step> log_in();
  Result<Step> on_switch(Bytes packet);
  Result<Step> on_more_data(Bytes data);
  Result<Step> send_by_rsa(std::string_view pem);
  Result<std::string> first_answer(AuthPlugin plugin);
  Result<std::string> sha256_answer();
  [[nodiscard]] std::unexpected<Error> needs_encryption() const;
  void send_confidential(std::string&& answer);
  [[nodiscard]] bool is_confidential() const { return encrypted_ || credentials_.is_local; }

  const Credentials& credentials_;
  PacketCodec& codec_;
  Greeting greeting_;
  State state_ = State::greeting;
  AuthPlugin plugin_ = AuthPlugin::native_password;
  std::uint32_t capabilities_ = 0;  // that both sides have
  bool encrypted_ = false;
  int switches_ = 0;
};

}  // namespace binferry::mysql
