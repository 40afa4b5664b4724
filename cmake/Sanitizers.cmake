# binferry_sanitizers: what BINFERRY_SANITIZE names, on every target.
add_library(binferry_sanitizers INTERFACE)
if(BINFERRY_SANITIZE)
  target_compile_options(binferry_sanitizers INTERFACE
    -fsanitize=${BINFERRY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(binferry_sanitizers INTERFACE -fsanitize=${BINFERRY_SANITIZE})
endif()
if(BINFERRY_FUZZ)
  target_compile_options(binferry_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(binferry_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()
