# Use ccache where it is installed: a second build of the same tree, here or in another checkout, is then a copy.
find_program(BINFERRY_CCACHE ccache)
if(BINFERRY_CCACHE)
  # The sloppiness is what ccache's manual asks for where headers are precompiled; ours use no time macros.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${BINFERRY_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()
