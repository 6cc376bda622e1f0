// SPDX-License-Identifier: Apache-2.0
// Runs a fuzzer without a fuzzing engine, so that every test run smokes every parser: each file of the corpus folder
// argv[1] (which may be missing), then a fixed number of seeded mutations of them, goes through LLVMFuzzerTestOneInput.
//
//   x_fuzz CORPUS                   BW_FUZZ_SEED=7 BW_FUZZ_RUNS=100000 x_fuzz CORPUS
//
// The input of a crash stays behind in the file that the first line of output names; `x_fuzz FILE` replays it alone.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

constexpr std::size_t kInputBytesMax = 1U << 16;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The last input, in a mapped file: it is on disk whatever the crash does to the process, and writing it costs a copy.
class LastInput {
 public:
  LastInput() {
    path_ = (std::filesystem::temp_directory_path() / fmt::format("fuzz_smoke_{}.input", ::getpid())).string();
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file_ < 0) return;
    if (::ftruncate(file_, kInputBytesMax) != 0) return;
    void* mapped = ::mmap(nullptr, kInputBytesMax, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (mapped != MAP_FAILED) bytes_ = static_cast<char*>(mapped);
  }
  ~LastInput() {
    if (file_ >= 0) ::close(file_);
    ::unlink(path_.c_str());
  }

  // Keeps the input in a file of exactly its size.
  void keep(const std::string& input) {
    if (!bytes_ || input.size() > kInputBytesMax) return;
    std::memcpy(bytes_, input.data(), input.size());
    [[maybe_unused]] int cut = ::ftruncate(file_, static_cast<off_t>(input.size()));
  }
  void grow() { [[maybe_unused]] int grown = ::ftruncate(file_, kInputBytesMax); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int file_ = -1;
  char* bytes_ = nullptr;
};

class Mutator {
 public:
  Mutator(std::uint64_t seed, const std::vector<std::string>& corpus) : random_(seed), corpus_(corpus) {}

  std::string next() {
    std::string input = corpus_.empty() ? std::string() : corpus_[below(corpus_.size())];
    for (auto edits = 1 + below(8); edits > 0; --edits) edit(input);
    if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
    return input;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  void edit(std::string& s) {
    static constexpr std::string_view kBytes("\0\r\n\t :,;\"\\{}[]()0-+eE.\x7f\x80\xff", 25);
    auto at = below(s.size() + 1);
    switch (below(7)) {
      case 0: s.insert(at, 1, kBytes[below(kBytes.size())]); break;
      case 1: s.insert(at, 1, static_cast<char>(random_())); break;
      case 2: s.erase(at, 1 + below(16)); break;
      case 3:
        if (at < s.size()) s[at] = static_cast<char>(s[at] ^ (1 << below(8)));
        break;
      case 4: s.insert(at, s.substr(below(s.size() + 1), 1 + below(64))); break;  // repeat a piece elsewhere
      case 5: s.resize(at); break;                                                // cut short
      default: splice(s, at);
    }
  }

  void splice(std::string& s, std::size_t at) {
    if (corpus_.empty()) return;
    const auto& other = corpus_[below(corpus_.size())];
    s.insert(at, other.substr(below(other.size() + 1), 1 + below(256)));
  }

  std::mt19937_64 random_;
  const std::vector<std::string>& corpus_;
};

std::vector<std::string> load_corpus(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_regular_file(path)) files.push_back(path);
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) corpus.push_back(read_file(file));
  return corpus;
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// From a heap block of exactly the input's size, so that a sanitizer sees the first byte read beyond it.
void run_one(const std::string& input) {
  std::vector<std::uint8_t> bytes(input.begin(), input.end());
  bytes.shrink_to_fit();
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&argc, &argv);
  const std::filesystem::path path = argc > 1 ? argv[1] : "";
  const bool single = std::filesystem::is_regular_file(path);
  const auto seed = number_from("BW_FUZZ_SEED", 1);
  const auto runs = single ? 0 : number_from("BW_FUZZ_RUNS", 2000);

  LastInput last;
  fmt::print("seed {}; a crash leaves its input in {}\n", seed, last.path());
  std::fflush(stdout);

  const auto corpus = load_corpus(path);
  auto run = [&](const std::string& input) {
    last.grow();
    last.keep(input);
    run_one(input);
  };
  run("");
  for (const auto& input : corpus) run(input);
  Mutator mutator(seed, corpus);
  for (std::uint64_t i = 0; i < runs; ++i) run(mutator.next());
  fmt::print("{} files of the corpus and {} mutations, all well\n", corpus.size(), runs);
}
