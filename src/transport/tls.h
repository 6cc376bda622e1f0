// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "async/event.h"
#include "async/task.h"
#include "base/result.h"
#include "transport/byte_stream.h"
#include "transport/server.h"

namespace bw::transport {

// Certificates and rules for TLS 1.2 and above, shared by many connections.
class TlsContext {
 public:
  static Result<std::shared_ptr<TlsContext>> for_server(const TlsFiles& files);
  static Result<std::shared_ptr<TlsContext>> for_client(const std::string& ca_file);  // empty: the system's authorities

  // Shakes hands over `tcp`, which it takes over. A client checks the server's chain and that it is `host`.
  static async::Task<Result<StreamPtr>> accept(std::shared_ptr<TlsContext> context, StreamPtr tcp,
                                               std::int64_t timeout_ms);
  static async::Task<Result<StreamPtr>> connect(std::shared_ptr<TlsContext> context, StreamPtr tcp, std::string host,
                                                std::int64_t timeout_ms, async::Event* cancel);

  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  ~TlsContext();

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace bw::transport
