# One Kafka broker per run of ctest, as a fixture. certes_needs_kafka(TEST) gives a test its address: in the file that
# CERTES_TEST_BROKERS_FILE names, unless CERTES_TEST_BROKERS (HOST:PORT) names a broker that runs already.

set(CERTES_KAFKA ${PROJECT_SOURCE_DIR}/deploy/kafka/kafka.sh)
set(CERTES_KAFKA_DIR ${CMAKE_BINARY_DIR}/kafka)

add_test(NAME kafka_start COMMAND ${CERTES_KAFKA} start --fresh --dir ${CERTES_KAFKA_DIR})
set_tests_properties(kafka_start PROPERTIES FIXTURES_SETUP kafka LABELS kafka TIMEOUT 900)
add_test(NAME kafka_stop COMMAND ${CERTES_KAFKA} stop --discard --dir ${CERTES_KAFKA_DIR})
set_tests_properties(kafka_stop PROPERTIES FIXTURES_CLEANUP kafka LABELS kafka TIMEOUT 60)

function(certes_needs_kafka TEST)
  set_property(TEST ${TEST} APPEND PROPERTY FIXTURES_REQUIRED kafka)
  set_property(TEST ${TEST} APPEND PROPERTY ENVIRONMENT "CERTES_TEST_BROKERS_FILE=${CERTES_KAFKA_DIR}/brokers"
    "CERTES_KAFKA=${CERTES_KAFKA}")
endfunction()
