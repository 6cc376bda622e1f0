// SPDX-License-Identifier: Apache-2.0
#include "transport/pipe_stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "async/asio.h"

namespace bw::transport {
namespace {

using boost::system::error_code;
using Pipe = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

class PipeStream final : public ByteStream {
 public:
  PipeStream(async::Loop& loop, Descriptor read_end, Descriptor write_end)
      : in_(async::io_context(loop).get_executor()), out_(async::io_context(loop).get_executor()) {
    adopt(in_, std::move(read_end));
    adopt(out_, std::move(write_end));
  }

  void start_read(char* into, std::size_t bytes_max) override {
    in_.async_read_some(boost::asio::buffer(into, bytes_max), [self = self()](error_code error, std::size_t n) {
      self->read_done(error ? 0 : n, !error ? End::none : error == boost::asio::error::eof ? End::clean : End::broken);
    });
  }

  void start_write(std::string_view bytes) override {
    out_.async_write_some(boost::asio::buffer(bytes.data(), bytes.size()),
                          [self = self()](error_code error, std::size_t n) { self->write_done(n, bool(error)); });
  }

  std::size_t write_now(std::string_view) override { return 0; }

  void finish_writing() override {
    error_code ignored;
    out_.close(ignored);
  }

  void close() override {
    error_code ignored;
    in_.close(ignored);
    out_.close(ignored);
  }

 private:
  static void adopt(Pipe& pipe, Descriptor end) {
    error_code ignored;
    if (!end) return;
    pipe.assign(end.release(), ignored);
    pipe.non_blocking(true, ignored);
  }
  std::shared_ptr<PipeStream> self() { return std::static_pointer_cast<PipeStream>(shared_from_this()); }

  Pipe in_;
  Pipe out_;
};

}  // namespace

StreamPtr open_pipes(async::Loop& loop, Descriptor read_end, Descriptor write_end) {
  return std::make_shared<PipeStream>(loop, std::move(read_end), std::move(write_end));
}

}  // namespace bw::transport
