cairn_fuzzer(config_fuzz SOURCES config_fuzz.cc USES config)
