# Cross-compile for the Cortex-M that SQZ_CORE names, with Arm's GNU toolchain.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)

set(SQZ_CORE cortex-m4 CACHE STRING "What -mcpu is given")
set(CMAKE_C_FLAGS_INIT "-mcpu=${SQZ_CORE} -mthumb -ffunction-sections -fdata-sections")

# Nothing can be linked without a board, so CMake's own checks only build libraries.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SQZ_CORE)
