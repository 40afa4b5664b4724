# Use ccache where it is installed: a second build of the same tree is then a copy.
find_program(BINFERRY_CCACHE ccache)
if(BINFERRY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BINFERRY_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${BINFERRY_CCACHE})
endif()
