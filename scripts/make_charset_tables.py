#!/usr/bin/env python3
"""Writes binlog/row/charset_tables.cpp from what a live server says its character sets mean.

Usage: scripts/make_charset_tables.py SOCKET [--digests] > binlog/row/charset_tables.cpp

SOCKET is that of a MariaDB or MySQL server (any version from 5.6 on: they agree) to which the `mariadb` client may
log in without a password. Single-byte sets become whole tables. Double-byte sets become the differences from glibc's
iconv on this machine. With --digests it prints instead what tests/unit/row/charset_test.cpp holds against the
decoder: for every set the number of codes that mean a character, and an FNV-1a hash over code and UTF-8 text.
"""
import ctypes
import subprocess
import sys

SINGLE = ("latin1 latin2 latin5 latin7 cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 koi8r koi8u greek hebrew tis620 "
          "hp8 keybcs2 macce macroman swe7 dec8 armscii8 geostd8").split()
DOUBLE = {"big5": "BIG5", "cp932": "CP932", "eucjpms": "EUC-JP-MS", "euckr": "CP949", "gb2312": "EUC-CN", "gbk": "GBK",
          "sjis": "SJIS", "ujis": "EUC-JP-MS"}
TRIPLE = ("ujis", "eucjpms")


def ask(socket):
    sql = ["create temporary table d(n int unsigned)", "insert into d values " + ",".join(f"({i})" for i in range(256)),
           "create temporary table e select * from d",
           "create temporary table w select d.n * 256 + e.n as n from d, e where d.n >= 128",
           "create temporary table t select 0x8F0000 + n as n from w"]
    text = "hex(convert(convert(unhex(lpad(hex(n), {1}, '0')) using {0}) using utf8mb4))"
    for name in SINGLE + list(DOUBLE):
        sql.append(f"select '{name}', lpad(hex(n), 2, '0'), {text.format(name, 2)} from d order by n")
    for name in DOUBLE:
        sql.append(f"select '{name}', hex(n), {text.format(name, 4)} from w order by n")
    for name in TRIPLE:
        sql.append(f"select '{name}', hex(n), {text.format(name, 6)} from t order by n")
    run = subprocess.run(["mariadb", "--no-defaults", "-S", socket, "-N", "-B", "mysql"], input=";\n".join(sql) + ";",
                         capture_output=True, text=True, check=True)
    meaning = {name: {} for name in SINGLE + list(DOUBLE)}
    for line in run.stdout.splitlines():
        name, code, answer = line.split("\t")
        try:
            answer = bytes.fromhex(answer).decode()
        except ValueError:
            continue
        # The server says `?` for what it cannot convert, and prints two characters for a code that is really two.
        if len(answer) == 1 and (answer != "?" or code == "3F"):
            meaning[name][bytes.fromhex(code)] = answer
    return meaning


class Iconv:
    libc = ctypes.CDLL(None)
    libc.iconv_open.restype = ctypes.c_void_p
    libc.iconv.restype = ctypes.c_ssize_t

    def __init__(self, name):
        self.handle = ctypes.c_void_p(self.libc.iconv_open(b"UTF-8", name.encode()))

    def __call__(self, code):
        source, target = ctypes.c_char_p(code), ctypes.create_string_buffer(64)
        left, room = ctypes.c_size_t(len(code)), ctypes.c_size_t(64)
        end = ctypes.cast(target, ctypes.c_char_p)
        self.libc.iconv(self.handle, None, None, None, None)
        failed = self.libc.iconv(self.handle, ctypes.byref(source), ctypes.byref(left), ctypes.byref(end),
                                 ctypes.byref(room)) < 0
        text = target.raw[:64 - room.value].decode()
        return text if not failed and len(text) == 1 else None


def differences(name, meaning):
    """Codes that the decoder asks iconv for, and that mean something else to the server: (code, code point or 0)."""
    iconv = Iconv(DOUBLE[name])
    singles = range(0xA1, 0xE0) if name in ("sjis", "cp932") else ()
    codes = [bytes([i]) for i in singles]
    codes += [bytes([i, j]) for i in range(0x80, 0x100) if i not in singles for j in range(0x40, 0x100)]
    if name in TRIPLE:
        codes += [bytes([0x8F, i, j]) for i in range(0x80, 0x100) for j in range(0x80, 0x100)]
    for code in codes:
        wanted = meaning.get(code)
        if iconv(code) != wanted:
            yield int.from_bytes(code, "big"), ord(wanted) if wanted else 0


def rows(items, per_line):
    for i in range(0, len(items), per_line):
        yield "    " + ", ".join(items[i:i + per_line]) + ","


def main():
    meanings = ask(sys.argv[1])
    if "--digests" in sys.argv:
        for name, meaning in meanings.items():
            digest = 0xCBF29CE484222325
            for code in sorted(meaning, key=lambda code: (len(code), code)):
                for byte in code + meaning[code].encode():
                    digest = (digest ^ byte) * 0x100000001B3 % 2**64
            print(f'    {{"{name}", {len(meaning)}, 0x{digest:016X}}},')
        return
    print("// Made by scripts/make_charset_tables.py from a live server. Do not edit.")
    print('#include "binlog/row/charset_tables.hpp"\n\nnamespace binferry::charset_tables {\nnamespace {\n')
    odd = []
    for name in SINGLE:
        point = [ord(meanings[name].get(bytes([i]), "\0")) for i in range(256)]
        odd += [(name, i, point[i]) for i in range(128) if point[i] != i]
        print(f"constexpr char16_t k_{name}[128] = {{")
        print("\n".join(rows([f"0x{p:04X}" for p in point[128:]], 12)) + "\n};")
    for name in DOUBLE:
        found = list(differences(name, meanings[name]))
        if found:
            print(f"constexpr CodeDifference k_{name}[] = {{")
            print("\n".join(rows([f"{{0x{code:X}, 0x{point:04X}}}" for code, point in found], 6)) + "\n};")
        DOUBLE[name] = found
    print("\n}  // namespace\n\nconst SingleByteTable kSingleByte[] = {")
    for name in SINGLE:
        print(f'    {{"{name}", k_{name}}},')
    print("};\nconst std::size_t kSingleByteCount = std::size(kSingleByte);\n")
    print("// Where a byte below 0x80 is not ASCII.\nconst LowDifference kLow[] = {")
    print("\n".join(rows([f'{{"{name}", 0x{i:02X}, 0x{point:04X}}}' for name, i, point in odd], 4)))
    print("};\nconst std::size_t kLowCount = std::size(kLow);\n")
    print("std::span<const CodeDifference> differences_from_iconv(std::string_view charset) {")
    for name, found in DOUBLE.items():
        if found:
            print(f'  if (charset == "{name}") return k_{name};')
    print("  return {};\n}\n\n}  // namespace binferry::charset_tables")


main()
