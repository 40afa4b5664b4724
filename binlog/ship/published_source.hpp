// PublishedSource: what a relay store has published, as an EventSource, for a replica that a hub keeps of its own log.
//
// One thread, which need not be the store's; the store must outlive it.
#pragma once

#include "binlog/event/event_framer.hpp"
#include "binlog/ship/event_cutter.hpp"
#include "binlog/ship/relay_reader.hpp"
#include "binlog/source/event_source.hpp"

#include <memory>
#include <string>

namespace binferry {

class PublishedSource final : public EventSource {
 public:
  // Begins as RelayReader::seek does. Errors: `purged`, `not_found`.
  static Result<std::unique_ptr<PublishedSource>> open(const RelayStore& store, const BinlogPosition& position,
                                                   const Limits& limits = {});

  // Errors: those of RelayReader, EventCutter and EventFramer.
  Result<SourceState> next(RawEvent& event) override;
  [[nodiscard]] const FormatDescription& format() const override;
  [[nodiscard]] const std::string& file() const override { return file_; }
  [[nodiscard]] const std::string& path() const override { return store_.folder(); }
  Status wait(int timeout_ms) override;

 private:
  PublishedSource(const RelayStore& store, const Limits& limits)
      : store_(store), reader_(store), cutter_(limits), framer_(FramerOptions{.limits = limits}) {}

  const RelayStore& store_;
  RelayReader reader_;
  EventCutter cutter_;
  EventFramer framer_;
  std::string file_;
  std::uint64_t news_ = 0;
};

}  // namespace binferry
