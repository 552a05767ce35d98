cairn_fuzzer(config_fuzz SOURCES config_fuzz.cc USES config)
cairn_fuzzer(stopd_config_fuzz SOURCES stopd_config_fuzz.cc USES config/stopd)
