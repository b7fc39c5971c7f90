# cpack: an archive and a Debian package of what runs (component `runtime`): the program, the console tools, the
# examples that are built. Libraries and headers are installed with `cmake --install` alone.
install(FILES ${PROJECT_SOURCE_DIR}/packaging/server.properties DESTINATION share/leat COMPONENT runtime)
install(FILES ${PROJECT_SOURCE_DIR}/packaging/leat.service DESTINATION lib/systemd/system COMPONENT runtime)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/doc/leat
        COMPONENT runtime)

foreach(example word_count page_views sensor_alerts pipe)
  install(PROGRAMS ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${example} DESTINATION lib/leat/examples COMPONENT runtime OPTIONAL)
endforeach()

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
set(CPACK_PACKAGE_NAME leat)
set(CPACK_PACKAGE_VENDOR "The Leat authors")
set(CPACK_PACKAGE_CONTACT "The Leat authors <leat@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Kafka Streams for C++ with the broker inside")
set(CPACK_PACKAGE_DESCRIPTION
    "A broker that Kafka's clients take for Apache Kafka, Kafka's console tools, and example applications.")
set(CPACK_SYSTEM_NAME ${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};leat;runtime;/")
set(CPACK_COMPONENTS_ALL runtime)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/postinst")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
