cairn_fuzzer(stored_stream_fuzz SOURCES stored_stream_fuzz.cc USES detector)
