# kafka-topics, kafka-topics.sh and so on: links to `leat`, which looks at the name that it is called by.
set(LEAT_TOOLS
    kafka-acls kafka-broker-api-versions kafka-cluster kafka-configs kafka-console-consumer kafka-console-producer
    kafka-consumer-groups kafka-consumer-perf-test kafka-delete-records kafka-dump-log kafka-features kafka-get-offsets kafka-groups
    kafka-log-dirs kafka-metadata-quorum kafka-producer-perf-test kafka-server-start kafka-storage
    kafka-streams-application-reset kafka-streams-groups kafka-topics kafka-transactions)
set(link_commands)
foreach(tool ${LEAT_TOOLS})
  foreach(link ${tool} ${tool}.sh)
    list(APPEND link_commands COMMAND ${CMAKE_COMMAND} -E create_symlink leat ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${link})
  endforeach()
endforeach()
add_custom_command(TARGET leat POST_BUILD ${link_commands} VERBATIM)
