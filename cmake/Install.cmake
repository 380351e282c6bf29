# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)

install(TARGETS mooring RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
get_property(plugins GLOBAL PROPERTY MOORING_PLUGINS)
install(TARGETS ${plugins} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/mooring/plugins)
install(FILES plugins/mooring.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY config/text config/coping config/crisis DESTINATION ${CMAKE_INSTALL_DATADIR}/mooring)
install(DIRECTORY config/networks DESTINATION ${CMAKE_INSTALL_DATADIR}/mooring OPTIONAL)
install(FILES config/mooring.cfg config/demo.cfg docs/prometheus-rules.yml docs/grafana-dashboard.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/mooring)
# The administrator's own file is never overwritten by a newer one.
install(CODE "
  set(etc \"${CMAKE_INSTALL_FULL_SYSCONFDIR}/mooring\")
  if(NOT \"\${CMAKE_INSTALL_PREFIX}\" STREQUAL \"${CMAKE_INSTALL_PREFIX}\")
    # cmake --install --prefix ELSEWHERE: a tree to look at, which leaves the machine's own /etc alone
    set(etc \"\${CMAKE_INSTALL_PREFIX}/etc/mooring\")
  endif()
  if(NOT EXISTS \"\$ENV{DESTDIR}\${etc}/mooring.cfg\")
    file(INSTALL \"${CMAKE_SOURCE_DIR}/config/mooring.cfg\" DESTINATION \"\${etc}\")
  endif()")
install(FILES docs/mooring.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/mooring.cfg.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

# systemd looks there below /usr and /usr/local; for another prefix docs/ADMIN.md says "systemctl link".
set(AT "@")
foreach(unit IN ITEMS mooring.service mooring-backup.service mooring-backup.timer)
  configure_file(systemd/${unit}.in ${CMAKE_BINARY_DIR}/systemd/${unit} @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/systemd/${unit} DESTINATION lib/systemd/system)
endforeach()
configure_file(systemd/credentials.conf.in ${CMAKE_BINARY_DIR}/systemd/credentials.conf @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/systemd/credentials.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/mooring)

# cmake --build build/release --target uninstall: takes away what the last installation put there; never the
# administrator's files and never what the bot keeps.
add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt -DKEEP=${CMAKE_INSTALL_FULL_SYSCONFDIR}
          -P ${CMAKE_SOURCE_DIR}/cmake/Uninstall.cmake)

# For plugins built elsewhere: find_package(Mooring) gives Mooring::plugin and mooring_add_plugin(); pkg-config mooring.
# The tree may be installed elsewhere than configured, and moved: prefixes are found from where the files lie.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" prefix_from_pc ${prefix_from_pc})
configure_file(cmake/mooring.pc.in ${CMAKE_BINARY_DIR}/mooring.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/mooring.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
configure_package_config_file(cmake/MooringConfig.cmake.in ${CMAKE_BINARY_DIR}/MooringConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Mooring PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/MooringConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/MooringConfig.cmake ${CMAKE_BINARY_DIR}/MooringConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Mooring)
