cairn_fuzzer(truth_fuzz SOURCES truth_fuzz.cc USES traces/scoring)
