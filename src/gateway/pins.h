// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "execution/upstream.h"

namespace bw::gateway {

// What is known of one tool's definition: the one that was accepted, and the one that its upstream shows now when that is
// another. A description is part of what steers a model, so a tool whose definition changes is a new tool until a person
// has read it.
struct Pin {
  std::string upstream;
  std::string tool;
  std::string digest;          // of the accepted definition
  std::string definition;      // JSON
  std::string changed_digest;  // of the definition in quarantine, or empty
  std::string changed_definition;
};

// A definition as it was seen: accepted the first time and when it comes back, otherwise quarantined.
struct Sighting {
  std::string upstream;
  std::string tool;  // the upstream's own name
  std::string digest;
  std::string definition;
  bool accepted = false;
};

// Keeps pins where a restart finds them.
class PinStore {
 public:
  virtual ~PinStore() = default;
  // Writes it down, soon and durably. Does not wait, and does not fail: when nothing can be written, nothing can be
  // admitted either.
  virtual void record(Sighting sighting) = 0;
};

// The pins of all tools. The first definition seen is accepted and recorded; another one is quarantined, which means that
// the tool is neither listed nor called until a person accepts it or the accepted definition comes back.
//
// Lives on the agents' loop. It holds as many pins as the registry has declared tools.
class Pins {
 public:
  enum class Standing : std::uint8_t { accepted, quarantined };

  Pins(std::vector<Pin> known, PinStore& store);

  Standing observe(std::string_view upstream, const execution::ToolDefinition& tool);

  // A person accepted the definition in quarantine; that was recorded already. `failed_precondition` when the upstream
  // shows another one by now.
  Status accept(std::string_view upstream, std::string_view tool, std::string_view digest);

  const Pin* find(std::string_view upstream, std::string_view tool) const;
  std::vector<Pin> quarantined() const;

  std::uint64_t version() const { return version_; }  // grows with each change of any pin

 private:
  void record(std::string_view upstream, const execution::ToolDefinition& tool, Standing standing);

  PinStore& store_;
  std::map<std::string, Pin, std::less<>> pins_;  // by "UPSTREAM/TOOL"
  std::uint64_t version_ = 1;
};

}  // namespace bw::gateway
