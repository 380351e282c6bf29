# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)

install(TARGETS mooring RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
get_property(plugins GLOBAL PROPERTY MOORING_PLUGINS)
install(TARGETS ${plugins} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/mooring/plugins)
install(FILES plugins/mooring.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY config/text config/coping config/crisis DESTINATION ${CMAKE_INSTALL_DATADIR}/mooring)
install(DIRECTORY config/networks DESTINATION ${CMAKE_INSTALL_DATADIR}/mooring OPTIONAL)
install(FILES config/mooring.cfg config/demo.cfg DESTINATION ${CMAKE_INSTALL_DATADIR}/mooring)
# The administrator's own file is never overwritten by a newer one.
install(CODE "
  set(etc \"${CMAKE_INSTALL_FULL_SYSCONFDIR}/mooring\")
  if(NOT IS_ABSOLUTE \"${CMAKE_INSTALL_SYSCONFDIR}\" AND NOT \"\${CMAKE_INSTALL_PREFIX}\" STREQUAL \"${CMAKE_INSTALL_PREFIX}\")
    set(etc \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SYSCONFDIR}/mooring\")
  endif()
  if(NOT EXISTS \"\$ENV{DESTDIR}\${etc}/mooring.cfg\")
    file(INSTALL \"${CMAKE_SOURCE_DIR}/config/mooring.cfg\" DESTINATION \"\${etc}\")
  endif()")
install(FILES docs/mooring.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/mooring.cfg.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

set(AT "@")
configure_file(systemd/mooring.service.in ${CMAKE_BINARY_DIR}/mooring.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/mooring.service DESTINATION lib/systemd/system)

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
