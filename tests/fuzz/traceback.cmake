cairn_fuzzer(stop_message_fuzz SOURCES stop_message_fuzz.cc USES traceback/stop)
cairn_fuzzer(stop_channel_fuzz SOURCES stop_channel_fuzz.cc USES traceback/daemon)
cairn_fuzzer(stop_record_fuzz SOURCES stop_record_fuzz.cc USES traceback/tokens)
cairn_fuzzer(host_proc_fuzz SOURCES host_proc_fuzz.cc USES traceback/host)
