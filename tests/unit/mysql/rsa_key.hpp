// An RSA key pair made for these tests and nothing else, and what a server does with the private half.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace binferry::mysql::test {

inline constexpr std::string_view kPublicKey = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw84aTcoKPkOyrXxFPC/A
yTl8Z1cF5kaoazQVa78DUpOS9riV4DTvBS/DCG5JEyl1ctKEBjVZAjOgg7MAij18
BOjAYM8XS4m0+lhM+9hBFFvIaBnqKnYKG4HbuUPnqjpEl4DfUVtTXswbAzz7GD+t
LAMWW4NXPsMNdsTqoU4DRV016mCpzY2fHRmhSX0jxhC92+lvHhUgukuWSZil2SDJ
urMU99/vN07RwpbM8FDCCyj7aEEaKNBqgldwuafCd05OSD1gbwjf3DbeUVSyjOE1
uQvd973JK5zabL3UfNtAhuwYi3YFaRvbpHHOcZwo7jGuty6CuCJIztSWVG7FhIuH
5wIDAQAB
-----END PUBLIC KEY-----
)";

inline constexpr std::string_view kPrivateKey = R"(-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDDzhpNygo+Q7Kt
fEU8L8DJOXxnVwXmRqhrNBVrvwNSk5L2uJXgNO8FL8MIbkkTKXVy0oQGNVkCM6CD
swCKPXwE6MBgzxdLibT6WEz72EEUW8hoGeoqdgobgdu5Q+eqOkSXgN9RW1NezBsD
PPsYP60sAxZbg1c+ww12xOqhTgNFXTXqYKnNjZ8dGaFJfSPGEL3b6W8eFSC6S5ZJ
mKXZIMm6sxT33+83TtHClszwUMILKPtoQRoo0GqCV3C5p8J3Tk5IPWBvCN/cNt5R
VLKM4TW5C933vckrnNpsvdR820CG7BiLdgVpG9ukcc5xnCjuMa63LoK4IkjO1JZU
bsWEi4fnAgMBAAECggEAV0qt/VoCQQnrQV5ye0eKuerP5D4umh+L++cHWbaZY5n4
3dcisgbHPFezqjGIkGteOedSBnaIDOw5Nh16MycAACxHf6EzcHCe5zCweWJKeSoF
6SsMcwuWq/aznx9/yysY4zYH2PxO6acyr7ni80eIC2QA9qFSJt/MQ9O8Cld+K9B+
7zS9bGZSXe4YxLOIQeff6LmhXKJ3v58XaipM7nLo00hK2Eqln39x83TNSFptYTPh
+NPdovMueTIC9R/jnbLv3e3ATYFFxF3nmYSjcXT9m9p8PMMXxp3X9NPxj2lp1CRn
xkc7SLy8XGwBEebg6yhi7d/JuXe571+An7zKM2b8+QKBgQDysZZT9L29dKEooyaH
weoC1BeiFdb6OvxHDKJjNWwT5RUQpSCKIUn5v+hLt9pDOoFbOHyEJaJrDgBrJmJ9
yrvKhHTJb/sVNOnL44XTp0qbEymQzK9pFANWsFK6QvWnso0/8/f73ZhJhlvvkdOH
ph4eiznWUNH4sIl3iS8MkeRQnQKBgQDOimTZHAuWg0WRC4T+9j6riLaBpnOK8/67
0JrB9m32nEKRCUPXo7EDes+nXnmd8yPKcsgCA8SxMpFknaDuF2cexl8nhguZRh/V
fn9mROyPF509BsCQWx+GUtz4ZJOwABCMovY2VjJmBpChiDUvLGT/I/MihauQ3moa
Ur2/RblpUwKBgQCqEyd9CGsbZKs3ljX/NzZt6wHw1YtE6qc2hzUZfyuROZ2sf3ux
MSjtO75nqZzsNgjGy2v/E3yhtzs1271z1+oIPxC0xaPYNa+N8ZEsRPU0fZZIYhie
86ZvTrt6ykfq0GbKJYdoWt9Izz6IQdJSImjDEOBkP1kWBWkgeuOc1HSCxQKBgFKs
cOu63ySTTTBe9RB9jt5ore09rHhNbITPXnMPajrRl4+orsBNZJio+x/aoEHKRmRO
B6NO0NfBDxPASN+k/IEEFKikblYfDLUPmn1cT3iDkkwQPNpLr1W8K3k+ASPtErLI
tFdRr4DJVfFirS9BzPeX80W5TdCCRuRchFlg1nPDAoGBAL1QmGaEpUHGDIfkdmMs
nMr9LQ7ASHiGN/61zb2g4qcx92tZ7LgFz5rLNA43dce6npzyRaCSAuaUUvUKYbMP
JDxbe3aO6avlizDenzPeteTY5GyAlxtCFuHVvk2DUYIdDHWwHkL3s+7up1ZtTaTE
FLxcNI+p4zcaZaLuUQKIJSON
-----END PRIVATE KEY-----
)";

// OAEP; empty if it is no cipher text of the key.
inline std::string decrypt(std::string_view secret) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(kPrivateKey.data(), static_cast<int>(kPrivateKey.size())), BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> context(EVP_PKEY_CTX_new(key.get(), nullptr),
                                                                       EVP_PKEY_CTX_free);
  EVP_PKEY_decrypt_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING);
  std::string plain(512, '\0');
  std::size_t size = plain.size();
  const auto* const in = reinterpret_cast<const unsigned char*>(secret.data());
  if (EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char*>(plain.data()), &size, in, secret.size()) != 1)
    return {};
  plain.resize(size);
  return plain;
}

inline std::string unmask(std::string text, std::string_view scramble) {
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(text[i] ^ scramble[i % scramble.size()]);
  return text;
}

}  // namespace binferry::mysql::test
