// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp_stream.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>

namespace bw::transport {

using boost::system::error_code;

TcpStream::TcpStream(Socket socket) : socket_(std::move(socket)) {
  error_code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

void TcpStream::start_read(char* into, std::size_t bytes_max) {
  auto self = std::static_pointer_cast<TcpStream>(shared_from_this());
  socket_.async_read_some(boost::asio::buffer(into, bytes_max), [self = std::move(self)](error_code error,
                                                                                         std::size_t n) {
    self->read_done(error ? 0 : n, !error ? End::none : error == boost::asio::error::eof ? End::clean : End::broken);
  });
}

void TcpStream::start_write(std::string_view bytes) {
  auto self = std::static_pointer_cast<TcpStream>(shared_from_this());
  socket_.async_write_some(
      boost::asio::buffer(bytes.data(), bytes.size()),
      [self = std::move(self)](error_code error, std::size_t n) { self->write_done(n, bool(error)); });
}

std::size_t TcpStream::write_now(std::string_view bytes) {
  auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void TcpStream::finish_writing() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void TcpStream::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace bw::transport
