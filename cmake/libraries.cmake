# Libraries that weir stands on, as one interface target.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(BZip2 REQUIRED) # Debian 12 has no .pc file of it
pkg_check_modules(WEIR_DEPS REQUIRED IMPORTED_TARGET
  libmicrohttpd>=0.9.75   # HTTP serving
  libcurl>=7.88           # sending
  jansson>=2.14           # cold JSON, and the oracle of the tests
  sqlite3>=3.40           # spool
  yaml-0.1                # configuration and rule sets
  libpcre2-8              # patterns
  zlib libzstd libbrotlidec  # Content-Encoding
  liblzma                 # compressed minidumps, with bzip2
  libdeflate              # deflates small payloads two to three times as fast as zlib
  libcrypto               # HMAC-SHA-256 for keyed hashes
  libsodium)              # sealed boxes of the encrypt method
add_library(weir_libraries INTERFACE)
target_link_libraries(weir_libraries INTERFACE PkgConfig::WEIR_DEPS BZip2::BZip2 Threads::Threads m)
