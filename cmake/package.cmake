# What `cmake --install` installs, and the Debian package that CPack makes of it (./dev package).
include(GNUInstallDirs)

# Debian wants manual pages and the changelog compressed, without a time stamp.
function(cairn_compress from to)
  add_custom_command(
    OUTPUT "${CMAKE_BINARY_DIR}/${to}"
    COMMAND gzip -9nc "${PROJECT_SOURCE_DIR}/${from}" > "${CMAKE_BINARY_DIR}/${to}"
    DEPENDS "${PROJECT_SOURCE_DIR}/${from}")
endfunction()
set(compressed_pages "")
foreach(page cairn.1 cairn-lab.1 cairn-traces.1 cairn.yaml.5 stopd.yaml.5 stopd.8)
  cairn_compress("docs/${page}" "${page}.gz")
  list(APPEND compressed_pages "${CMAKE_BINARY_DIR}/${page}.gz")
  string(REGEX REPLACE "^.*\\." "" section "${page}")
  install(FILES "${CMAKE_BINARY_DIR}/${page}.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
endforeach()
cairn_compress(packaging/debian/changelog changelog.gz)
add_custom_target(man_pages ALL DEPENDS ${compressed_pages} "${CMAKE_BINARY_DIR}/changelog.gz")

install(TARGETS cairn cairn-traces RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
if(CAIRN_LAB)
  install(TARGETS cairn-lab RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(TARGETS stopd RUNTIME DESTINATION "${CMAKE_INSTALL_SBINDIR}")
# What differs from the defaults, so that upgrades do not pin old values; all keys are in the examples.
install(FILES packaging/cairn.yaml packaging/stopd.yaml DESTINATION /etc/cairn)
# The shell looks for a file of the program's name.
foreach(program cairn cairn-lab stopd)
  install(FILES commands/completion/cairn.bash
          DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME ${program})
endforeach()
# systemd looks below lib, whatever the machine's own folder for libraries is called.
install(FILES packaging/stopd.service packaging/stopd.socket packaging/stopd-ca.service DESTINATION lib/systemd/system)
install(FILES packaging/stopd.sysusers DESTINATION lib/sysusers.d RENAME stopd.conf)
install(FILES packaging/stopd.tmpfiles DESTINATION lib/tmpfiles.d RENAME stopd.conf)

# Schemas are for programs, and must be there also where documentation is left out.
file(GLOB schemas CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/*.schema.json")
install(FILES ${schemas} DESTINATION "${CMAKE_INSTALL_DATADIR}/cairn/schemas")
# README, docs and traces lie to each other as in the source, so that their links hold and their commands run.
set(doc_folder "${CMAKE_INSTALL_DATADIR}/doc/cairn")
install(FILES LICENSE DESTINATION "${doc_folder}" RENAME copyright)
install(FILES README.md "${CMAKE_BINARY_DIR}/changelog.gz" DESTINATION "${doc_folder}")
install(DIRECTORY docs DESTINATION "${doc_folder}"
        FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.csv" PATTERN "*.json")
file(GLOB captures CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/traces/*.gz")
install(FILES traces/README.md ${captures} DESTINATION "${doc_folder}/traces")
install(FILES config/cairn.yaml config/stopd.yaml config/example-site.yaml config/zhang-paxson-2000.yaml config/coskun-memon-2007.yaml
        DESTINATION "${doc_folder}/examples")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cairn)
set(CPACK_PACKAGE_CONTACT "The Cairn maintainers <cairn@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
  "Reads packet headers on a site's border link, from capture files or a live\n\
interface, and reports pairs of TCP connections that carry the same person's\n\
keystrokes: somebody logs in to a host here only to log in from it elsewhere.\n\
Also holds stopd, the daemon by which such a host remembers who owns a\n\
connection when it is asked (Session TOken Protocol); it is not started by\n\
itself.")
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
# postinst makes stopd's users; the libraries are found by themselves.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
# Rules of the policy may name time zones.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "tzdata")
# What the pages use beside the programs.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "jq, tcpdump")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
