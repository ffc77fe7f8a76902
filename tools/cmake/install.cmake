# Headers, library, gan-train, and the package that find_package(saddle) finds.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/saddle)

install(TARGETS saddle EXPORT saddleTargets)
foreach(device saddle-cuda saddle-emulated saddle-emulator)
  if(TARGET ${device})
    install(TARGETS ${device} EXPORT saddleTargets)
  endif()
endforeach()
install(TARGETS gan-train)
install(EXPORT saddleTargets NAMESPACE saddle:: DESTINATION ${package_dir})
install(DIRECTORY core kernels autograd nn gan
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/saddle
  FILES_MATCHING PATTERN "*.h"
  PATTERN "*-inl.h" EXCLUDE
  PATTERN "variable_impl.h" EXCLUDE
  PATTERN "kernels/cpu" EXCLUDE
  PATTERN "kernels/cuda" EXCLUDE
  PATTERN "kernels/gpu" EXCLUDE)

set(SADDLE_NEEDS_CUDA OFF)
if(TARGET saddle-cuda)
  set(SADDLE_NEEDS_CUDA ON)
endif()
configure_package_config_file(tools/cmake/saddleConfig.cmake.in ${PROJECT_BINARY_DIR}/saddleConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/saddleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/saddleConfig.cmake ${PROJECT_BINARY_DIR}/saddleConfigVersion.cmake
  DESTINATION ${package_dir})
