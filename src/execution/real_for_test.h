// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

extern char** environ;

// Real MCP servers from npm, as tests/e2e pins them. Where they are not installed the tests that need them are skipped.
namespace bw::execution {

inline std::string e2e(const std::string& path) { return std::string(BW_SOURCE_DIR) + "/tests/e2e/" + path; }

inline std::string node() {
  auto packaged = e2e("node_modules/node/bin/node");
  return std::filesystem::exists(packaged) ? packaged : "/usr/bin/node";
}

inline bool has_real_servers() {
  return std::filesystem::exists(e2e("node_modules/@modelcontextprotocol/server")) && std::filesystem::exists(node());
}

#define BW_NEEDS_REAL_SERVERS() \
  if (!::bw::execution::has_real_servers()) GTEST_SKIP() << "run `npm ci` in tests/e2e to test against real MCP servers"

// The fixture server on a port of its own.
class Fixture {
 public:
  explicit Fixture(std::vector<std::string> flags) {
    std::vector<std::string> words{node(), e2e("fixture/server.mjs"), "--port", "0"};
    words.insert(words.end(), flags.begin(), flags.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int output[2];
    if (::pipe2(output, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(output[1]);
    char c = 0;
    std::string line;
    while (::read(output[0], &c, 1) == 1 && c != '\n') line += c;
    ::close(output[0]);
    auto begin = line.find("http://"), end = line.rfind('"');
    if (begin != std::string::npos) url = line.substr(begin, end - begin);
  }
  ~Fixture() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  std::string url;

 private:
  pid_t pid_ = -1;
};

}  // namespace bw::execution
