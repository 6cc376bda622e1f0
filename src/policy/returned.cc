// SPDX-License-Identifier: Apache-2.0
#include "policy/returned.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"

namespace bw::policy {
namespace {

constexpr std::size_t hash_bytes = 16;
constexpr std::size_t word_bytes_min = 3;
constexpr double exact_max = 9007199254740992.0;
constexpr std::string_view separators = " \t\r\n\f\v<>()[]{}\"'`,;:|=";

std::string normal(std::string_view text) {
  std::string out;
  for (char c : lower_ascii(trim(text))) {
    bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

std::string hash(std::string_view normal) {
  auto digest = crypto::digest(normal);
  return std::string(digest.data(), hash_bytes);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    auto end = std::min(text.find_first_of(separators), text.size());
    auto word = text.substr(0, end);
    while (word.ends_with('.') || word.ends_with('!') || word.ends_with('?')) word.remove_suffix(1);
    if (word.size() >= word_bytes_min) out.push_back(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool holds(std::string_view hashes, const std::string& wanted) {
  std::size_t low = 0, high = hashes.size() / hash_bytes;
  while (low < high) {
    std::size_t middle = (low + high) / 2;
    int order = hashes.compare(middle * hash_bytes, hash_bytes, wanted);
    if (order == 0) return true;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return false;
}

// Walks one result and collects what is new in it.
class Collector {
 public:
  void value(json::Value value, int depth) {
    if (value.is(json::Kind::number)) {
      if (auto number = value.number()) add(values_, text_of_number(*number));
    } else if (value.is(json::Kind::string)) {
      text(*value.string(), depth);
    }
    for (json::Value element : value.elements()) this->value(element, depth);
    for (auto [key, member] : value.members()) {
      if (key != "_meta") this->value(member, depth);
    }
  }

  void merge_into(domain::RunHistory::Returned& returned) {
    returned.complete = returned.complete && complete_;
    merge(returned.values, values_, returned.complete);
    merge(returned.words, words_, returned.complete);
  }

 private:
  using Hashes = std::set<std::string>;

  void text(std::string_view text, int depth) {
    std::string plain = normal(text);
    add(values_, plain);
    for (auto word : words_of(plain)) add(words_, word);
    bool nested = depth == 0 && (plain.starts_with('{') || plain.starts_with('['));
    if (!nested) return;
    if (auto document = json::Document::parse(std::string(text))) value(document->root(), depth + 1);
  }

  void add(Hashes& hashes, std::string_view normal) {
    if (hashes.size() < kReturnedMax) {
      hashes.insert(hash(normal));
    } else {
      complete_ = false;
    }
  }

  static void merge(std::string& known, Hashes& fresh, bool& complete) {
    for (std::size_t at = 0; at < known.size(); at += hash_bytes) fresh.insert(known.substr(at, hash_bytes));
    if (fresh.size() > kReturnedMax) complete = false;
    known.clear();
    std::size_t left = kReturnedMax;
    for (auto at = fresh.begin(); at != fresh.end() && left > 0; ++at, --left) known += *at;
  }

  Hashes values_, words_;
  bool complete_ = true;
};

}  // namespace

std::string text_of_number(double number) {
  if (std::trunc(number) == number && std::abs(number) <= exact_max)
    return fmt::format("{}", static_cast<std::int64_t>(number));
  return fmt::format("{}", number);
}

void add_result(domain::RunHistory::Returned& returned, json::Value result) {
  Collector collector;
  collector.value(result, 0);
  collector.merge_into(returned);
}

bool holds_value(std::string_view values, std::string_view text) { return holds(values, hash(normal(text))); }

bool holds_word(std::string_view words, std::string_view text) {
  std::string plain = normal(text);
  return std::ranges::any_of(words_of(plain), [&](auto word) { return holds(words, hash(word)); });
}

}  // namespace bw::policy
