// SPDX-License-Identifier: BSD-3-Clause
#include "files/contents.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn::files {
namespace {

using std::string_literals::operator""s;

TEST_CASE("the first bytes tell what a file holds") {
  CHECK(DescribeContents("") == "nothing");
  CHECK(DescribeContents("\xd4\xc3\xb2\xa1\2\0\4\0"s) == "a capture (pcap)");
  CHECK(DescribeContents("\xa1\xb2\x3c\x4d\0\2\0\4"s) == "a capture (pcap)");
  CHECK(DescribeContents("\x0a\x0d\x0d\x0a\x1c"s) == "a capture (pcapng)");
  CHECK(DescribeContents("SQLite format 3\0more"s) == "an SQLite database");
  CHECK(DescribeContents("PK\3\4"s) == "a zip archive");
  CHECK(DescribeContents("#!/bin/sh\n") == "a script");
  CHECK(DescribeContents("{\"a\": 1}\n") == "JSON");
  CHECK(DescribeContents("<html>") == "XML or HTML");
  CHECK(DescribeContents("Dear all,\n") == "text");
  CHECK(DescribeContents("Dear all: hello\n") == "text");
  CHECK(DescribeContents("\0\1\2\3"s) == "unknown data");
}

TEST_CASE("YAML shows itself by its first key, behind comments") {
  CHECK(DescribeContents("# The site.\n\nprotected_networks: [192.0.2.0/24]\n") == "YAML");
  CHECK(DescribeContents("timing:\n  direct:\n") == "YAML");
  CHECK(DescribeContents("---\n- a\n") == "YAML");
  CHECK(DescribeContents("http://example.org\n") == "text");
  CHECK(DescribeContents("# only a comment\n") == "text");
}

TEST_CASE("what is compressed is looked into, also where it is cut off") {
  // printf '\xd4\xc3\xb2\xa1\x02\x00\x04\x00' | gzip -n
  const std::string packed =
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xbb\x72\x78\xd3\x42\x26\x06\x16\x06\x00"s;
  CHECK(DescribeContents(packed) == "a capture (pcap), compressed");
  CHECK(IsCapture(packed));
  CHECK(IsCapture("\xd4\xc3\xb2\xa1"s));
  CHECK_FALSE(IsCapture("Dear all,\n"));
  CHECK_FALSE(IsCapture(""));
  CHECK(DescribeContents("\x1f\x8b\x08\xff\xff\xff"s) == "gzip data");
  CHECK(DescribeContents("\x1f\x8b"s) == "gzip data");
  CHECK(InflatedHead("plain") == "plain");
}

}  // namespace
}  // namespace cairn::files
