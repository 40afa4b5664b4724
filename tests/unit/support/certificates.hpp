// Certificates for tests of a hub's TLS, made by the openssl program. Tests only.
#pragma once

#include <cstdlib>
#include <string>

namespace binferry::test {

// In `folder`: `ca.pem`, `other.pem`, an authority that signed nothing, and for each of `names` (words) a certificate
// of `ca` for localhost with that common name, `NAME.pem` and `NAME.key`. False: there is no openssl program.
inline bool make_certificates(const std::string& folder, const std::string& names) {
  const std::string make =
      "cd " + folder +
      " && exec >/dev/null 2>&1 && ec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes' && umask 077 && "
      "openssl req -x509 $ec -keyout ca.key -out ca.pem -subj /CN=authority -days 2 && "
      "openssl req -x509 $ec -keyout other.key -out other.pem -subj /CN=other -days 2 && "
      "printf 'subjectAltName=DNS:localhost' >names && for who in " +
      names +
      "; do openssl req $ec -keyout $who.key -out $who.csr -subj /CN=$who && "
      "openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $who.pem -days 2 -extfile names "
      "|| exit 1; done";
  return std::system(make.c_str()) == 0;
}

}  // namespace binferry::test
