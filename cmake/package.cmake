# What `cmake --install` installs, and the Debian package that CPack makes of it (./dev package).
include(GNUInstallDirs)

# Debian wants manual pages compressed, without a time stamp.
foreach(page cairn.1 stopd.8)
  set(compressed "${CMAKE_BINARY_DIR}/${page}.gz")
  add_custom_command(
    OUTPUT "${compressed}"
    COMMAND gzip -9nc "${PROJECT_SOURCE_DIR}/docs/${page}" > "${compressed}"
    DEPENDS "docs/${page}")
  list(APPEND man_pages "${compressed}")
endforeach()
add_custom_target(man_pages ALL DEPENDS ${man_pages})

install(TARGETS cairn RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS stopd RUNTIME DESTINATION "${CMAKE_INSTALL_SBINDIR}")
# What differs from the defaults, so that upgrades do not pin old values; all keys are in the examples.
install(FILES packaging/cairn.yaml packaging/stopd.yaml DESTINATION /etc/cairn)
install(FILES "${CMAKE_BINARY_DIR}/cairn.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${CMAKE_BINARY_DIR}/stopd.8.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man8")
# The shell looks for a file of the program's name.
foreach(program cairn stopd)
  install(FILES commands/completion/cairn.bash
          DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME ${program})
endforeach()
# systemd looks below lib, whatever the machine's own folder for libraries is called.
install(FILES packaging/stopd.service packaging/stopd.socket DESTINATION lib/systemd/system)
install(FILES packaging/stopd.sysusers DESTINATION lib/sysusers.d RENAME stopd.conf)
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/cairn" RENAME copyright)
install(FILES README.md DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/cairn")
install(FILES config/cairn.yaml config/stopd.yaml config/example-site.yaml config/zhang-paxson-2000.yaml config/coskun-memon-2007.yaml DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/cairn/examples")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cairn)
set(CPACK_PACKAGE_CONTACT "The Cairn maintainers <cairn@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
  "Reads packet headers on a site's border link, from capture files or a live\n\
interface, and reports pairs of TCP connections that carry the same person's\n\
keystrokes: somebody logs in to a host here only to log in from it elsewhere.\n\
Also holds stopd, the daemon by which such a host remembers who owns a\n\
connection when it is asked (Session TOken Protocol); it is not started by itself.")
# The configuration lies outside the prefix, so the files are collected under DESTDIR.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# An upgrade keeps what the administrator changed.
file(WRITE "${CMAKE_BINARY_DIR}/conffiles" "/etc/cairn/cairn.yaml\n/etc/cairn/stopd.yaml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_BINARY_DIR}/conffiles")
foreach(script postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/${script}")
endforeach()
# postinst makes stopd's user by one of them; the libraries are found by themselves.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd-sysusers | adduser")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
