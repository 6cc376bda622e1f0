// SPDX-License-Identifier: Apache-2.0
// Asio's compiled part: the one place where its function bodies live.
#include "async/asio.h"

#include <boost/asio/impl/src.hpp>
