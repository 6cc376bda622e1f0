# SPDX-License-Identifier: Apache-2.0
# What the build takes from Debian 12, and which room owns it. A new line here needs a reason.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)                                            # base: text; libstdc++ 12 has no <format>
find_package(OpenSSL REQUIRED)                                        # crypto, transport: hashes, signatures, TLS
find_package(Boost 1.81 REQUIRED)                                     # async, transport: Asio and Beast (header only)
find_package(SQLite3 REQUIRED)                                        # store: the embedded database
find_package(GTest REQUIRED)                                          # tests
find_package(benchmark REQUIRED)                                      # benchmarks
find_package(simdjson REQUIRED)                                       # json: validating tokenizer
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)             # registry: YAML events with marks
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)                   # cel: linear-time regular expressions
pkg_check_modules(Z3 REQUIRED IMPORTED_TARGET z3)                     # prove: satisfiability of what policy says
find_package(CLI11 REQUIRED)                                          # cli: flags and subcommands
find_package(Protobuf REQUIRED)                                       # tests/cel alone: the messages of CEL's conformance corpus
