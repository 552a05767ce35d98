cairn_fuzzer(fuzz_frame_decoder SOURCES frame_decoder_fuzz.cc USES capture)
cairn_fuzzer(fuzz_buffered_reader SOURCES buffered_reader_fuzz.cc reader_input.cc USES capture)
cairn_fuzzer(fuzz_libpcap_reader SOURCES libpcap_reader_fuzz.cc reader_input.cc USES capture)
cairn_fuzzer(fuzz_reader_equality SOURCES reader_equality_fuzz.cc reader_input.cc USES capture)
