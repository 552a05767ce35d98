cairn_fuzzer(scores_fuzz SOURCES scores_fuzz.cc USES output)
