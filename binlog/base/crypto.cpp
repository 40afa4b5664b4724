#include "binlog/base/crypto.hpp"

#include "binlog/base/digest.hpp"

#include <algorithm>
#include <cstring>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace binferry {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

enum class Mode : std::uint8_t { cbc, ecb, ctr };

const EVP_CIPHER* cipher_of(Mode mode, std::size_t key_size) {
  const std::size_t column = key_size == 16 ? 0 : key_size == 24 ? 1 : key_size == 32 ? 2 : 3;
  if (column == 3) return nullptr;
  switch (mode) {
    case Mode::cbc: return std::array{EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc}[column]();
    case Mode::ecb: return std::array{EVP_aes_128_ecb, EVP_aes_192_ecb, EVP_aes_256_ecb}[column]();
    case Mode::ctr: return std::array{EVP_aes_128_ctr, EVP_aes_192_ctr, EVP_aes_256_ctr}[column]();
  }
  return nullptr;
}

// OpenSSL takes lengths as int; an event of 1 GiB fits, a caller's file might not.
constexpr std::size_t kLargestPiece = std::size_t{1} << 30;

Status run(EVP_CIPHER_CTX* context, Bytes in, std::span<std::uint8_t> out) {
  while (!in.empty()) {
    const std::size_t piece = std::min(in.size(), kLargestPiece);
    int written = 0;
    if (EVP_CipherUpdate(context, out.data(), &written, in.data(), static_cast<int>(piece)) != 1 ||
        static_cast<std::size_t>(written) != piece) {
      return fail(Errc::encrypted, "decryption failed");
    }
    in = in.subspan(piece);
    out = out.subspan(piece);
  }
  return {};
}

Result<Context> start(Mode mode, Bytes key, Bytes iv, bool encrypt) {
  const EVP_CIPHER* const cipher = cipher_of(mode, key.size());
  if (cipher == nullptr) {
    return fail(Errc::encrypted, "an AES key of " + std::to_string(key.size()) + " bytes", "give 16, 24 or 32 bytes");
  }
  if (mode != Mode::ecb && iv.size() != kAesBlockSize) return fail(Errc::internal, "an IV that is not 16 bytes");
  Context context(EVP_CIPHER_CTX_new());
  if (!context || EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), mode == Mode::ecb ? nullptr : iv.data(),
                                    encrypt ? 1 : 0) != 1) {
    return fail(Errc::internal, "OpenSSL refuses to set up AES");
  }
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

template <std::size_t N>
std::array<std::uint8_t, N> digest(const EVP_MD* kind, Bytes bytes) {
  std::array<std::uint8_t, N> result{};
  EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr, kind, nullptr);
  return result;
}

}  // namespace

Status aes_cbc_decrypt(Bytes key, Bytes iv, Bytes in, std::span<std::uint8_t> out) {
  if (in.size() % kAesBlockSize != 0 || out.size() != in.size()) {
    return fail(Errc::encrypted, "AES-CBC data of " + std::to_string(in.size()) + " bytes is not whole blocks");
  }
  Result<Context> context = start(Mode::cbc, key, iv, false);
  if (!context) return propagate(context);
  return run(context->get(), in, out);
}

Result<std::array<std::uint8_t, kAesBlockSize>> aes_encrypt_block(Bytes key, Bytes block) {
  if (block.size() != kAesBlockSize) return fail(Errc::internal, "an AES block that is not 16 bytes");
  Result<Context> context = start(Mode::ecb, key, {}, true);
  if (!context) return propagate(context);
  std::array<std::uint8_t, kAesBlockSize> out{};
  if (Status status = run(context->get(), block, out); !status) return propagate(status);
  return out;
}

std::array<std::uint8_t, 20> sha1(Bytes bytes) {
  return digest<20>(EVP_sha1(), bytes);
}
std::array<std::uint8_t, 32> sha256(Bytes bytes) {
  return digest<32>(EVP_sha256(), bytes);
}
std::array<std::uint8_t, 64> sha512(Bytes bytes) {
  return digest<64>(EVP_sha512(), bytes);
}
bool same_secret(Bytes left, Bytes right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}
std::string base64(Bytes bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and OpenSSL's NUL
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(Bytes piece) {
  EVP_DigestUpdate(state_->context, piece.data(), piece.size());
}

std::array<std::uint8_t, 32> Sha256::finish() {
  std::array<std::uint8_t, 32> digest{};
  EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
  return digest;
}

Result<std::string> rsa_oaep_encrypt(std::string_view pem, Bytes plain) {
  struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  };
  const auto refuse = [] { return fail(Errc::refused, "the server's RSA key cannot encrypt the password"); };
  if (pem.size() > 64 << 10) return refuse();
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return refuse();
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new(key.get(), nullptr));
  std::size_t size = 0;
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_encrypt(context.get(), nullptr, &size, plain.data(), plain.size()) != 1) {
    return refuse();
  }
  std::string secret(size, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(secret.data());
  if (EVP_PKEY_encrypt(context.get(), out, &size, plain.data(), plain.size()) != 1) return refuse();
  secret.resize(size);
  return secret;
}

struct AesCtr::State {
  Context context;
  std::array<std::uint8_t, kAesBlockSize> iv{};
};

AesCtr::AesCtr(std::unique_ptr<State> state) : state_(std::move(state)) {}
AesCtr::AesCtr(AesCtr&&) noexcept = default;
AesCtr& AesCtr::operator=(AesCtr&&) noexcept = default;
AesCtr::~AesCtr() = default;

Result<AesCtr> AesCtr::create(Bytes key, Bytes iv) {
  Result<Context> context = start(Mode::ctr, key, iv, true);
  if (!context) return propagate(context);
  auto state = std::make_unique<State>();
  state->context = std::move(*context);
  std::copy(iv.begin(), iv.end(), state->iv.begin());
  return AesCtr(std::move(state));
}

Status AesCtr::apply(std::uint64_t offset, std::span<std::uint8_t> data) {
  std::array<std::uint8_t, kAesBlockSize> counter = state_->iv;
  const std::uint64_t block = offset / kAesBlockSize;
  for (std::size_t i = 0; i < 8; ++i) counter[8 + i] = static_cast<std::uint8_t>(block >> (56 - 8 * i));
  if (EVP_CipherInit_ex(state_->context.get(), nullptr, nullptr, nullptr, counter.data(), -1) != 1) {
    return fail(Errc::internal, "OpenSSL refuses to place the AES counter");
  }
  // Inside a block: the key stream's first bytes belong to data before `offset`.
  std::array<std::uint8_t, kAesBlockSize> skipped{};
  const std::span<std::uint8_t> skip = std::span(skipped).first(offset % kAesBlockSize);
  if (Status status = run(state_->context.get(), skip, skip); !status) return status;
  return run(state_->context.get(), data, data);
}

}  // namespace binferry
