// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bw::cli {

struct ServeOptions {
  std::string registry;
  std::string data;
  std::string agents = "127.0.0.1:7070";
  std::string admin = "127.0.0.1:7071";
  std::string tls_certificate, tls_key;  // PEM files for the agents' listener
  std::vector<std::string> hosts;        // names that agents reach the listener by, beside loopback's
  bool plain_on_network = false;         // allow an address beyond loopback without TLS
  std::string log_level = "info";
  std::string origin;                  // name of a new ledger in its checkpoints; empty makes one
  std::vector<std::string> witnesses;  // "URL,KEY": who also signs checkpoints
  std::vector<std::string> outlets;    // URL or git:DIR: who gets each checkpoint
  std::vector<std::string> heads;      // files, best on other disks, that also keep the newest checkpoint
};

// Whether an address is of this machine alone.
bool is_loopback(std::string_view address);

// The server: builds the parts, passes them in, runs until SIGTERM or SIGINT, drains. Returns the exit code.
int serve(const ServeOptions& options);

}  // namespace bw::cli
