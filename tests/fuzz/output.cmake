cairn_fuzzer(alert_book_fuzz SOURCES alert_book_fuzz.cc USES output)
cairn_fuzzer(scores_fuzz SOURCES scores_fuzz.cc USES output)
cairn_fuzzer(sessions_fuzz SOURCES sessions_fuzz.cc USES output/sessions)
cairn_fuzzer(session_database_fuzz SOURCES session_database_fuzz.cc USES output/sessions)
