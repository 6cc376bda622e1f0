// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "async/task.h"
#include "base/result.h"

namespace bw::transport {

// A connected pair of directions: a TCP socket, the same under TLS, or the pipes of a child. Asio stays below this line: the
// code above starts reads and writes and is called back, on the loop's thread.
//
// At most one read and one write are under way. The stream keeps itself alive while they are; its owner calls abandon()
// before it goes, and is not called back again. close() ends what is under way as `broken`.
class ByteStream : public std::enable_shared_from_this<ByteStream> {
 public:
  enum class End : std::uint8_t { none, clean, broken };  // clean: the peer said that it was finished

  class Reader {
   public:
    virtual void on_read(std::size_t bytes, End end) = 0;  // bytes is 0 when there is an end

   protected:
    ~Reader() = default;
  };
  class Writer {
   public:
    virtual void on_written(std::size_t bytes, bool broken) = 0;

   protected:
    ~Writer() = default;
  };

  virtual ~ByteStream() = default;

  void set_reader(Reader* reader) { reader_ = reader; }
  void set_writer(Writer* writer) { writer_ = writer; }
  void abandon() {
    reader_ = nullptr;
    writer_ = nullptr;
    close();
  }

  // The buffers stay valid until the callback, or abandon().
  virtual void start_read(char* into, std::size_t bytes_max) = 0;
  virtual void start_write(std::string_view bytes) = 0;  // some of them

  // Writes what goes without waiting; 0 when nothing does, or the kind of stream does not know.
  virtual std::size_t write_now(std::string_view bytes) = 0;

  virtual void finish_writing() = 0;  // tells the peer that nothing more comes; reading goes on
  virtual void close() = 0;

 protected:
  void read_done(std::size_t bytes, End end) {
    if (reader_) reader_->on_read(bytes, end);
  }
  void write_done(std::size_t bytes, bool broken) {
    if (writer_) writer_->on_written(bytes, broken);
  }

 private:
  Reader* reader_ = nullptr;
  Writer* writer_ = nullptr;
};

using StreamPtr = std::shared_ptr<ByteStream>;

}  // namespace bw::transport
