// SPDX-License-Identifier: Apache-2.0
// The network extension: ip(x), cidr(x) and what may be asked of both. What an address is good for follows the registries
// of RFC 6890: 127.0.0.0/8 and ::1 loop back, 169.254.0.0/16 and fe80::/10 stay on their link, 224.0.0.0/4 and ff00::/8 are
// for many. Private addresses count as global unicast, as everywhere this extension is known.
#include "cel/network.h"

#include <fmt/core.h>

#include "cel/library/library.h"

namespace bw::cel {
namespace {

using Kind = Value::Kind;

Value no_address(CallContext& c, const Value& text) {
  return c.fail(
      Fault::invalid_argument,
      fmt::format("{} is no IP address, such as \"10.0.0.1\" or \"2001:db8::1\" (without zone, and not an IPv4 "
                  "address written as IPv6)",
                  render(text, 60)));
}

Value no_range(CallContext& c, const Value& text) {
  return c.fail(
      Fault::invalid_argument,
      fmt::format("{} is no range of IP addresses, such as \"10.0.0.0/8\" or \"2001:db8::/32\"", render(text, 60)));
}

Value to_ip(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, "ip", args);
  auto ip = parse_ip(args[0].text(), c.arena());
  return ip ? *ip : no_address(c, args[0]);
}

Value to_cidr(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, "cidr", args);
  auto cidr = parse_cidr(args[0].text(), c.arena());
  return cidr ? *cidr : no_range(c, args[0]);
}

Value is_ip(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, "isIP", args);
  return Value::boolean(parse_ip(args[0].text(), c.arena()).has_value());
}

Value is_cidr(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, "isCIDR", args);
  return Value::boolean(parse_cidr(args[0].text(), c.arena()).has_value());
}

Value is_canonical(CallContext& c, Arguments args) {
  if (!are(args, {Kind::string})) return no_such_overload(c, "ip.isCanonical", args);
  auto ip = parse_ip(args[0].text(), c.arena());
  return ip ? Value::boolean(format_ip(*ip) == args[0].text()) : no_address(c, args[0]);
}

// --- of an address ---

struct Properties {
  bool four = false, unspecified = false, loopback = false, link_local = false, multicast = false, broadcast = false,
       link_local_multicast = false;
};

Properties properties_of(std::string_view address) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(address[i]); };
  Properties p;
  p.four = address.size() == 4;
  p.unspecified = address.find_first_not_of('\0') == std::string_view::npos;
  if (p.four) {
    p.loopback = byte(0) == 127;
    p.link_local = byte(0) == 169 && byte(1) == 254;
    p.multicast = (byte(0) & 0xF0U) == 224;
    p.broadcast = address.find_first_not_of('\xFF') == std::string_view::npos;
    p.link_local_multicast = byte(0) == 224 && byte(1) == 0 && byte(2) == 0;
    return p;
  }
  p.loopback = address.find_first_not_of('\0') == 15 && byte(15) == 1;
  p.link_local = byte(0) == 0xFE && (byte(1) & 0xC0U) == 0x80;
  p.multicast = byte(0) == 0xFF;
  p.link_local_multicast = p.multicast && (byte(1) & 0x0FU) == 0x02;
  return p;
}

template <class Ask>
Value ask(CallContext& c, Arguments args, std::string_view name, Ask ask) {
  if (!are(args, {Kind::ip})) return no_such_overload(c, name, args);
  return Value::boolean(ask(properties_of(args[0].address())));
}

Value family(CallContext& c, Arguments args) {
  if (!are(args, {Kind::ip})) return no_such_overload(c, "family", args);
  return Value::int64(args[0].address().size() == 4 ? 4 : 6);
}
Value is_unspecified(CallContext& c, Arguments args) {
  return ask(c, args, "isUnspecified", [](const Properties& p) { return p.unspecified; });
}
Value is_loopback(CallContext& c, Arguments args) {
  return ask(c, args, "isLoopback", [](const Properties& p) { return p.loopback; });
}
Value is_link_local_unicast(CallContext& c, Arguments args) {
  return ask(c, args, "isLinkLocalUnicast", [](const Properties& p) { return p.link_local; });
}
Value is_link_local_multicast(CallContext& c, Arguments args) {
  return ask(c, args, "isLinkLocalMulticast", [](const Properties& p) { return p.link_local_multicast; });
}
Value is_global_unicast(CallContext& c, Arguments args) {
  return ask(c, args, "isGlobalUnicast", [](const Properties& p) {
    return !p.unspecified && !p.broadcast && !p.loopback && !p.multicast && !p.link_local;
  });
}

// --- of a range ---

Value contains_ip(CallContext& c, Arguments args) {
  if (are(args, {Kind::cidr, Kind::ip})) return Value::boolean(contains(args[0], args[1]));
  if (!are(args, {Kind::cidr, Kind::string})) return no_such_overload(c, "containsIP", args);
  auto ip = parse_ip(args[1].text(), c.arena());
  return ip ? Value::boolean(contains(args[0], *ip)) : no_address(c, args[1]);
}

Value contains_cidr(CallContext& c, Arguments args) {
  if (are(args, {Kind::cidr, Kind::cidr})) return Value::boolean(contains(args[0], args[1]));
  if (!are(args, {Kind::cidr, Kind::string})) return no_such_overload(c, "containsCIDR", args);
  auto cidr = parse_cidr(args[1].text(), c.arena());
  return cidr ? Value::boolean(contains(args[0], *cidr)) : no_range(c, args[1]);
}

Value ip_of(CallContext& c, Arguments args) {
  return are(args, {Kind::cidr}) ? Value::ip(args[0].address()) : no_such_overload(c, "ip", args);
}
Value masked_of(CallContext& c, Arguments args) {
  return are(args, {Kind::cidr}) ? masked(args[0], c.arena()) : no_such_overload(c, "masked", args);
}
Value is_mask(CallContext& c, Arguments args) {
  if (!are(args, {Kind::cidr})) return no_such_overload(c, "isMask", args);
  return Value::boolean(masked(args[0], c.arena()).address() == args[0].address());
}
Value prefix_length(CallContext& c, Arguments args) {
  return are(args, {Kind::cidr}) ? Value::int64(args[0].prefix_length()) : no_such_overload(c, "prefixLength", args);
}

}  // namespace

std::vector<Function> network_functions() {
  return {
      make_function("ip", Form::global, {"string -> net.IP"}, to_ip),
      make_function("cidr", Form::global, {"string -> net.CIDR"}, to_cidr),
      make_function("isIP", Form::global, {"string -> bool"}, is_ip),
      make_function("isCIDR", Form::global, {"string -> bool"}, is_cidr),
      make_function("ip.isCanonical", Form::global, {"string -> bool"}, is_canonical),
      make_function("family", Form::method, {"net.IP -> int"}, family),
      make_function("isUnspecified", Form::method, {"net.IP -> bool"}, is_unspecified),
      make_function("isLoopback", Form::method, {"net.IP -> bool"}, is_loopback),
      make_function("isLinkLocalUnicast", Form::method, {"net.IP -> bool"}, is_link_local_unicast),
      make_function("isLinkLocalMulticast", Form::method, {"net.IP -> bool"}, is_link_local_multicast),
      make_function("isGlobalUnicast", Form::method, {"net.IP -> bool"}, is_global_unicast),
      make_function("containsIP", Form::method, {"net.CIDR, net.IP -> bool", "net.CIDR, string -> bool"}, contains_ip),
      make_function("containsCIDR", Form::method, {"net.CIDR, net.CIDR -> bool", "net.CIDR, string -> bool"},
                    contains_cidr),
      make_function("ip", Form::method, {"net.CIDR -> net.IP"}, ip_of),
      make_function("masked", Form::method, {"net.CIDR -> net.CIDR"}, masked_of),
      make_function("isMask", Form::method, {"net.CIDR -> bool"}, is_mask),
      make_function("prefixLength", Form::method, {"net.CIDR -> int"}, prefix_length),
  };
}

}  // namespace bw::cel
