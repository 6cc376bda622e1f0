// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "transport/byte_stream.h"

namespace bw::transport {

// The executor is named, not type-erased: sockets are on the hot path. Only files that include Asio include this one.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

class TcpStream final : public ByteStream {
 public:
  explicit TcpStream(Socket socket);

  void start_read(char* into, std::size_t bytes_max) override;
  void start_write(std::string_view bytes) override;
  std::size_t write_now(std::string_view bytes) override;
  void finish_writing() override;
  void close() override;

  Socket take_socket() { return std::move(socket_); }  // to go on under TLS

 private:
  Socket socket_;
};

}  // namespace bw::transport
