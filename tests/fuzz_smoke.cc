// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without a fuzzer: every file of the corpus folder, then seeded mutations of them. The input under test
// is kept in a file beside the working directory, so that a crash leaves it behind.
//   usage: TARGET CORPUS_FOLDER [MUTATIONS]          BW_FUZZ_SEED=N repeats a run
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string crash_file;

void run(const std::string& input) {
  std::ofstream(crash_file, std::ios::binary | std::ios::trunc) << input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutate(std::string input, const std::vector<std::string>& seeds, std::mt19937_64& random) {
  auto below = [&random](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (auto rounds = 1 + below(4); rounds > 0; --rounds) {
    auto at = below(input.size() + 1);
    switch (below(6)) {
      case 0: input.insert(at, 1, static_cast<char>(random())); break;
      case 1: input.erase(at, 1 + below(8)); break;
      case 2: if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8))); break;
      case 3: input.insert(at, input.substr(below(input.size() + 1), below(64))); break;
      case 4: input.resize(at); break;
      default: {
        const auto& other = seeds[below(seeds.size())];
        input.replace(at, std::string::npos, other.substr(below(other.size() + 1)));
      }
    }
  }
  if (input.size() > 1U << 16) input.resize(1U << 16);
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS]\n", argv[0]), 2;
  std::filesystem::path target(argv[0]);
  crash_file = (std::filesystem::temp_directory_path() / (target.filename().string() + "." + std::to_string(std::random_device{}()) + ".input")).string();
  std::vector<std::string> seeds{""};
  if (std::filesystem::is_directory(argv[1])) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
      std::ifstream file(entry.path(), std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  const char* given = std::getenv("BW_FUZZ_SEED");
  std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  long mutations = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 2000;
  std::printf("%zu corpus files, %ld mutations, seed %llu; input under test in %s\n", seeds.size() - 1, mutations,
              static_cast<unsigned long long>(seed), crash_file.c_str());
  std::fflush(stdout);
  if (seeds.size() == 1) return std::fprintf(stderr, "no corpus in %s\n", argv[1]), 1;
  for (const auto& input : seeds) run(input);
  std::mt19937_64 random(seed);
  for (long i = 0; i < mutations; ++i) run(mutate(seeds[random() % seeds.size()], seeds, random));
  std::filesystem::remove(crash_file);
  return 0;
}
