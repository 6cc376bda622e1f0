// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace bw::store::sqlite {

// The name of a VFS (https://www.sqlite.org/vfs.html) for the writing connection. It is the platform's own, but for the
// write-ahead log: SQLite writes a commit's log page by page, two system calls for each; here they are gathered and handed to
// the kernel as one write when SQLite syncs, reads, truncates or measures the log. Nothing is acknowledged in between: with
// synchronous=FULL each commit ends in a sync, which writes first and fails when the write fails.
//
// Registered at the first call, for the life of the process. Any thread.
Result<std::string> gathering_vfs();

// Writes what the write-ahead log of this database holds once more, in place, and syncs it; nothing when there is none. For
// the start of the only writer, before it opens the database: after a sync that failed the kernel may go on showing bytes
// that are not on the disk and never will be, and say of the next sync that all is well. What an earlier process left in the
// log is seen by everybody, so it must be durable before the database is built on it. Errors: unavailable.
Status rewrite_log(const std::string& database_path);

}  // namespace bw::store::sqlite
