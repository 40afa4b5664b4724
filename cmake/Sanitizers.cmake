# binferry_sanitizers: what BINFERRY_SANITIZE names, on every target.
add_library(binferry_sanitizers INTERFACE)
if(BINFERRY_SANITIZE)
  target_compile_options(binferry_sanitizers INTERFACE
    -fsanitize=${BINFERRY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(binferry_sanitizers INTERFACE -fsanitize=${BINFERRY_SANITIZE})
  # An index beyond a span or an empty optional is a defect even where the byte it reads is ours.
  target_compile_definitions(binferry_sanitizers INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(BINFERRY_FUZZ)
  target_compile_options(binferry_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(binferry_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()
