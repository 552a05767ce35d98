cairn_fuzzer(alerts_fuzz SOURCES alerts_fuzz.cc USES output)
cairn_fuzzer(scores_fuzz SOURCES scores_fuzz.cc USES output)
cairn_fuzzer(sessions_fuzz SOURCES sessions_fuzz.cc USES output/sessions)
cairn_fuzzer(session_database_fuzz SOURCES session_database_fuzz.cc USES output/sessions)
