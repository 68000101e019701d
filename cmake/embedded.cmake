# Readable files whose text the binary carries: the built-in rule sets, and the samples in which
# `weir check --canary` plants values. weir_embed(NAME FILES...) makes the table weir_embedded_NAME.
set(WEIR_EMBEDDED_C "")
function(weir_embed name)
  set(out ${CMAKE_BINARY_DIR}/${name}.c)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DTABLE=weir_embedded_${name} "-DFILES=${ARGN}" -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  set(WEIR_EMBEDDED_C ${WEIR_EMBEDDED_C} ${out} PARENT_SCOPE)
endfunction()

file(GLOB files CONFIGURE_DEPENDS scrubbers/rulesets/*.yaml)
weir_embed(rulesets ${files})
file(GLOB files CONFIGURE_DEPENDS collector/cli/canaries/*.json)
weir_embed(canaries ${files})
