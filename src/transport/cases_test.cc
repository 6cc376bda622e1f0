// SPDX-License-Identifier: Apache-2.0
// Raw bytes against a real server: tests/cases/http/*.case. The bytes go out, the sending side closes, and all that comes back
// is read, so nothing here waits for time to pass. `<<` on a line waits for an answer to begin.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "async/loop.h"
#include "base/text.h"
#include "transport/server.h"
#include "transport/test_handlers.h"

namespace bw::transport {
namespace {

struct Case {
  std::string where;
  std::vector<std::string> input;  // pieces; an answer is awaited between two
  std::vector<std::string> want;
};

std::string unescape(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\' || i + 1 == line.size()) {
      out += line[i];
      continue;
    }
    switch (line[++i]) {
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      case 'x':
        out += from_hex(line.substr(i + 1, 2)).value();
        i += 2;
        break;
      default: out += line[i];
    }
  }
  return out;
}

std::string sent_line(const std::string& line) {
  bool no_end = line.ends_with('\\') && !line.ends_with("\\\\");
  if (no_end) return unescape(std::string_view(line).substr(0, line.size() - 1));
  return unescape(line) + "\r\n";
}

std::vector<Case> load(const std::filesystem::path& path) {
  std::vector<Case> cases;
  std::ifstream file(path);
  std::string line;
  bool expecting = false;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.starts_with("## ")) {
      cases.push_back({path.filename().string() + ":" + std::to_string(number) + ": " + line.substr(3), {""}, {}});
      expecting = false;
    } else if (cases.empty()) {
      continue;  // the file's own comment
    } else if (line == "----") {
      expecting = true;
    } else if (expecting) {
      if (!line.empty()) cases.back().want.push_back(unescape(line));
    } else if (line == "<<") {
      cases.back().input.emplace_back();
    } else {
      cases.back().input.back() += sent_line(line);
    }
  }
  return cases;
}

// A server on a thread of its own.
class Fixture {
 public:
  Fixture() {
    auto listening = Server::listen(loop_, {}, show_);
    EXPECT_TRUE(listening);
    server_ = std::move(*listening);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Fixture() {
    loop_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return server_->port(); }

 private:
  async::Loop loop_;
  ShowHandler show_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawSocket() { ::close(socket_); }

  void send(std::string_view bytes) {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
  }
  void finish() { ::shutdown(socket_, SHUT_WR); }
  bool receive(std::string& into) {
    char bytes[16384];
    auto n = ::recv(socket_, bytes, sizeof bytes, 0);
    if (n > 0) into.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }

 private:
  int socket_;
};

std::string talk(std::uint16_t port, const std::vector<std::string>& pieces) {
  RawSocket socket(port);
  std::string received;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) socket.receive(received);
    socket.send(pieces[i]);
  }
  socket.finish();
  while (socket.receive(received)) {
  }
  return received;
}

// "200 the body" or the bare status, for each answer.
std::vector<std::string> answers(std::string_view received) {
  std::vector<std::string> result;
  while (!received.empty()) {
    auto end = received.find("\r\n\r\n");
    if (end == std::string_view::npos || !received.starts_with("HTTP/1.1 "))
      return {"malformed answer: " + std::string(received)};
    auto head = received.substr(0, end);
    auto status = std::string(head.substr(9, 3));
    received.remove_prefix(end + 4);
    auto field = head.find("content-length: ");
    std::size_t bytes = field == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(field + 16)));
    auto body = received.substr(0, bytes);
    received.remove_prefix(std::min(bytes, received.size()));
    if (status == "200") status += " " + std::string(body);
    bool closes = head.find("\r\nconnection: close") != std::string_view::npos;
    if (status.starts_with('4') || status.starts_with('5')) {
      EXPECT_TRUE(closes) << status << " must close the connection";
      EXPECT_TRUE(body.starts_with(R"({"error":")")) << body;
    }
    result.push_back(std::move(status));
  }
  return result;
}

TEST(Cases, EveryRequestIsUnderstoodOneWayOrRefused) {
  Fixture server;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(BW_SOURCE_DIR "/tests/cases/http")) {
    for (const auto& c : load(entry.path())) {
      EXPECT_EQ(answers(talk(server.port(), c.input)), c.want) << c.where;
      ++count;
    }
  }
  EXPECT_GT(count, 150U);
}

// The same bytes, one at a time: what is understood does not depend on how they arrive.
TEST(Cases, PiecesDoNotMatter) {
  Fixture server;
  for (const auto& entry : std::filesystem::directory_iterator(BW_SOURCE_DIR "/tests/cases/http")) {
    for (const auto& c : load(entry.path())) {
      if (c.input.size() > 1 || c.input[0].find("Expect: 100") != std::string::npos) continue;
      RawSocket socket(server.port());
      for (char byte : c.input[0]) socket.send({&byte, 1});
      socket.finish();
      std::string received;
      while (socket.receive(received)) {
      }
      EXPECT_EQ(answers(received), c.want) << c.where;
    }
  }
}

}  // namespace
}  // namespace bw::transport
