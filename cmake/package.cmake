# What `cmake --install` installs, and the Debian package that CPack makes of it (./dev package).
include(GNUInstallDirs)

# Debian wants manual pages compressed, without a time stamp.
set(man_page "${CMAKE_BINARY_DIR}/cairn.1.gz")
add_custom_command(
  OUTPUT "${man_page}"
  COMMAND gzip -9nc "${PROJECT_SOURCE_DIR}/docs/cairn.1" > "${man_page}"
  DEPENDS docs/cairn.1)
add_custom_target(man_page ALL DEPENDS "${man_page}")

install(TARGETS cairn RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES config/cairn.yaml DESTINATION /etc/cairn)
install(FILES "${man_page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES commands/completion/cairn.bash
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME cairn)
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/cairn" RENAME copyright)
install(FILES README.md DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/cairn")
install(FILES config/example-site.yaml config/zhang-paxson-2000.yaml config/coskun-memon-2007.yaml DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/cairn/examples")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cairn)
set(CPACK_PACKAGE_CONTACT "The Cairn maintainers <cairn@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
  "Reads packet headers on a site's border link, from capture files or a live\n\
interface, and reports pairs of TCP connections that carry the same person's\n\
keystrokes: somebody logs in to a host here only to log in from it elsewhere.")
# The configuration lies outside the prefix, so the files are collected under DESTDIR.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# An upgrade keeps what the administrator changed.
file(WRITE "${CMAKE_BINARY_DIR}/conffiles" "/etc/cairn/cairn.yaml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_BINARY_DIR}/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
