// A server of the test's own on a free port of 127.0.0.1 that answers statements as a script says: for conversations
// with servers of which none can be started here. Tests only.
#pragma once

#include "binlog/source/mysql/address.hpp"
#include "tests/support/loopback_listener.hpp"
#include "tests/unit/mysql/conversation.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace binferry::mysql::test {

struct Answer {
  std::vector<std::string> columns{};  // none: OK
  std::vector<std::vector<std::string>> rows{};
  std::uint16_t error = 0;
  std::string text{};

  static Answer ok() { return {}; }
  static Answer value(std::string value) { return {{"v"}, {{std::move(value)}}}; }
  static Answer refusal(std::uint16_t code, std::string text) { return {{}, {}, code, std::move(text)}; }
};

class ScriptedServer {
 public:
  using Script = std::function<Answer(const std::string& sql)>;  // called under a lock, one statement at a time

  ScriptedServer(std::string version, Script script) : version_(std::move(version)), script_(std::move(script)) {
    thread_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_.fd(), SHUT_RDWR);
    thread_.join();
    for (std::thread& connection : connections_) connection.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] Address address() const {
    Address address;
    address.host = "127.0.0.1";
    address.port = listener_.port();
    address.credentials.user = "repl";
    address.credentials.ssl_mode = SslMode::disabled;
    return address;
  }
  // What all connections asked, in order.
  [[nodiscard]] std::vector<std::string> statements() {
    const std::lock_guard guard(mutex_);
    return statements_;
  }

 private:
  void accept_all() {
    for (;;) {
      const int fd = listener_.accept();
      if (fd < 0) return;
      connections_.emplace_back([this, fd] {
        serve(fd);
        ::close(fd);
      });
    }
  }

  static bool send(int fd, const std::string& bytes) {
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  static bool receive(int fd, std::size_t size, std::string& into) {
    into.resize(size);
    return ::recv(fd, into.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size);
  }
  static bool receive_packet(int fd, std::string& payload) {
    std::string header;
    if (!receive(fd, 4, header)) return false;
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(header[at])); };
    return receive(fd, byte(0) | byte(1) << 8 | byte(2) << 16, payload);
  }

  [[nodiscard]] std::string greeting() const {
    ByteWriter writer;
    writer.u8(10).text(version_).u8(0).u32(1).text("abcdefgh").u8(0).u16(0xF7FF).u8(255).u16(2).u16(0xFFFF);
    writer.u8(21).fill(10).text("ijklmnopqrst").u8(0).text("mysql_native_password").u8(0);
    return writer.str();
  }

  void serve(int fd) {
    std::string payload;
    if (!send(fd, frame(0, greeting())) || !receive_packet(fd, payload)) return;
    if (!send(fd, frame(2, ok_packet()))) return;
    while (receive_packet(fd, payload) && !payload.empty() && payload[0] == 3) {
      Answer answer;
      {
        const std::lock_guard guard(mutex_);
        statements_.push_back(payload.substr(1));
        answer = script_(payload.substr(1));
      }
      if (!send(fd, packets_of(answer))) return;
    }
  }

  static std::string packets_of(const Answer& answer) {
    if (answer.error != 0) return frame(1, error_packet(answer.error, answer.text));
    if (answer.columns.empty()) return frame(1, ok_packet());
    std::uint8_t number = 1;
    const std::string eof("\xFE\0\0\2\0", 5);
    std::string packets = frame(number++, std::string(1, static_cast<char>(answer.columns.size())));
    for (const std::string& name : answer.columns) {
      ByteWriter column;
      column.lenenc("def").lenenc("").lenenc("").lenenc("").lenenc(name).lenenc("");
      column.u8(12).u16(45).u32(1024).u8(253).u16(0).u8(0).u16(0);
      packets += frame(number++, column.str());
    }
    packets += frame(number++, eof);
    for (const std::vector<std::string>& row : answer.rows) {
      ByteWriter values;
      for (const std::string& value : row) values.lenenc(value);
      packets += frame(number++, values.str());
    }
    return packets + frame(number++, eof);
  }

  std::string version_;
  Script script_;
  binferry::test::LoopbackListener listener_;
  std::mutex mutex_;
  std::vector<std::string> statements_;
  std::vector<std::thread> connections_;
  std::thread thread_;
};

}  // namespace binferry::mysql::test
