cairn_fuzzer(stop_message_fuzz SOURCES stop_message_fuzz.cc USES traceback/stop)
