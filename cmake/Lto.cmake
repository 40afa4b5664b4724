# BINFERRY_LTO: optimise across files, so that the readers' small functions inline into the decoders of other folders.
if(BINFERRY_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT BINFERRY_LTO_SUPPORTED OUTPUT BINFERRY_LTO_OUTPUT LANGUAGES CXX)
  if(BINFERRY_LTO_SUPPORTED)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      add_link_options(-flto=auto)  # as many link jobs as there are cores
    endif()
  else()
    message(STATUS "no link-time optimisation: ${BINFERRY_LTO_OUTPUT}")
  endif()
endif()
