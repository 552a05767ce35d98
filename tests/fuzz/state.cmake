cairn_fuzzer(state_fuzz SOURCES state_fuzz.cc USES detector)
