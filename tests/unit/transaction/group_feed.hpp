// Feeds the events of a BinlogWriter to an assembler, one by one, and tells in a line what came out.
#pragma once

#include "binlog/event/event_framer.hpp"
#include "binlog/transaction.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <functional>
#include <string>
#include <vector>
#include <gtest/gtest.h>

namespace binferry::test {

// Calls `on_transaction` for every whole transaction; returns the first error's text, or nothing.
inline std::string feed(const BinlogWriter& log, TransactionAssembler& assembler,
                        const std::function<void(const Transaction&)>& on_transaction) {
  EventFramer framer;
  const std::string& bytes = log.str();
  for (std::size_t i = 0; i < log.starts().size(); ++i) {
    const std::size_t begin = log.starts()[i];
    const std::size_t end = i + 1 < log.starts().size() ? log.starts()[i + 1] : bytes.size();
    const auto event = framer.frame(bytes_of(bytes).subspan(begin, end - begin), begin, "binlog.000001");
    if (!event) return event.error().message();
    const auto role = assembler.push(*event, *framer.format());
    if (!role) return role.error().message();
    if (*role == EventRole::complete) on_transaction(assembler.transaction());
  }
  return {};
}

// One line a transaction: `GTID outcome [xid N] [xa NAME] [standalone] [compressed] events`.
inline std::vector<std::string> groups(const BinlogWriter& log) {
  TransactionAssembler assembler;
  std::vector<std::string> lines;
  const std::string error = feed(log, assembler, [&](const Transaction& transaction) {
    std::string line = text_of(transaction.gtid) + ' ' + std::string(name_of(transaction.outcome));
    if (transaction.xid) line += " xid " + std::to_string(*transaction.xid);
    if (!transaction.xa.empty()) line += " xa " + transaction.xa;
    if (transaction.standalone) line += " standalone";
    if (transaction.compressed) line += " compressed";
    line += " " + std::to_string(transaction.event_count);
    lines.push_back(line);
  });
  if (!error.empty()) lines.push_back("error: " + error);
  if (assembler.discarded_groups() != 0) lines.push_back("discarded " + std::to_string(assembler.discarded_groups()));
  if (!assembler.idle()) lines.push_back("open");
  return lines;
}

}  // namespace binferry::test
