// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cel/program.h"
#include "policy/attribute_index.h"

namespace bw::policy {

// Makes the index of one attribute: collects what rules ask of it, then works out what each class of its values settles. At load,
// one thread.
class AttributeBuilder {
 public:
  // Whether the test can be indexed: numbers that no rounding could bring into another class.
  static bool takes(const cel::Test& test);

  // The environment must outlive this.
  AttributeBuilder(const cel::Reading& reading, const cel::Type& type, std::size_t rules,
                   const cel::Environment& environment);

  void add(std::size_t rule, Role role, const cel::Test& test);

  // A predicate that depends on this attribute alone, a text, and is no such test. It is settled for the texts that tests name,
  // and open for all others.
  void add(std::size_t rule, Role role, const cel::Program& predicate);

  // With its tables in `block`, which must outlive the index.
  AttributeIndex finish(Block& block);

 private:
  struct Use {
    std::size_t rule;
    Role role;
    cel::Test test;
  };
  struct OpenUse {
    std::size_t rule;
    Role role;
    cel::Program predicate;
    std::vector<cel::Value> results;  // by class, as far as they are texts named
  };
  struct Row {
    std::span<Word> words;
    std::size_t part_words;
    void set(Settled::Part part, std::size_t rule) const { set_bit(words.subspan(part * part_words), rule); }
    void settle(std::size_t rule, Role role, const cel::Value& result) const;
  };

  void add_constant(const cel::Test& test, const cel::Value& value);
  std::size_t class_count() const;
  cel::Value representative(std::size_t number);
  bool evaluate_open();
  std::uint8_t parts() const;
  void settle_classes(Block& block);
  void settle_specials(Block& block);
  double rules_out() const;

  AttributeIndex index_;
  Cuts cuts_;
  cel::Type type_;
  const cel::Environment& environment_;
  cel::Arena arena_;
  std::vector<Use> uses_;
  std::vector<OpenUse> open_uses_;
  bool has_group_ = false;
  std::size_t words_;
};

}  // namespace bw::policy
