# SPDX-License-Identifier: MIT
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
                    -Wpointer-arith -Wwrite-strings -Wundef -fno-common -fstack-protector-strong)
# Structs grow at their end, and what is not named is zero.
add_compile_options(-Wno-missing-field-initializers)
if(MOORING_WERROR)
  add_compile_options(-Werror)
endif()
if(MOORING_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(MOORING_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_definitions(_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
# assert() states what our own code guarantees: in the release too.
add_compile_options(-UNDEBUG)
add_compile_definitions(_GNU_SOURCE)
