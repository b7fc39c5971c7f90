# cmake --install: headers, libraries and the package `leat`, so that another project says
#
#   find_package(leat CONFIG REQUIRED)
#   target_link_libraries(app PRIVATE leat::streams)
#
# The headers keep their folders, below include/leat.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(rooms base wire log coordinator client server tools state topology streams)
foreach(room ${rooms})
  set_target_properties(leat_${room} PROPERTIES EXPORT_NAME ${room})
endforeach()
set_target_properties(leat_options PROPERTIES EXPORT_NAME options)
# Asked for as find_package(leat COMPONENTS schemas): who does not want it needs neither Protobuf nor Avro.
if(TARGET leat_schemas)
  set_target_properties(leat_schemas PROPERTIES EXPORT_NAME schemas)
  install(TARGETS leat_schemas EXPORT leatSchemasTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT leatSchemasTargets NAMESPACE leat:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/leat)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/schemas DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/leat
          FILES_MATCHING PATTERN "*.h")
endif()
list(TRANSFORM rooms PREPEND leat_ OUTPUT_VARIABLE libraries)
install(TARGETS leat_options ${libraries} EXPORT leatTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT leatTargets NAMESPACE leat:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/leat)
foreach(folder base broker state topology streams)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/leat
          FILES_MATCHING PATTERN "*.h")
endforeach()
install(PROGRAMS $<TARGET_FILE:leat> TYPE BIN COMPONENT runtime OPTIONAL)
foreach(tool ${LEAT_TOOLS})
  foreach(link ${tool} ${tool}.sh)
    install(FILES ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${link} TYPE BIN COMPONENT runtime OPTIONAL)
  endforeach()
endforeach()

configure_package_config_file(cmake/leatConfig.cmake.in ${PROJECT_BINARY_DIR}/leatConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/leat)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/leatConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/leatConfig.cmake ${PROJECT_BINARY_DIR}/leatConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/leat)
