// Load on a live source, and what becomes of it.
//
//   live_load latency SOURCE RATE SECONDS sqlite:FILE|mariadb:SOCKET
//     RATE transactions a second of one row each; for each the time from the return of its commit at the source until a
//     reader of the replica sees the row: p50, p99 and the largest, in milliseconds
//   live_load commits SOURCE CLIENTS SECONDS
//     commits a second of CLIENTS connections that each commit one row after the other
//
// SOURCE is the source's Unix socket. The table is bench.t(id BIGINT PRIMARY KEY, v VARCHAR(100)), which must be empty
// in the ids from 1 on; `commits` takes ids from 10^9 on.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <mysql.h>
#include <sqlite3.h>

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

[[noreturn]] void die(const std::string& text) {
  std::fprintf(stderr, "live_load: %s\n", text.c_str());
  std::exit(1);
}

class Server {
 public:
  explicit Server(const std::string& socket) : connection_(mysql_init(nullptr)) {
    if (mysql_real_connect(connection_, nullptr, "root", "", nullptr, 0, socket.c_str(), 0) == nullptr) {
      die(mysql_error(connection_));
    }
  }
  ~Server() { mysql_close(connection_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void run(const std::string& sql) {
    if (mysql_real_query(connection_, sql.data(), sql.size()) != 0)
      die(std::string(mysql_error(connection_)) + ": " + sql);
  }
  long long number(const std::string& sql) {
    run(sql);
    MYSQL_RES* const result = mysql_store_result(connection_);
    const MYSQL_ROW row = result == nullptr ? nullptr : mysql_fetch_row(result);
    const long long value = row == nullptr || row[0] == nullptr ? 0 : std::atoll(row[0]);
    mysql_free_result(result);
    return value;
  }

 private:
  MYSQL* connection_;
};

// The largest id below 10^9 that a reader of the replica sees.
class Replica {
 public:
  explicit Replica(const std::string& place) {
    if (place.starts_with("mariadb:")) {
      server_ = std::make_unique<Server>(place.substr(8));
      return;
    }
    if (sqlite3_open_v2(place.substr(7).c_str(), &file_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK ||
        sqlite3_prepare_v2(file_, "SELECT max(id) FROM t WHERE id < 1000000000", -1, &statement_, nullptr) !=
            SQLITE_OK) {
      die(sqlite3_errmsg(file_));
    }
  }
  long long last() {
    if (server_) return server_->number("SELECT max(id) FROM bench.t WHERE id < 1000000000");
    const long long value = sqlite3_step(statement_) == SQLITE_ROW ? sqlite3_column_int64(statement_, 0) : 0;
    sqlite3_reset(statement_);
    return value;
  }

 private:
  std::unique_ptr<Server> server_;
  sqlite3* file_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

std::string insert(long long id) {
  return "INSERT INTO bench.t VALUES (" + std::to_string(id) + ", REPEAT('x', 80))";
}

int latency(const std::string& source, int rate, int seconds, const std::string& place) {
  const std::size_t count = static_cast<std::size_t>(rate) * static_cast<std::size_t>(seconds);
  std::vector<Clock::time_point> committed(count + 1);
  std::vector<Clock::time_point> seen(count + 1);
  std::atomic<std::size_t> written = 0;
  const Clock::time_point started = Clock::now();
  std::thread writer([&] {
    Server server(source);
    for (std::size_t i = 1; i <= count; ++i) {
      std::this_thread::sleep_until(started + i * 1'000'000us / rate);
      server.run(insert(static_cast<long long>(i)));
      committed[i] = Clock::now();
      written = i;
    }
  });
  Replica replica(place);
  for (std::size_t known = 0; known < count;) {
    const std::size_t last = static_cast<std::size_t>(std::max(replica.last(), 0LL));
    const Clock::time_point now = Clock::now();
    while (known < last) seen[++known] = now;
    if (now > started + std::chrono::seconds(seconds * 3 + 60)) die("the replica does not keep up");
    std::this_thread::sleep_for(100us);
  }
  writer.join();
  std::vector<double> waits;
  for (std::size_t i = 1; i <= count; ++i) {
    waits.push_back(std::max(0.0, std::chrono::duration<double, std::milli>(seen[i] - committed[i]).count()));
  }
  std::ranges::sort(waits);
  const double taken = std::chrono::duration<double>(committed[count] - started).count();
  std::printf("%.0f tx/s  p50 %.2f ms  p99 %.2f ms  max %.2f ms\n", static_cast<double>(count) / taken,
              waits[count / 2], waits[count * 99 / 100], waits.back());
  return 0;
}

int commits(const std::string& source, int clients, int seconds) {
  Server server(source);
  std::atomic<long long> next =
      1'000'000'000 + std::max(0LL, server.number("SELECT max(id) FROM bench.t") - 999'999'999);
  std::atomic<long long> done = 0;
  const Clock::time_point until = Clock::now() + std::chrono::seconds(seconds);
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      Server own(source);
      for (; Clock::now() < until; ++done) own.run(insert(next++));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%.0f commits/s\n", static_cast<double>(done) / seconds);
  return 0;
}

}  // namespace

int main(int count, char** given) {
  const std::vector<std::string> arguments(given + 1, given + count);
  if (arguments.size() == 5 && arguments[0] == "latency") {
    return latency(arguments[1], std::stoi(arguments[2]), std::stoi(arguments[3]), arguments[4]);
  }
  if (arguments.size() == 4 && arguments[0] == "commits") {
    return commits(arguments[1], std::stoi(arguments[2]), std::stoi(arguments[3]));
  }
  die("see the head of bench/live_load.cpp");
}
